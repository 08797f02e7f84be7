// docs/reference/CONFIG.md, made from the JSON Schema of a config: each section with its keys, what they take, their defaults and what they
// mean. The words are those of the schema, where each key is declared; here is only how a type is said. Sections stand in the order of the schema.

import { jsonSchema } from "../../src/config/schema.ts";
import { anchorOf, code, prose, tableOf } from "./words.ts";

type Node = Readonly<Record<string, unknown>>;
type Sections = Readonly<Record<string, Node>>;

const opening = `# Reference: the config

Every key, what it takes, its default, and what it means. A config is written in TypeScript, YAML, TOML or JSON; the keys are the same. \`sluice check FILE\` says
what is wrong with one, \`sluice schema\` prints this as a JSON Schema for editors, \`sluice schema --types\` as TypeScript types.

Durations are written \`500ms\`, \`30s\`, \`1h30m\`; sizes \`64kb\`, \`1mb\`, of 1024 each; addresses \`host:port\`, \`:port\`, \`[::1]:80\` or \`unix:/path\`. \`\${NAME}\` and \`\${NAME:-default}\` in
a text are filled in from the environment. Pages that explain: [rules](../RULES.md), [tables, limits, lists, bans](../TABLES.md), [caching](../CACHING.md), [forward proxies](../FORWARDPROXY.md),
[egress pools](../EGRESS.md), [discovery](../DISCOVERY.md), [rewriting](../REWRITING.md), [hooks](../HOOKS.md), [tests](../TESTING.md), [fleet](../FLEET.md), [registry](../REGISTRY.md),
[certificates](../CERTIFICATES.md), [the access log](../ACCESSLOG.md).

This page is made from the schema by \`npm run reference\`; a test keeps the two equal.
`;

export function configPage(root: Node = jsonSchema()): string {
  const defs = root["$defs"] as Sections;
  const sections = Object.entries(defs);
  const users = usersOf(root, sections);
  const top = { ...root, description: "What stands at the top of a config." };
  const parts = sections.map(([name, node]) => sectionOf(name, node, users.get(name) ?? [], defs));
  return [opening, sectionOf("Config", top, [], defs), ...parts].join("\n");
}

function sectionOf(name: string, node: Node, users: readonly string[], sections: Sections): string {
  const required = new Set((node["required"] ?? []) as readonly string[]);
  const keys = Object.entries((node["properties"] ?? {}) as Readonly<Record<string, Node>>);
  const told = [prose((node["description"] as string | undefined) ?? "")];
  if (users.length > 0) told.push(`Stands in ${users.join(", ")}.`);
  const rows = keys.map(([key, value]) => [
    code(key),
    typeOf(value),
    required.has(key) ? "required" : defaultOf(value),
    prose(meaningOf(value, sections)),
  ]);
  const table = rows.length === 0 ? `${typeOf(node)}\n` : tableOf(["key", "takes", "default", ""], rows);
  return `## ${name}\n\n${told.filter((text) => text !== "").join(" ")}\n\n${table}`;
}

/** A key without words of its own has those of its section. */
function meaningOf(value: Node, sections: Sections): string {
  const ref = value["$ref"] as string | undefined;
  const told =
    value["description"] ?? (ref === undefined ? undefined : sections[ref.slice("#/$defs/".length)]?.["description"]);
  return (told as string | undefined) ?? "";
}

/** Where a section may stand: keys of others. */
function usersOf(root: Node, sections: readonly (readonly [string, Node])[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const [owner, node] of [["Config", root] as const, ...sections])
    for (const [key, value] of Object.entries((node["properties"] ?? {}) as Readonly<Record<string, Node>>))
      for (const name of refsOf(value)) {
        const place = `[\`${owner === "Config" ? "" : `${owner}.`}${key}\`](#${anchorOf(owner)})`;
        const places = users.get(name) ?? [];
        if (!places.includes(place)) users.set(name, [...places, place]);
      }
  return users;
}

function refsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap(refsOf))];
  if (typeof value !== "object" || value === null) return [];
  return [
    ...new Set(
      Object.entries(value).flatMap(([key, each]) =>
        key === "$ref" ? [(each as string).slice("#/$defs/".length)] : key === "properties" ? [] : refsOf(each),
      ),
    ),
  ];
}

/** Texts of a form that has a name, by a part of their pattern. */
const known: readonly (readonly [pattern: string, name: string])[] = [
  ["(ms|s|m|h|d)", "duration"],
  ["[kKmMgGtT]", "size"],
];

export function typeOf(node: Node): string {
  const ref = node["$ref"];
  if (typeof ref === "string") {
    const name = ref.slice("#/$defs/".length);
    return `[${name}](#${anchorOf(name)})`;
  }
  const either = (node["anyOf"] ?? node["oneOf"] ?? node["allOf"]) as readonly Node[] | undefined;
  if (either !== undefined) return [...new Set(either.map(typeOf))].join("; or ");
  if (node["const"] !== undefined) return code(JSON.stringify(node["const"]).replaceAll('"', ""));
  if (Array.isArray(node["enum"])) return node["enum"].map((value) => code(String(value))).join(", ");
  if (Array.isArray(node["type"])) return node["type"].map((type) => typeOf({ ...node, type })).join(" or ");
  switch (node["type"]) {
    case "boolean":
      return "true or false";
    case "integer":
    case "number":
      return numberOf(node);
    case "array":
      return `list of: ${typeOf((node["items"] ?? {}) as Node)}`;
    case "object":
      return typeof node["additionalProperties"] === "object"
        ? `by name: ${typeOf(node["additionalProperties"] as Node)}`
        : "section";
    case "string":
      return textOf(node);
    default:
      return "a function, or any value";
  }
}

function numberOf({ type, minimum, maximum }: Node): string {
  const kind = type === "integer" ? "whole number" : "number";
  const least = typeof minimum === "number" && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const most = typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (least !== null && most !== null) return `${kind} from ${least} to ${most}`;
  if (least !== null) return `${kind} from ${least} on`;
  return most === null ? kind : `${kind} up to ${most}`;
}

function textOf({ pattern }: Node): string {
  const found = typeof pattern === "string" ? known.find(([part]) => pattern.includes(part)) : undefined;
  return found?.[1] ?? "text";
}

function defaultOf({ default: usual }: Node): string {
  if (usual === undefined) return "";
  if (typeof usual === "object" && usual !== null && Object.keys(usual).length === 0) return "";
  return code(typeof usual === "string" ? usual : JSON.stringify(usual));
}
