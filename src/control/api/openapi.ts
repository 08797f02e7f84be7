// The OpenAPI document (3.1) of the admin API, made of the very operations that the router obeys: paths, parameters, bodies and answers,
// with the schemas that requests are read by and that tests hold answers against. Schemas that have a name (meta.id) are components. It
// knows operations and nothing of what they do. Made when it is asked for, for few ever ask.

import { z } from "zod";
import type { Operation, OperationAnswer } from "./operation.ts";

type Json = Readonly<Record<string, unknown>>;

const errorSchema: Json = {
  type: "object",
  properties: { error: { type: "string", description: "What is wrong, and what is allowed." } },
  required: ["error"],
};

const errorRef: Json = { $ref: "#/components/schemas/Error" };

/** What every operation may answer. */
const usualRefusals: Readonly<Record<number, string>> = {
  400: "It is not understood: a part of the path or of the query is not as it should be, or the body is no JSON object.",
  401: "A token is required.",
  403: "The request is of a web page that may not ask.",
  429: "Too many requests, or too many wrong tokens; Retry-After says when to ask again.",
};
const bodyRefusals: Readonly<Record<number, string>> = {
  413: "The body is too large.",
  415: "The body is of another type than is taken.",
  422: "It is understood, and what the body says is not valid.",
};

export function openapiOf(operations: readonly Operation[], version: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const each of operations) {
    const at = (paths[each.path] ??= {});
    at[each.method.toLowerCase()] = described(each, components);
  }
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice admin API",
      version,
      description:
        "What a running Sluice tells of itself, and takes orders by. Fields are added to answers, and none is changed or taken away.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    // Without a token in the config, on loopback, none is asked for.
    security: [{ token: [] }, {}],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: errorSchema, ...components.schemas },
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "admin.token of the config." } },
    },
  };
}

function described(told: Operation, components: Components): Json {
  const { id, summary, description, tag, body } = told;
  const refusals = { ...usualRefusals, ...(body === undefined ? {} : bodyRefusals) };
  const responses: Record<string, Json> = {};
  for (const [status, text] of Object.entries(refusals))
    responses[status] = { description: text, content: { "application/json": { schema: errorRef } } };
  for (const [status, answer] of Object.entries(told.answers))
    responses[status] = responseOf(answer, Number(status), components);
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    parameters: [...pathParameters(told), ...queryParameters(told, components)],
    ...(body === undefined ? {} : { requestBody: bodyOf(told, body, components) }),
    responses,
  };
}

function responseOf({ description, schema, type }: OperationAnswer, status: number, components: Components): Json {
  if (schema !== undefined) {
    const told = components.schemaOf(schema, "output");
    // A refusal that has more to say is given before the operation is asked, too.
    const either = status < 400 ? told : { anyOf: [told, errorRef] };
    return { description, content: { "application/json": { schema: either } } };
  }
  if (type === "application/json") return { description, content: { [type]: {} } };
  if (type !== undefined) return { description, content: { [type]: { schema: { type: "string" } } } };
  if (status < 400) return { description };
  return { description, content: { "application/json": { schema: errorRef } } };
}

function bodyOf({ bodyTypes = ["application/json"] }: Operation, body: z.ZodType, components: Components): Json {
  const schema = components.schemaOf(body, "input");
  return {
    required: !body.safeParse(undefined).success,
    content: Object.fromEntries(bodyTypes.map((type) => [type, { schema }])),
  };
}

function pathParameters({ path, params = {} }: Operation): readonly Json[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
    ...(params[name!] === undefined ? {} : { description: params[name!] }),
  }));
}

function queryParameters({ query }: Operation, components: Components): readonly Json[] {
  if (query === undefined) return [];
  return Object.entries((query as z.ZodObject).shape).map(([name, schema]) => {
    // As read, not as written: numbers are numbers to whoever makes a client of this.
    const { description, ...told } = components.schemaOf(schema as z.ZodType, "output") as Record<string, unknown>;
    const required = !(schema as z.ZodType).safeParse(undefined).success;
    return { name, in: "query", required, ...(description === undefined ? {} : { description }), schema: told };
  });
}

/** Schemas with names, each once. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
    const { $defs = {}, $schema: _, ...own } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    for (const [name, each] of Object.entries($defs)) {
      const { id: _id, ...told } = each as Record<string, unknown>;
      this.schemas[name] ??= rewritten(told, io);
    }
    return rewritten(own, io) as Json;
  }
}

/** Definitions are components; and of what is answered there may be more tomorrow, while what is asked is read to the letter. */
function rewritten(value: unknown, io: "input" | "output"): unknown {
  if (Array.isArray(value)) return value.map((each) => rewritten(each, io));
  if (typeof value !== "object" || value === null) return value;
  const told: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    if (io === "output" && key === "additionalProperties" && each === false) continue;
    const isRef = key === "$ref" && typeof each === "string";
    // Zod would have it name itself by its place, and in a document of many that is somebody else's.
    if (isRef && /^#$|__schema/.test(each)) throw new Error("a schema refers to itself and has no name (meta.id)");
    told[key] = isRef ? each.replace("#/$defs/", "#/components/schemas/") : rewritten(each, io);
  }
  return told;
}
