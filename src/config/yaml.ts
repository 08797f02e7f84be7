// Reads YAML 1.2 and JSON. JSON goes through the same parser for its places, for it is a subset; but the value is what JSON.parse
// makes of it, so that a .json file is JSON to every other program too. Where JSON.parse refuses, the YAML tree tells which habit
// of YAML it was. Aliases and merge keys (<<) work in YAML; a merged key has the place of the section it was merged into.

import { isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument, type Scalar } from "yaml";
import { textDepthFault, valueFault } from "./depth.ts";
import type { Document, SyntaxFault } from "./document.ts";
import { Places } from "./place.ts";
import type { Path } from "./problem.ts";
import { findUnquoted } from "./unquoted.ts";
import { firstLines, plainWords, twice, yamlFaults } from "./yamlfault.ts";
import { treeFaults } from "./yamltree.ts";

export function readYaml(text: string): Document {
  const deep = textDepthFault(text);
  if (deep !== null) return { ok: false, faults: [deep] };
  const document = parseDocument(text, { prettyErrors: false, merge: true });
  if (document.errors.length + document.warnings.length > 0) return { ok: false, faults: yamlFaults(text) };
  const faults = treeFaults(document.contents);
  if (faults.length > 0) return { ok: false, faults };
  const places = new Places(text);
  if (document.contents !== null) place(document.contents, [], places);
  // However often an alias stands: what all of them come to is bounded by depth.ts.
  const value: unknown = document.toJS({ maxAliasCount: -1 }) ?? {};
  const fault = valueFault(value);
  if (fault !== null) return { ok: false, faults: [{ at: places.offset(fault.path), message: fault.message }] };
  return { ok: true, value, places };
}

export function readJson(text: string): Document {
  const bare = text.startsWith("\ufeff") ? text.slice(1) : text;
  const deep = textDepthFault(bare);
  if (deep !== null) return { ok: false, faults: [deep] };
  const document = parseDocument(bare, { prettyErrors: false });
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch (error) {
    const habit = document.contents === null ? null : yamlHabit(document.contents, bare);
    const first = document.errors[0];
    if (first !== undefined && (habit?.at ?? Number.POSITIVE_INFINITY) > first.pos[0])
      return { ok: false, faults: [{ at: first.pos[0], message: `this is not JSON: ${plainWords(first.message)}` }] };
    const fault = habit ?? comment(bare) ?? { at: null, message: `this is not JSON: ${(error as Error).message}` };
    return { ok: false, faults: [fault] };
  }
  const again = document.errors.find((error) => error.code === "DUPLICATE_KEY");
  if (again !== undefined)
    return { ok: false, faults: [{ at: again.pos[0], message: twice(firstLines(bare), again.pos[0]) }] };
  const places = new Places(bare);
  if (document.contents !== null) place(document.contents, [], places);
  const fault = valueFault(value);
  if (fault !== null) return { ok: false, faults: [{ at: places.offset(fault.path), message: fault.message }] };
  return { ok: true, value, places };
}

function place(node: ParsedNode, path: Path, places: Places): void {
  if (path.length === 0) places.add(path, node.range[0], node.range[0]);
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      const at = [...path, name];
      places.add(at, key.range[0], value?.range[0] ?? key.range[0]);
      if (value !== null) place(value, at, places);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const at = [...path, index];
      places.add(at, item.range[0], item.range[0]);
      place(item, at, places);
    }
  }
}

/** The first thing, as it stands in the text, that YAML takes and JSON does not. */
function yamlHabit(node: ParsedNode, text: string): SyntaxFault | null {
  const at = node.range[0];
  const say = (what: string): SyntaxFault => ({
    at,
    message: `this is not JSON: ${what}; name the file .yaml if you want YAML`,
  });
  if (isAlias(node)) return say("it has no aliases");
  if (node.anchor !== undefined || (node.tag !== undefined && text[at] === "!"))
    return say("it has no anchors and tags");
  if (isScalar(node)) return scalarHabit(node, text, say);
  if (node.flow !== true) return say(`write ${isMap(node) ? "sections in braces" : "lists in brackets"}`);
  const children = isMap(node)
    ? node.items.flatMap(({ key, value }) => (value === null ? [key] : [key, value]))
    : node.items;
  for (const child of children) {
    if (child === null) continue;
    const found = yamlHabit(child as ParsedNode, text); // The items of a parsed node are parsed nodes.
    if (found !== null) return found;
  }
  const bare = isMap(node) ? node.items.find(({ value }) => value === null) : undefined;
  if (bare !== undefined)
    return { at: bare.key.range[1], message: "this is not JSON: a colon and a value are missing" };
  const end = node.range[1] - 1;
  // One that is not closed says so.
  const comma = text[end] === "}" || text[end] === "]" ? /,\s*$/.exec(text.slice(at, end)) : null;
  return comma === null
    ? null
    : { at: at + comma.index, message: "this is not JSON: there is a comma after the last item" };
}

function scalarHabit(node: Scalar.Parsed, text: string, say: (what: string) => SyntaxFault): SyntaxFault | null {
  const source = text.slice(node.range[0], node.range[1]).split("\n")[0]!;
  if (node.type === "PLAIN" && source === "")
    return { at: node.range[0], message: "this is not JSON: a value is missing" };
  const bare = node.type === "PLAIN" ? findUnquoted(text, node.range[1] - 1, ":") : null;
  if (source.startsWith("//") || source.startsWith("/*")) return say("it has no comments");
  if (node.type === "QUOTE_SINGLE") return say("texts stand in double quotes");
  try {
    JSON.parse(source);
    return null;
  } catch {
    return say(
      node.type === "PLAIN"
        ? `the text ${(bare?.at === node.range[0] ? bare.text : source).slice(0, 80)} must stand in double quotes`
        : "this text is not written as JSON does",
    );
  }
}

function comment(text: string): SyntaxFault | null {
  const found = /^(?:[^"#]|"(?:[^"\\]|\\.)*")*?(#|\/[/*])/s.exec(text);
  if (found === null) return null;
  return {
    at: found[0].length - found[1]!.length,
    message: "this is not JSON: it has no comments; name the file .yaml if you want YAML",
  };
}
