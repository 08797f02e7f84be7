// docs/reference/API.md, made from the OpenAPI document, which is made from the operations that the router obeys: each with what it takes and
// answers. The JSON of answers stands below, by the names of its schemas.

import type { AdminService } from "../../src/control/adminservice.ts";
import { auditOperations } from "../../src/control/api/audit.ts";
import { openapiOf } from "../../src/control/api/openapi.ts";
import type { Operation } from "../../src/control/api/operation.ts";
import { adminOperations } from "../../src/control/api/operations.ts";
import type { Audit } from "../../src/control/audit.ts";
import { Live, type LiveParts } from "../../src/control/live.ts";
import { operationsOf, type RoutesParts } from "../../src/control/routes.ts";
import { nothing } from "./nothing.ts";
import { anchorOf, byName, code, prose, sentence, tableOf } from "./words.ts";

export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json };

const opening = `# Reference: the admin API

On \`admin.listen\` (127.0.0.1:2112), with \`Authorization: Bearer TOKEN\` where \`admin.token\` is set. What is wrong is told as \`{"error": "..."}\` with a status from 400 on. A running Sluice
serves the same as an OpenAPI 3.1 document at \`/api/v1/openapi.json\`. Fields are added to answers, and none is changed or taken away. How it is guarded: [the threat model](../THREATMODEL.md#the-admin-interface).

Every operation may be answered 400 (not understood: a part of the path or of the query is not as it should be, or a body is no JSON object), 401 (a token is required), 403 (a web page that may not ask), 429 (too many requests or wrong tokens);
those with a body also 413, 415 and 422 (understood, but what the body says is not valid).

This page is made from the operations by \`npm run reference\`; a test keeps the two equal.
`;

/** Every operation there is, which nobody answers. */
export function allOperations(): readonly Operation[] {
  // Operations say what they are without what they ask of these parts when they are called.
  const live = new Live(nothing as LiveParts);
  const parts = new Proxy({} as RoutesParts, { get: (_, key) => (key === "live" ? live : nothing) });
  const all = adminOperations(nothing as AdminService, [...operationsOf(parts), ...auditOperations(nothing as Audit)]);
  live.close();
  return all;
}

export function apiPage(operations: readonly Operation[] = allOperations()): string {
  const document = openapiOf(operations, "") as unknown as Json; // As JSON, it is read the same way all the way down.
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const index = tableOf(
    ["operation", "", ""],
    operations.map((each) => [
      `[${each.id}](#${anchorOf(each.id)})`,
      code(`${each.method} ${each.path}`),
      sentence(each.summary),
    ]),
  );
  const parts = tags.flatMap((tag) => [
    `## Operations: ${tag}\n`,
    ...operations.filter((each) => each.tag === tag).map((each) => operationOf(each, document)),
  ]);
  return [opening, index, ...parts, schemasOf(document)].join("\n");
}

function operationOf({ id, method, path, isStream, isOpen }: Operation, document: Json): string {
  const told = document["paths"]![path]![method.toLowerCase()]!;
  const lines = [
    `### ${id}\n`,
    `\`${method} ${path}\`\n`,
    `${sentence(String(told["summary"]))}${more(told["description"])}${isOpen === true ? " Without a token, too." : ""}\n`,
  ];
  const parameters = list(told["parameters"]);
  if (parameters.length > 0)
    lines.push(
      tableOf(
        ["parameter", "in", "takes", ""],
        parameters.map((each) => [
          code(String(each["name"])),
          String(each["in"]),
          typeOf(each["schema"]!),
          prose(String(each["description"] ?? "")) + defaultOf(each["schema"]!),
        ]),
      ),
    );
  const tables: string[] = [];
  const body = told["requestBody"];
  if (body !== undefined)
    for (const [type, { schema }] of Object.entries(body["content"]!)) {
      const isTable = isLarge(schema!);
      lines.push(
        `Body, ${code(type)}${(body["required"] as unknown as boolean) ? "" : ", which may be absent"}: ${isTable ? "JSON, below." : inlineOf(schema!)}\n`,
      );
      if (isTable) tables.push(`\nFields of the body:\n\n${bodyOf(schema!)}`);
    }
  const usual = ["400", "401", "403", "429", "413", "415", "422"];
  for (const [status, answer] of Object.entries(told["responses"]!)) {
    const isUsual = usual.includes(status) && JSON.stringify(answer).includes('"$ref":"#/components/schemas/Error"}}');
    if (isUsual && Number(status) !== 422) continue;
    if (isUsual && String(answer["description"]) === "It is understood, and what the body says is not valid.") continue;
    lines.push(`- ${status}: ${prose(String(answer["description"]))}${contentOf(answer)}`);
    const schema = answer["content"]?.["application/json"]?.["schema"];
    if (schema !== undefined && isLarge(schema)) tables.push(`\nFields of ${status}:\n\n${bodyOf(schema)}`);
  }
  lines.push(...tables);
  if (isStream === true) lines.push("\nIt goes on until the client closes.");
  return `${lines.join("\n")}\n`;
}

function contentOf(answer: Json): string {
  const content = answer["content"];
  if (content === undefined) return "";
  const told = Object.entries(content).map(([type, { schema }]) =>
    type === "application/json" && schema !== undefined
      ? isLarge(schema)
        ? "JSON, below."
        : inlineOf(schema)
      : code(type),
  );
  return ` ${told.join(", ")}`;
}

function schemasOf(document: Json): string {
  const schemas = Object.entries(document["components"]!["schemas"]!).map(([name, schema]) => ({ name, schema }));
  const parts = schemas.sort(byName).map(({ name, schema }) => {
    const described = schema["description"] === undefined ? "" : `${prose(String(schema["description"]))}\n\n`;
    return `### ${name}\n\n${described}${bodyOf(schema)}`;
  });
  return ["## Schemas\n", ...parts].join("\n");
}

/** Too much for a line: there are many fields, or there is something to be said of them. */
function isLarge(schema: Json): boolean {
  const fields = fieldsOf(schema);
  return fields.length > 4 || fields.some(([, , told]) => told !== "");
}

/** Of all that is answered and asked as JSON, fields by their paths that nothing is said of. */
export function bareFields(operations: readonly Operation[] = allOperations()): string[] {
  const document = openapiOf(operations, "") as unknown as Json; // As above.
  const bare = new Set<string>();
  const look = (schema: Json | undefined, at: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [name, each] of Object.entries(schema["properties"] ?? {})) {
      if (each["description"] === undefined) bare.add(`${at}.${name}`);
      look(each, `${at}.${name}`);
    }
    for (const key of ["anyOf", "oneOf", "allOf"]) for (const each of list(schema[key])) look(each, at);
    look(schema["items"], `${at}[]`);
    look(schema["additionalProperties"], `${at}{}`);
  };
  for (const [name, schema] of Object.entries(document["components"]!["schemas"]!)) look(schema, name);
  for (const told of Object.values(document["paths"]!).flatMap((path) => Object.values(path))) {
    const parts = [["body", told["requestBody"]] as const, ...Object.entries(told["responses"]!)];
    for (const [part, { content } = {} as Json] of parts)
      for (const { schema } of Object.values(content ?? {})) look(schema, `${told["operationId"]} ${part}`);
  }
  return [...bare];
}

function bodyOf(schema: Json): string {
  const fields = fieldsOf(schema);
  return fields.length === 0 ? `${typeOf(schema)}\n` : tableOf(["field", "is", ""], fields);
}

/** Fields within fields by their paths, `pools[].name`, so that each has a row of its own. */
function fieldsOf(schema: Json, before = ""): readonly (readonly string[])[] {
  const required = new Set(list(schema["required"]).map(String));
  return Object.entries(schema["properties"] ?? {}).flatMap(([name, each]) => {
    const path = `${before}${name}`;
    const { inner, mark, kind } = innerOf(each);
    const told = prose(String(each["description"] ?? "")) + defaultOf(each);
    const type = inner === null ? typeOf(each) : kind;
    const row = [`${code(path)}${required.has(name) ? "" : " (may be absent)"}`, type, told];
    return [row, ...(inner === null ? [] : fieldsOf(inner, `${path}${mark}.`))];
  });
}

/** The object without a name that a field is, or is a list of; null where it is neither. */
function innerOf(schema: Json): { readonly inner: Json | null; readonly mark: string; readonly kind: string } {
  const either = schema["anyOf"] === undefined ? [schema] : list(schema["anyOf"]);
  const others = either.filter((each) => String(each["type"]) !== "null");
  const orNull = others.length < either.length ? " or null" : "";
  const only = others.length === 1 ? others[0]! : undefined;
  if (only?.["properties"] !== undefined) return { inner: only, mark: "", kind: `object${orNull}` };
  const items = only?.["items"];
  if (items?.["properties"] !== undefined) return { inner: items, mark: "[]", kind: `list of objects${orNull}` };
  return { inner: null, mark: "", kind: "" };
}

/** In a line: names of fields where it has no name of its own. */
function inlineOf(schema: Json): string {
  const properties = schema["properties"];
  if (properties === undefined) return typeOf(schema);
  const required = new Set(list(schema["required"]).map(String));
  const fields = Object.entries(properties).map(
    ([name, each]) => `${code(name)}${required.has(name) ? "" : "?"}: ${typeOf(each)}`,
  );
  return `{ ${fields.join(", ")} }`;
}

function typeOf(schema: Json): string {
  const ref = schema["$ref"] as unknown as string | undefined;
  if (ref !== undefined) {
    const name = ref.slice("#/components/schemas/".length);
    return `[${name}](#${anchorOf(name)})`;
  }
  const either = schema["anyOf"] ?? schema["oneOf"] ?? schema["allOf"];
  if (either !== undefined) return [...new Set(list(either).map(typeOf))].join(" or ");
  if (schema["const"] !== undefined) return code(String(schema["const"]));
  if (schema["enum"] !== undefined)
    return list(schema["enum"])
      .map((each) => code(String(each)))
      .join(", ");
  const told = schema["type"] as unknown as string | readonly string[] | undefined;
  if (Array.isArray(told)) return told.join(" or ");
  const type = told as string | undefined;
  if (type === "array") return schema["items"] === undefined ? "list" : `list of ${inlineOf(schema["items"])}`;
  if (type !== "object") return type === undefined ? "any" : String(type);
  const values = schema["additionalProperties"];
  if (schema["properties"] !== undefined) return inlineOf(schema);
  return typeof values === "object" && Object.keys(values).length > 0
    ? `object of ${inlineOf(values)} by name`
    : "object";
}

function defaultOf(schema: Json): string {
  const usual = schema["default"] as unknown;
  return usual === undefined ? "" : ` Default: ${code(JSON.stringify(usual))}.`;
}

const list = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : (value as unknown as readonly Json[]);

const more = (text: Json | undefined): string => (text === undefined ? "" : ` ${prose(String(text))}`);
