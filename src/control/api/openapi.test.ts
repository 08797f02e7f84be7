import { expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { json } from "./answer.ts";
import { openapiOf } from "./openapi.ts";
import { type Operation, operation } from "./operation.ts";
import { exchangesAnswer } from "./shape/exchange.ts";
import { figures, serversAnswer } from "./shape/figures.ts";

const thing = z
  .strictObject({ name: z.string(), note: z.string().nullable() })
  .meta({ id: "Thing", description: "One." });
const tree: z.ZodType = z
  .strictObject({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  })
  .meta({ id: "Tree" });

const operations: readonly Operation[] = [
  operation({
    ...{ id: "listThings", method: "GET", path: "/things", summary: "things", tag: "Things" },
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(10).default(5).describe("How many."),
      near: z.string(),
    }),
    answers: { 200: { description: "Them.", schema: z.strictObject({ things: z.array(thing) }) } },
    handle: () => json(200, {}),
  }),
  operation({
    ...{ id: "setThing", method: "PUT", path: "/things/{name}", summary: "set one", tag: "Things" },
    params: { name: "Its name." },
    body: z.strictObject({ note: z.string().exactOptional() }),
    answers: { 200: { description: "It.", schema: thing }, 404: { description: "There is none." } },
    handle: () => json(200, {}),
  }),
  operation({
    ...{ id: "getTree", method: "GET", path: "/tree", summary: "a tree", tag: "Trees" },
    answers: {
      200: { description: "It.", schema: tree },
      503: { description: "Gone.", schema: thing },
    },
    handle: () => json(200, {}),
  }),
];

type Any = Record<string, never> & { readonly [key: string]: Any };
const document = openapiOf(operations, "1.2.3") as Any;

test("the document is a good one", async () => {
  const judged = await new Validator().validate(structuredClone(document) as Record<string, unknown>);
  expect([judged.valid, judged.errors]).toEqual([true, undefined]);
});

test("a query is told as it is read: numbers are numbers, and what is usual is not required", () => {
  const { parameters } = document["paths"]!["/things"]!["get"]!;
  expect(parameters as unknown).toEqual([
    {
      ...{ name: "limit", in: "query", required: false, description: "How many." },
      schema: { type: "integer", minimum: 1, maximum: 10, default: 5 },
    },
    { name: "near", in: "query", required: true, schema: { type: "string" } },
  ]);
});

test("schemas with names are components, each once; there may be more in an answer tomorrow, but not in a body today", () => {
  const { schemas } = document["components"]!;
  expect(Object.keys(schemas!).sort()).toEqual(["Error", "Thing", "Tree"]);
  expect(schemas!["Thing"] as unknown).not.toHaveProperty("additionalProperties");
  expect(schemas!["Tree"]!["properties"]!["children"] as unknown).toMatchObject({
    items: { $ref: "#/components/schemas/Tree" },
  });
  const { put } = document["paths"]!["/things/{name}"]!;
  expect(put!["responses"]!["200"]!["content"]!["application/json"] as unknown).toEqual({
    schema: { $ref: "#/components/schemas/Thing" },
  });
  expect(put!["requestBody"] as unknown).toMatchObject({
    required: true,
    content: { "application/json": { schema: { additionalProperties: false } } },
  });
});

test("refusals that every operation gives are told of each, those of bodies only where there is one", () => {
  const statusesOf = (path: string, method: string) => Object.keys(document["paths"]![path]![method]!["responses"]!);
  expect(statusesOf("/things", "get")).toEqual(["200", "400", "401", "403", "429"]);
  expect(statusesOf("/things/{name}", "put")).toEqual(["200", "400", "401", "403", "404", "413", "415", "422", "429"]);
});

test("a schema that refers to itself has a name, or two of them would be taken for one", () => {
  const nameless: z.ZodType = z.strictObject({
    get next() {
      return nameless.nullable();
    },
  });
  for (const schema of [nameless, z.array(nameless)]) {
    const of = { ...operations[2]!, answers: { 200: { description: "It.", schema } } };
    expect(() => openapiOf([of], "1")).toThrow("refers to itself and has no name");
  }
});

test("figures and exchanges, which streams tell too, are components that a client has one type for", () => {
  const get = (id: string, schema: z.ZodType): Operation =>
    operation({
      ...{ id, method: "GET", path: `/${id}`, summary: id, tag: "Live" },
      answers: { 200: { description: id, schema } },
      handle: () => json(200, {}),
    });
  const told = openapiOf(
    [get("figures", figures), get("requests", exchangesAnswer), get("servers", serversAnswer)],
    "1",
  );
  const { schemas } = told["components"] as { schemas: object };
  expect(Object.keys(schemas)).toEqual(
    expect.arrayContaining([
      ...["Figures", "WorkerFigures", "ListenerFigures", "PoolFigures", "CacheFigures", "EgressFigures"],
      ...["ServerFigures", "LatencyFigures", "ExchangeRecord"],
    ]) as string[],
  );
});
