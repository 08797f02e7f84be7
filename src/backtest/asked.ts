// What a rule and those before it ask of a request, by the names that expressions have for it: headers['x-api-key'], host, user. A log may
// not tell it, and then it is to be said so (told.ts). Texts that decide nothing, such as those of answers and of logs, are left out, and
// so are fields that a rule before has set.

import { type Phase, phases, type Walked } from "../config/rulewalk.ts";
import { isSection, listOf, type Section, sectionOf } from "../config/section.ts";
import { parse } from "../rules/expression/parser.ts";
import type { Node } from "../rules/expression/syntax.ts";
import { fields } from "../rules/fields.ts";

export interface Asking {
  /** Of the rule; null: it is the one that is tried. */
  readonly name: string | null;
  readonly asked: readonly string[];
}

/** A rule where it stands. */
export interface Placed extends Walked {
  readonly owner: { readonly kind: "listeners" | "pools"; readonly name: string };
}

/** Of the rule at `place` and of those that are played before it, each with what it is the first to ask for. */
export function askedBefore(standing: readonly Placed[], tried: Placed): Asking[] {
  const made = new Set<string>();
  const known = new Set<string>();
  const asking: Asking[] = [];
  const before = standing.filter((each) => isBefore(each, tried, standing) && each.rule["mode"] !== "off");
  // Its own first: what it asks for itself is not told of others.
  for (const { rule, name } of [tried, ...before]) {
    const asked = [...askedBy(rule)].filter((what) => !known.has(what));
    for (const what of asked) known.add(what);
    asking.push({ name: rule === tried.rule ? null : name, asked });
  }
  for (const { rule } of before)
    for (const key of ["setHeader", "addHeader"])
      for (const name of Object.keys(sectionOf(rule[key]))) made.add(`headers['${name.toLowerCase()}']`);
  return asking
    .map(({ name, asked }) => ({ name, asked: asked.filter((what) => !made.has(what)) }))
    .filter(({ asked }) => asked.length > 0);
}

function isBefore(each: Placed, tried: Placed, standing: readonly Placed[]): boolean {
  const order = (phase: Phase): number => phases.indexOf(phase);
  if (each.owner.kind === tried.owner.kind) {
    if (each.owner.name !== tried.owner.name) return false;
    const isEarlier = standing.indexOf(each) < standing.indexOf(tried);
    return order(each.phase) < order(tried.phase) || (each.phase === tried.phase && isEarlier);
  }
  if (tried.owner.kind === "pools") return order(each.phase) <= order(tried.phase);
  return order(each.phase) < order(tried.phase);
}

/** By a rule itself, without those within it. */
export function askedBy(rule: Section): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const text of expressionsOf(rule)) {
    const parsed = parse(text);
    if (parsed.ok) walk(parsed.node, asked);
  }
  for (const text of templatesOf(rule)) for (const node of nodesIn(text)) walk(node, asked);
  return asked;
}

function expressionsOf(rule: Section): string[] {
  const texts: unknown[] = [rule["if"], rule["by"], rule["mark"], rule["clear"], rule["limit"], rule["increment"]];
  for (const track of oneOrMore(rule["track"])) texts.push(sectionOf(track)["by"]);
  texts.push(sectionOf(rule["limit"])["by"], sectionOf(rule["limit"])["cost"]);
  for (const key of ["set", "increment"])
    if (isSection(rule[key])) texts.push(...Object.entries(sectionOf(rule[key])).flat());
  return texts.flatMap(oneOrMore).filter((text) => typeof text === "string");
}

/** Those that change the request that later rules see. */
function templatesOf(rule: Section): string[] {
  const keys = ["setPath", "setQuery", "setMethod", "setTarget"];
  const texts = keys.map((key) => rule[key]);
  for (const key of ["setHeader", "addHeader"]) texts.push(...Object.values(sectionOf(rule[key])));
  return texts.filter((text) => typeof text === "string");
}

function oneOrMore(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? listOf(value) : [value];
}

function* nodesIn(text: string): Generator<Node> {
  for (let at = text.indexOf("{"); at !== -1; at = text.indexOf("{", at)) {
    if (text[at + 1] === "{") at += 2;
    else {
      const parsed = parse(text, at + 1, true);
      if (!parsed.ok) return;
      yield parsed.node;
      at = parsed.end + 1;
    }
  }
}

const plainFields: ReadonlySet<string> = new Set(fields.flatMap(({ name, form }) => (form === "plain" ? [name] : [])));
const namedFields: ReadonlySet<string> = new Set(fields.flatMap(({ name, form }) => (form === "plain" ? [] : [name])));
/** What tables count by that a log may not tell. */
const countedColumn = /^(?:conn_(?:cur|cnt|rate)|bytes_(?:in|out)_(?:cnt|rate))$/;

function walk(node: Node, asked: Set<string>): void {
  const path = pathOf(node);
  if (path !== null) {
    if (plainFields.has(path)) asked.add(path);
    if (path.startsWith("pools.")) asked.add("pools");
  }
  if (node.kind === "member" && countedColumn.test(node.name)) asked.add(node.name);
  const named = nameAskedFor(node);
  if (named !== null) asked.add(named);
  for (const part of partsOf(node)) walk(part, asked);
}

/** `tls.sni` of the nodes that make it; null where something else stands in it. */
function pathOf(node: Node): string | null {
  if (node.kind === "name") return node.name;
  if (node.kind !== "member") return null;
  const before = pathOf(node.object);
  return before === null ? null : `${before}.${node.name}`;
}

function nameAskedFor(node: Node): string | null {
  const [object, name] =
    node.kind === "index" ? [node.object, node.index] : node.kind === "call" ? [node.receiver, node.parameters[0]] : [];
  const path = object == null ? null : pathOf(object);
  if (path === null || !namedFields.has(path)) return null;
  if (name?.kind !== "literal") return `${path}[…]`;
  const written = String(name.value);
  return `${path}['${path.endsWith("headers") ? written.toLowerCase() : written}']`;
}

function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "literal":
    case "name":
      return [];
    case "member":
      return [node.object];
    case "index":
      return [node.object, node.index];
    case "call":
      return [...(node.receiver === null ? [] : [node.receiver]), ...node.parameters];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "logical":
      return node.operands;
    case "choice":
      return [node.condition, node.yes, node.no];
    case "list":
      return node.items;
  }
}
