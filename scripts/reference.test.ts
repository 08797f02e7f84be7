import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonSchema } from "../src/config/schema.ts";
import { operation } from "../src/control/api/operation.ts";
import { allOperations, apiPage, bareFields } from "./reference/api.ts";
import { configPage, typeOf } from "./reference/config.ts";
import { familiesOf, metricsPage } from "./reference/metrics.ts";
import { anchorOf, code, prose, tableOf } from "./reference/words.ts";
import { referenceFolder, references } from "./reference.ts";

for (const [name, page] of Object.entries(references))
  test(`docs/reference/${name} is what the program says (npm run reference)`, () => {
    expect(readFileSync(join(referenceFolder, name), "utf8")).toBe(page());
  });

test("pages come out the same each time", () => {
  for (const page of Object.values(references)) expect(page()).toBe(page());
});

test("no page has two headings of one anchor, for links would lead to the first", () => {
  for (const [name, page] of Object.entries(references)) {
    const anchors = [...page().matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));
    expect([name, anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)]).toEqual([name, []]);
  }
});

test("every metric that is written somewhere in control is in the reference: the specimen has something of everything", () => {
  const folder = join(import.meta.dir, "../src/control");
  const files = readdirSync(folder).filter((file) => /metrics[a-z]*\.ts$/.test(file) && !file.includes(".test."));
  const names = files.flatMap(
    (file) => readFileSync(join(folder, file), "utf8").match(/(?<=")(?:sluice|process)_[a-z_]+(?=")/g) ?? [],
  );
  expect(names.length).toBeGreaterThan(80);
  const page = metricsPage();
  expect([...new Set(names)].filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
});

test("a family is read with its help, its type and the values of its labels", () => {
  const page =
    '# HELP a_total A "b" {c}.\n# TYPE a_total counter\na_total{x="1",y="p\\"q"} 1\na_total{x="2",y="r"} 0\n';
  const [family] = familiesOf(page);
  expect({ ...family, labels: [...family!.labels].map(([name, values]) => [name, [...values]]) }).toEqual({
    ...{ name: "a_total", help: 'A "b" {c}.', type: "counter" },
    labels: [
      ["x", ["1", "2"]],
      ["y", ['p\\"q', "r"]],
    ],
  } as never);
});

test("every key of the schema stands in the page of the config, with its default", () => {
  const page = configPage();
  const { $defs } = jsonSchema() as { $defs: Record<string, { properties?: Record<string, object> }> };
  for (const [name, { properties = {} }] of Object.entries($defs)) {
    const section = page.slice(page.indexOf(`\n## ${name}\n`)).split("\n## ")[1]!;
    for (const key of Object.keys(properties))
      expect([name, section]).toEqual([name, expect.stringContaining(`| \`${key}\` |`)]);
  }
  expect(page).toContain("| `drainTimeout` | duration | `30s` |");
});

test("types are said in words", () => {
  expect(typeOf({ type: "integer", minimum: 1, maximum: 5 })).toBe("whole number from 1 to 5");
  expect(typeOf({ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER })).toBe("whole number from 0 on");
  expect(typeOf({ anyOf: [{ const: false }, { $ref: "#/$defs/PoolCache" }] })).toBe(
    "`false`; or [PoolCache](#poolcache)",
  );
  expect(typeOf({ type: "array", items: { enum: ["a", "b"] } })).toBe("list of: `a`, `b`");
  expect(typeOf({ type: "object", additionalProperties: { type: "string" } })).toBe("by name: text");
});

test("operations are put together without anything that answers them, and each is told once", () => {
  const ids = allOperations().map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain("listRequests");
  expect(ids).toContain("listAudit");
});

test("of every field that is answered or asked something is said, in one line", () => {
  expect(bareFields()).toEqual([]);
  const inner = z.array(z.strictObject({ b: z.string() })).describe("Some.");
  const thing = operation({
    ...{ id: "getThing", method: "GET", path: "/thing", summary: "one", tag: "Things" },
    answers: { 200: { description: "It.", schema: z.strictObject({ a: inner, c: z.int() }) } },
    handle: () => new Response(),
  });
  expect(bareFields([thing])).toEqual(["getThing 200.a[].b", "getThing 200.c"]);
});

test("fields of which something is said stand in a table, however few", () => {
  const page = apiPage([
    operation({
      ...{ id: "addThing", method: "POST", path: "/things", summary: "add one", tag: "Things" },
      body: z.strictObject({ note: z.string().describe("For later.") }),
      answers: { 200: { description: "It.", schema: z.strictObject({ id: z.int().describe("Its number.") }) } },
      handle: () => new Response(),
    }),
  ]);
  for (const line of [
    "Body, `application/json`: JSON, below.",
    "| `note` | string | For later. |",
    "- 200: It. JSON, below.",
    "| `id` | integer | Its number. |",
  ])
    expect(page).toContain(`\n${line}\n`);
});

test("an operation is told with its parameters, body and answers", () => {
  const page = apiPage([
    operation({
      ...{ id: "setThing", method: "PUT", path: "/things/{name}", summary: "set one", tag: "Things" },
      params: { name: "Its name." },
      query: z.strictObject({ limit: z.coerce.number().int().default(5).describe("How many.") }),
      body: z.strictObject({ note: z.string().exactOptional() }),
      answers: {
        200: { description: "It.", schema: z.strictObject({ a: z.array(z.string()).nullable() }) },
        404: { description: "There is none." },
      },
      handle: () => new Response(),
    }),
  ]);
  for (const line of [
    "`PUT /things/{name}`",
    "| `name` | path | string | Its name. |",
    "| `limit` | query | integer | How many. Default: `5`. |",
    "Body, `application/json`: { `note`?: string }",
    "- 200: It. { `a`: list of string or null }",
    "- 404: There is none. [Error](#error)",
  ])
    expect(page).toContain(`\n${line}\n`);
});

test("Markdown's own signs are kept from meaning anything", () => {
  expect(tableOf(["a"], [["x|y\nz"]])).toBe("| a |\n|---|\n| x\\|y z |\n");
  expect(code("a`b")).toBe("`` a`b ``");
  expect(prose("<b> *.png sluice_up")).toBe("&lt;b> \\*.png sluice_up");
  expect(anchorOf("sluice table ls: `a_b`, & C")).toBe("sluice-table-ls-a_b--c");
});
