// Prints JSON Schema as TypeScript interfaces, with each key's description as its doc comment: how input.ts and types.ts are made, so that
// an editor shows the same words over a TypeScript config as over a YAML one. It knows the part of JSON Schema that zod writes
// for our schema, and throws at anything else rather than print `unknown`.

type Node = Record<string, unknown>;

/** What an operator may write (`…Input`), documented. */
export function printInputTypes(schema: Node): string {
  const head =
    "// What an operator may write in a configuration, together, as TypeScript. Made from schema.ts, where each key is declared,\n" +
    "// by TYPES=write bun test src/config/schema.test.ts; that test keeps the two equal.\n";
  return print(schema, "Input", head);
}

/** A config as checked, with every default filled in: for the compiler, which needs no documentation. */
export function printCheckedTypes(schema: Node): string {
  const head =
    "// A checked configuration, with every default filled in. Made from schema.ts, as input.ts is, where the keys' meaning is\n" +
    "// told; by TYPES=write bun test src/config/schema.test.ts, and that test keeps the two equal.\n";
  return print(schema, "", head);
}

function print(root: Node, suffix: string, head: string): string {
  const sections = Object.entries(root["$defs"] as Record<string, Node>);
  const own = sections.map(([name, node]) => printSection(`${name}${suffix}`, node, suffix));
  return [head, ...own, printSection(`Config${suffix}`, root, suffix)].join("\n");
}

function printSection(name: string, node: Node, suffix: string): string {
  const required = new Set((node["required"] ?? []) as string[]);
  const lines = Object.entries(node["properties"] as Record<string, Node>).map(([key, value]) => {
    const isRequired = required.has(key);
    const type = printType(value, suffix);
    return `${comment(value, "  ", suffix)}  ${key}${isRequired ? "" : "?"}: ${type}${isRequired ? "" : " | undefined"};\n`;
  });
  return `${comment(node, "", suffix)}export interface ${name} {\n${lines.join("")}}\n`;
}

function comment(node: Node, indent: string, suffix: string): string {
  if (suffix === "") return "";
  const told = node["description"] as string | undefined;
  const usual =
    node["default"] === undefined || typeof node["default"] === "object"
      ? ""
      : ` Default: ${JSON.stringify(node["default"])}.`;
  return told === undefined ? "" : `${indent}/** ${told}${usual} */\n`;
}

function printType(node: Node, suffix: string): string {
  if (typeof node["$ref"] === "string") return `${node["$ref"].slice("#/$defs/".length)}${suffix}`;
  if (Array.isArray(node["allOf"]) && node["allOf"].length === 1) return printType(node["allOf"][0] as Node, suffix);
  if (Array.isArray(node["anyOf"])) return node["anyOf"].map((part) => printType(part as Node, suffix)).join(" | ");
  if (node["const"] !== undefined) return JSON.stringify(node["const"]);
  if (Array.isArray(node["enum"])) return node["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(node["type"])) return node["type"].map((type) => printType({ ...node, type }, suffix)).join(" | ");
  switch (node["type"]) {
    case "string":
    case "number":
    case "boolean":
      return node["type"];
    case "integer":
      return "number";
    case "array": {
      const item = printType(node["items"] as Node, suffix);
      return item.includes("|") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      if (typeof node["additionalProperties"] === "object")
        return `Record<string, ${printType(node["additionalProperties"] as Node, suffix)}>`;
  }
  throw new TypeError(`no TypeScript for ${JSON.stringify(node)}`);
}
