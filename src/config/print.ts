// A config as a text in each of the four skins, as an operator would have written it: what `sluice convert` prints. Texts in which ${
// stands for itself get the $${ that the text formats read so. Remarks become comments in YAML and TypeScript, above the key that they are about.

import { stringify as stringifyToml } from "smol-toml";
import { Document, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from "yaml";
import type { ConfigInput } from "./input.ts";
import type { Path } from "./problem.ts";

export type Skin = "yaml" | "toml" | "json" | "ts";
export const skins: readonly Skin[] = ["yaml", "toml", "json", "ts"];

/** What is to be said in comments. Each remark is said once: above the first key that has it, or at the top when none does. */
export interface Remarks {
  readonly of: (path: Path) => readonly string[];
  readonly all: readonly string[];
}

export function printConfig(input: ConfigInput, skin: Skin, remarks: Remarks = { of: () => [], all: [] }): string {
  const tree = written(input, skin !== "ts");
  switch (skin) {
    case "yaml":
      return yamlOf(tree, remarks);
    case "toml":
      return stringifyToml(tree as Record<string, unknown>); // A config is a section.
    case "json":
      return `${JSON.stringify(tree, null, 2)}\n`;
    case "ts":
      return new Program(remarks).whole(tree);
    default:
      return skin satisfies never;
  }
}

/** Without keys that are not there; with `isText`, texts as a text format writes them (in a replacement that is a text, $$ would be $). */
function written(value: unknown, isText: boolean): unknown {
  if (typeof value === "string") return isText ? value.replaceAll("${", () => "$${") : value;
  if (Array.isArray(value)) return value.map((item) => written(item, isText));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, written(item, isText)]));
}

function yamlOf(tree: unknown, remarks: Remarks): string {
  const document = new Document(tree, { aliasDuplicateObjects: false });
  const said = new Set<string>();
  const comment = (node: Node | Scalar | null, path: Path): void => {
    const news = remarks.of(path).filter((remark) => !said.has(remark));
    for (const remark of news) said.add(remark);
    if (news.length > 0 && node !== null) node.commentBefore = news.map((remark) => ` ${remark}`).join("\n");
  };
  const visit = (node: unknown, path: Path): void => {
    if (isMap(node))
      for (const { key, value } of node.items as Pair<Scalar<string>, Node | null>[]) {
        const at = [...path, key.value];
        comment(key, at);
        visit(value, at);
      }
    else if (isSeq(node))
      for (const [index, item] of node.items.entries()) {
        const at = [...path, index];
        if (isScalar(item) || isMap(item)) comment(item as Node, at);
        visit(item, at);
      }
  };
  visit(document.contents, []);
  const others = remarks.all.filter((remark) => !said.has(remark));
  if (others.length > 0) document.commentBefore = others.map((remark) => ` ${remark}`).join("\n");
  return document.toString({ lineWidth: 0 });
}

/** As TypeScript: short sections on one line, keys without quotes where they need none. */
class Program {
  readonly #remarks: Remarks;
  readonly #said = new Set<string>();

  constructor(remarks: Remarks) {
    this.#remarks = remarks;
  }

  whole(tree: unknown): string {
    const config = this.#literal(tree, "", []);
    const others = this.#remarks.all.filter((remark) => !this.#said.has(remark)).map((remark) => `// ${remark}\n`);
    return `import { defineConfig } from "sluice";\n\n${others.join("")}export default defineConfig(${config});\n`;
  }

  #literal(value: unknown, indent: string, path: Path): string {
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const inner = `${indent}  `;
    const keys: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    const comments = keys.map(([key]) => this.#news([...path, key]));
    const items = keys.map(([key, item]) => {
      const written = this.#literal(item, inner, [...path, key]);
      if (typeof key === "number") return written;
      return `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${written}`;
    });
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{ ", " }"];
    if (items.length === 0) return Array.isArray(value) ? "[]" : "{}";
    const line = `${open}${items.join(", ")}${close}`;
    const isPlain = comments.every((each) => each.length === 0);
    if (isPlain && line.length + indent.length <= 100 && !line.includes("\n")) return line;
    const lines = items.flatMap((item, index) => [...comments[index]!.map((each) => `// ${each}`), `${item},`]);
    return `${open.trim()}\n${lines.map((each) => `${inner}${each}`).join("\n")}\n${indent}${close.trim()}`;
  }

  #news(path: Path): readonly string[] {
    const news = this.#remarks.of(path).filter((remark) => !this.#said.has(remark));
    for (const remark of news) this.#said.add(remark);
    return news;
  }
}
