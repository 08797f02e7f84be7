// Changes in a config that is written in TOML. Its parser keeps no comments, so that only what can be changed in the text itself is: values,
// keys of sections that are there, items of lists in brackets, and new sections at the end. Where the reader of configs says that a key
// stands is where it is changed; for all else there is no place, and whoever asks is told to do it by hand. The result is read again.

import { stringify } from "smol-toml";
import type { Path } from "../../../config/problem.ts";
import { readToml } from "../../../config/toml.ts";
import { valueAt } from "../difference.ts";
import { changeTree, spliced, type TextChange } from "./change.ts";
import { isAlone, itemLine, lineStart, withoutLines } from "./textlines.ts";

/** Null where a change finds no place. */
export function changeToml(text: string, changes: readonly TextChange[]): string | null {
  let now = text;
  for (const change of changes) {
    const made = changeText(now, change);
    if (made === null || !isRight(now, change, made)) return null;
    now = made;
  }
  return now;
}

/** Whether the change, and nothing else, has been made. */
function isRight(text: string, change: TextChange, made: string): boolean {
  const [before, after] = [readToml(text), readToml(made)];
  if (!before.ok || !after.ok) return false;
  changeTree(before.value, structuredClone(change));
  return Bun.deepEquals(after.value, before.value);
}

function changeText(text: string, { path, value, isInserted }: TextChange): string | null {
  const document = readToml(text);
  if (!document.ok) return null;
  const at = (of: Path, part: "key" | "value"): number | null =>
    document.places.has(of) ? offsetOf(text, document.places.find(of, part)) : null;
  const present = valueAt(document.value, path);
  const [key, start] = [at(path, "key"), at(path, "value")];
  if (isInserted || (typeof path.at(-1) === "number" && value === undefined))
    return changeItem(text, itemOf(document.value, path), (of) => at(of, "value"), value);
  if (present !== undefined && (key === null || start === null)) return null;
  if (value === undefined) return key === null ? text : withoutLine(text, key, start!);
  if (present !== undefined)
    return isHeader(text, start!) ? null : spliced(text, start!, endOf(text, start!), inline(value));
  return insertedKey(
    text,
    path,
    value,
    document.value,
    (of) => at(of, "key"),
    (of) => at(of, "value"),
  );
}

interface Item {
  readonly list: readonly unknown[];
  readonly above: Path;
  readonly index: number;
}

function itemOf(tree: unknown, path: Path): Item {
  const above = path.slice(0, -1);
  return { list: valueAt(tree, above) as readonly unknown[], above, index: Number(path.at(-1)) }; // As textChanges gives them.
}

/** An item of a list in brackets comes or goes. */
function changeItem(
  text: string,
  { list, above, index }: Item,
  at: (path: Path) => number | null,
  value: unknown,
): string | null {
  const open = at(above);
  if (open === null || text[open] !== "[" || isHeader(text, open) || list.length === 0) return null;
  const place = (item: number): number | null => at([...above, item]);
  const [own, next, last] = [place(index), place(index + 1), place(index - 1)];
  const near = value !== undefined && index > 0 ? last : own;
  if (near !== null && isAlone(text, near, endOf(text, near))) {
    if (value === undefined) return withoutLines(text, near, endOf(text, near));
    return itemLine(text, inline(value), near, index > 0 ? endOf(text, near) : null);
  }
  if (value !== undefined) {
    if (own !== null) return spliced(text, own, own, `${inline(value)}, `);
    return last === null ? null : spliced(text, endOf(text, last), endOf(text, last), `, ${inline(value)}`);
  }
  if (own === null) return null;
  if (next !== null) return spliced(text, own, next, "");
  return last === null ? null : spliced(text, endOf(text, last), endOf(text, own), "");
}

function insertedKey(
  text: string,
  path: Path,
  value: unknown,
  tree: unknown,
  keyAt: (path: Path) => number | null,
  valueAtPlace: (path: Path) => number | null,
): string | null {
  const above = path.slice(0, -1);
  const name = keyOf(path.at(-1)!);
  const line = `${name} = ${inline(value)}\n`;
  if (above.length === 0) {
    const header = /^[ \t]*\[/m.exec(text)?.index ?? text.length;
    return typeof value === "object" && !Array.isArray(value)
      ? appended(text, path, value)
      : spliced(
          text,
          header,
          header,
          `${header > 0 && text[header - 1] !== "\n" ? "\n" : ""}${line}${header < text.length ? "\n" : ""}`,
        );
  }
  if (valueAt(tree, above) === undefined) return appended(text, path, value);
  const [key, open] = [keyAt(above), valueAtPlace(above)];
  if (key === null || open === null) return null;
  if (text[open] === "{") {
    const isEmpty = /^\{\s*\}/.test(text.slice(open));
    return spliced(text, open + 1, open + 1, ` ${name} = ${inline(value)}${isEmpty ? " " : ","}`);
  }
  if (!isHeader(text, open)) return null;
  const lineEnd = text.indexOf("\n", open);
  // A header that only leads to this section has no line of its own for its keys.
  const isOwn = new RegExp(`^\\s*\\[{1,2}.*${lastName(above)}["']?\\s*\\]`).test(lineAt(text, open));
  if (!isOwn) return appended(text, path, value);
  return lineEnd === -1 ? `${text}\n${line}` : spliced(text, lineEnd + 1, lineEnd + 1, line);
}

/** The name that a section's header ends with; an item of a list of sections has its list's. */
function lastName(path: Path): string {
  const name = String(path.findLast((part) => typeof part === "string") ?? "");
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A section of its own at the end; not within a list, whose items have their place. */
function appended(text: string, path: Path, value: unknown): string | null {
  if (path.some((part) => typeof part === "number")) return null;
  const tree = path.reduceRight<unknown>((below, part) => ({ [part]: below }), value);
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${end}\n${stringify(tree as Record<string, unknown>)}`; // At least one name stands around it.
}

function withoutLine(text: string, key: number, start: number): string | null {
  if (text.slice(lineStart(text, key), key).trim() !== "" || isHeader(text, start)) return null;
  return withoutLines(text, key, endOf(text, start));
}

/** It stands in the line that begins a section. */
function isHeader(text: string, offset: number): boolean {
  return /^\s*\[{1,2}[^\n=]*\]\s*(#.*)?$/.test(lineAt(text, offset));
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, end === -1 ? text.length : end);
}

/** Behind a value: a text in quotes, a list or section in brackets, or a bare word. */
function endOf(text: string, start: number): number {
  const scalar =
    /"""[\s\S]*?(?<!\\)"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[\]{}]|[^,\s[\]{}"'#]+|[\s,]+/y;
  let depth = 0;
  scalar.lastIndex = start;
  for (let end = start; end < text.length; ) {
    const token = scalar.exec(text)?.[0];
    if (token === undefined) return text.length;
    end += token.length;
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth === 0) return end;
  }
  return text.length;
}

function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  let at = 0;
  for (let count = 1; count < line; count++) at = text.indexOf("\n", at) + 1;
  return at + column - 1;
}

/** On one line. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return stringify({ a: value }).replace(/^a = /, "").trimEnd();
  const pairs = Object.entries(value).map(([key, item]) => `${keyOf(key)} = ${inline(item)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

function keyOf(part: string | number): string {
  return /^[A-Za-z0-9_-]+$/.test(String(part)) ? String(part) : JSON.stringify(String(part));
}
