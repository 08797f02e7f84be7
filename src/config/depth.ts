// How deep a config may be nested, and how much it may hold. What reads, judges and compiles one walks it by recursion, so that one
// without a bottom must be refused before: a text by its brackets and indents, for parsers of YAML take minutes over what is nested
// thousands deep; a tree of values because aliases of YAML and programs can make what holds itself, or what holds the same a million
// times. Here is where those bounds are, and how each is found out and told.

import { Lexer } from "yaml";
import type { SyntaxFault } from "./document.ts";
import { keyText, type Path } from "./problem.ts";

/** Sections and lists within each other: deeper than any config is, and as deep as all that reads one goes without harm. */
export const depthMax = 100;

/** Values of all sections and lists, those that aliases stand for counted each time: thrice the servers, rules and names that fit. */
export const valuesMax = 1_000_000;

export const tooDeep: string = `the config is nested more than ${depthMax} deep`;

export interface ValueFault {
  /** Where it was found; a key near the top of it. */
  readonly path: Path;
  /** A whole sentence without a full stop. */
  readonly message: string;
}

/** Of a text of YAML, or of JSON, which is YAML. Its tokens are read once, no tree is built. */
export function textDepthFault(text: string): SyntaxFault | null {
  let at = 0;
  let lineStart = 0;
  let flow = 0;
  /** Where the sections and lists begin that are open, without those in brackets. */
  const columns: number[] = [];
  /** Whether what comes next may open a section or a list: at the start of a line, and behind the signs of an item and a key. */
  let isOpening = true;
  for (const token of new Lexer().lex(text)) {
    // What the lexer puts in itself is no character of the text.
    if (token === "\u0002" || token === "\u0018" || token === "\u001f") continue;
    const first = token[0]!;
    if (first === "\n" || first === "\r") isOpening = true;
    else if (token === "[" || token === "{") flow += 1;
    else if (token === "]" || token === "}") flow = Math.max(0, flow - 1);
    else if (first !== " " && first !== "\t" && first !== "#" && isOpening && flow === 0) {
      const column = at - lineStart;
      while (columns.length > 0 && columns.at(-1)! > column) columns.pop();
      if (columns.at(-1) !== column) columns.push(column);
      isOpening = token === "-" || token === "?";
    }
    if (flow + columns.length > depthMax + 1) return { at, message: tooDeep };
    const newline = token.lastIndexOf("\n");
    if (newline !== -1) lineStart = at + newline + 1;
    at += token.length;
  }
  return null;
}

/** Of a tree of values: what holds itself, is too deep or too much. It may throw what a getter of a program throws. */
export function valueFault(tree: unknown): ValueFault | null {
  const above: { readonly value: object; readonly path: Path }[] = [];
  let count = 0;
  const walk = (value: unknown, path: Path): ValueFault | null => {
    count += 1;
    if (count > valuesMax) {
      const message = `the config holds more than ${valuesMax} values, what stands in several places counted in each`;
      return { path: path.slice(0, 2), message };
    }
    if (typeof value !== "object" || value === null || !isPlain(value)) return null;
    const same = above.find((each) => each.value === value);
    if (same !== undefined) {
      const what = same.path.length === 0 ? "the config itself" : keyText(same.path);
      return { path, message: `${keyText(path)} is ${what} again, which would have no end` };
    }
    if (above.length >= depthMax) return { path, message: tooDeep };
    above.push({ value, path });
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) {
      const fault = walk(item, [...path, isList ? Number(key) : key]);
      if (fault !== null) return fault;
    }
    above.pop();
    return null;
  };
  return walk(tree, []);
}

/** What else a program's config may hold is refused by its kind. */
function isPlain(value: object): boolean {
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}
