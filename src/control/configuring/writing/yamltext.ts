// Changes in a config that is written in YAML. Comments and the way in which all else is written stay as they are: each change is made
// in the text itself, where the parser says that its place is. What has no simple place (the last item of a list) is changed in the parser's
// document, which keeps comments too and writes the rest anew. Whoever asks reads the result again.

import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  parse,
  parseDocument,
  type Range,
  stringify,
} from "yaml";
import type { Path } from "../../../config/problem.ts";
import { changeTree, spliced, type TextChange } from "./change.ts";
import { aboveComments, isAlone, itemLine, lineEndOf, lineStart, withoutLines } from "./textlines.ts";

/** Null where a change finds no place, such as one inside of what an alias stands for. */
export function changeYaml(text: string, changes: readonly TextChange[]): string | null {
  let now = text;
  for (const change of changes) {
    const made = changeText(now, change);
    const next = made !== null && isRight(now, change, made) ? made : changeDocument(now, change);
    if (next === null) return null;
    now = next;
  }
  return now;
}

/** As a config is read, which bounds in its own way what aliases come to. */
const asRead = { merge: true, maxAliasCount: -1 } as const;

/** Whether the change, and nothing else, has been made. */
function isRight(text: string, change: TextChange, made: string): boolean {
  try {
    const tree: unknown = parse(text, asRead);
    changeTree(tree, structuredClone(change));
    return Bun.deepEquals(parse(made, asRead), tree);
  } catch {
    return false;
  }
}

type Place = Node & { range: Range };

/** Null where it is not to be done by changing some characters. */
function changeText(text: string, { path, value, isInserted }: TextChange): string | null {
  const document = parseDocument(text, { merge: true });
  const found = nodeAt(document, path);
  if (value === undefined) return found === null ? null : removed(text, document, path);
  if (found !== null && !isInserted) {
    if ((found as { anchor?: string }).anchor !== undefined) return null;
    const isWord = isScalar(found) && (found.type === "PLAIN" || found.type?.startsWith("QUOTE") === true);
    if (!isWord || typeof value === "object") return replaced(text, document, path, found, value);
    return spliced(text, found.range[0], found.range[1], word(value, found.type === "QUOTE_DOUBLE"));
  }
  // The nearest that is there, and all that is to stand under it.
  let depth = path.length - 1;
  let whole = value;
  while (depth > 0 && nodeAt(document, path.slice(0, depth)) === null) whole = { [String(path[depth--])]: whole };
  const above = nodeAt(document, path.slice(0, depth));
  if (isSeq(above)) return insertedItem(text, above as Place, path, whole);
  return isMap(above) ? insertedPair(text, above as Place, String(path[depth]), whole) : null;
}

function nodeAt(document: Document.Parsed, path: Path): Place | null {
  let node: unknown = document.contents;
  for (const part of path) {
    if (!isCollection(node)) return null;
    node = node.get(part, true);
  }
  return node !== null && node !== undefined && (node as Node).range ? (node as Place) : null;
}

function insertedPair(text: string, above: Place, key: string, value: unknown): string | null {
  if (!isMap(above)) return null;
  const last = above.items.at(-1);
  if (last === undefined) return null;
  if (above.flow === true) {
    const quoted = text[above.range[0] + 1] === '"' || /^\{\s*"/.test(text.slice(above.range[0], above.range[1]));
    const name = quoted || !/^[A-Za-z_][\w-]*$/.test(key) ? JSON.stringify(key) : key;
    return spliced(text, ...at(endOf(last)), `, ${name}: ${inFlow(value)}`);
  }
  const first = above.items[0]!.key as Place; // Of a parsed document.
  const indent = " ".repeat(columnOf(text, first.range[0]));
  return insertedLines(text, endOf(last), indent, stringify({ [key]: value }, usual));
}

function insertedItem(text: string, above: Place, path: Path, value: unknown): string | null {
  if (!isSeq(above) || above.items.length === 0) return null;
  const index = Number(path.at(-1));
  const items = above.items as Place[]; // Of a parsed document.
  const near = items[Math.max(index - 1, 0)]!;
  if (above.flow === true && isAlone(text, startOf(near), endOf(near)))
    return itemLine(text, inFlow(value), startOf(items[0]!), index === 0 ? null : endOf(near));
  if (above.flow === true)
    return index === 0
      ? spliced(text, ...at(items[0]!.range[0]), `${inFlow(value)}, `)
      : spliced(text, ...at(endOf(items[index - 1]!)), `, ${inFlow(value)}`);
  const dash = text.lastIndexOf("-", items[0]!.range[0]);
  const indent = " ".repeat(columnOf(text, dash));
  // A sequence that begins behind another dash has its indent in a way that lines cannot be put before.
  if (index === 0) {
    const start = lineStart(text, dash);
    if (text.slice(start, dash).trim() !== "") return null;
    return spliced(text, ...at(aboveComments(text, start)), indented(stringify([value], usual), indent));
  }
  return insertedLines(text, endOf(items[index - 1]!), indent, stringify([value], usual));
}

/** Behind the line in which that ends. */
function insertedLines(text: string, end: number, indent: string, lines: string): string {
  const lineEnd = text.indexOf("\n", end);
  const place = lineEnd === -1 ? text.length : lineEnd + 1;
  return spliced(text, place, place, `${lineEnd === -1 ? "\n" : ""}${indented(lines, indent)}`);
}

/** Whole lines, or a part of a line between commas. */
function removed(text: string, document: Document.Parsed, path: Path): string | null {
  const above = nodeAt(document, path.slice(0, -1));
  if (!isCollection(above) || above.items.length < 2) return null;
  const items = above.items as (Place | Pair)[]; // Of a parsed document.
  const index = isMap(above)
    ? above.items.findIndex(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
    : Number(path.at(-1));
  const item = items[index];
  if (item === undefined) return null;
  const next = items[index + 1];
  if (above.flow === true && isAlone(text, startOf(item), endOf(item)))
    return withoutLines(text, startOf(item), endOf(item));
  if (above.flow === true) {
    return next === undefined
      ? spliced(text, endOf(items[index - 1]!), endOf(item), "")
      : spliced(text, startOf(item), startOf(next), "");
  }
  const begin = isMap(above) ? startOf(item) : text.lastIndexOf("-", startOf(item));
  if (text.slice(lineStart(text, begin), begin).trim() !== "") return null;
  return withoutLines(text, begin, endOf(item));
}

/** Something else altogether, in the place of what is there. */
function replaced(text: string, document: Document.Parsed, path: Path, found: Place, value: unknown): string | null {
  for (let depth = 0; depth < path.length; depth++) {
    const above = nodeAt(document, path.slice(0, depth));
    if (isCollection(above) && above.flow === true) return spliced(text, found.range[0], endOf(found), inFlow(value));
  }
  if (isCollection(found) && found.flow === true && typeof value === "object")
    return spliced(text, found.range[0], endOf(found), inFlow(value));
  const [start, end] = [found.range[0], endOf(found)];
  const isLine = !text.slice(start, end).includes("\n");
  const rest = text.slice(end, lineEndOf(text, end)).trimEnd();
  const lines = stringify(value, usual).trimEnd().split("\n");
  const above = nodeAt(document, path.slice(0, -1));
  if (isSeq(above)) {
    if (text.slice(lineStart(text, start), start).replaceAll(/[ -]/g, "") !== "") return null;
    const indent = " ".repeat(columnOf(text, start));
    const [first, ...others] = lines;
    const own = [first + (isLine ? rest : ""), ...others.map((line) => indent + line)].join("\n");
    return spliced(text, start, end + rest.length, own);
  }
  // A word becomes a section or a list, below its key.
  if (!isMap(above) || !isLine || isCollection(found) || typeof value !== "object") return null;
  const key = above.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(path.at(-1)))?.key;
  if (!isScalar(key) || lineStart(text, (key as Place).range[0]) !== lineStart(text, start)) return null;
  const indent = " ".repeat(columnOf(text, (key as Place).range[0]) + 2);
  const own = `${rest}\n${lines.map((line) => indent + line).join("\n")}`;
  return spliced(text, start - (/[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0), end + rest.length, own);
}

function changeDocument(text: string, { path, value, isInserted }: TextChange): string | null {
  const document = parseDocument(text, { merge: true });
  try {
    if (value === undefined) document.deleteIn(path);
    else if (isInserted) {
      const list = document.getIn(path.slice(0, -1));
      if (!isSeq(list)) return null;
      list.items.splice(Number(path.at(-1)), 0, document.createNode(value));
    } else document.setIn(path, document.createNode(value));
  } catch {
    return null; // What is above it is an alias, or a word.
  }
  const indent = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return document.toString({
    lineWidth: 0,
    indent: Math.min(8, Math.max(2, indent)),
    flowCollectionPadding: /[[{] \S/.test(text),
    indentSeq: !/^(\s*)[\w-]+:\n\1- /m.test(text),
  });
}

const usual = { lineWidth: 0 } as const;

function word(value: unknown, isQuoted: boolean): string {
  // Within braces and brackets some characters have a meaning.
  return typeof value === "string" && (isQuoted || /[,[\]{}]/.test(value))
    ? JSON.stringify(value)
    : stringify(value, usual).trimEnd();
}

/** JSON is YAML within braces and brackets, whatever stands in a text. */
function inFlow(value: unknown): string {
  return JSON.stringify(value);
}

function indented(lines: string, indent: string): string {
  return lines.replaceAll(/^(?=.)/gm, indent);
}

/** Where the characters of an item end; a block's own end is behind the comments that follow it. */
function endOf(item: Place | Pair | unknown): number {
  if (item instanceof Pair) return endOf(item.value ?? item.key);
  const node = item as Place; // Of a parsed document.
  if (!isCollection(node) || node.flow === true || node.items.length === 0) return node.range[1];
  return endOf(node.items.at(-1));
}

function startOf(item: Place | Pair): number {
  return item instanceof Pair ? (item.key as Place).range[0] : item.range[0];
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

function at(offset: number): [number, number] {
  return [offset, offset];
}
