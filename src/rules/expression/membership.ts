// `x in …`: a list of values, blocks of addresses, a list of the config, a table's keys. What is constant on the right is
// brought into shape beforehand: a few values are compared one by one, more become a set.

import type { List } from "../../memory/list.ts";
import type { Value } from "../scene.ts";
import { type Block, isWithin, readBlock } from "./blocks.ts";
import type { Context } from "./context.ts";
import type { Place } from "./counter.ts";
import { compileKeyMaker } from "./key.ts";
import { folded } from "./operators.ts";
import type { BinaryNode, CallNode, Node, Span } from "./syntax.ts";
import { erroneous, isSame, phrase, played, type Term, type TermType, typed } from "./term.ts";
import { lowerAscii } from "./texts.ts";

/** Up to here comparing each is faster than a set, which hashes the text. */
const comparedMax = 8;

export function compileIn(context: Context, node: BinaryNode): Term {
  const { left, right } = node;
  if (right.kind === "call" && right.receiver === null && right.name === "cidr")
    return context.watched(inBlocks(context, node, right), "comparison");
  const thing = context.thing(right);
  switch (thing.kind) {
    case "table":
      return inTable(context, node, left, thing.table);
    case "holder":
      return context.watched(inHolder(context, node, thing.list), "comparison");
    default:
      return context.watched(inList(context, node, context.value(right, thing)), "comparison");
  }
}

function inBlocks(context: Context, node: BinaryNode, call: CallNode): Term {
  const address = context.wanted(node.left, "address");
  const blocks: Block[] = [];
  if (call.parameters.length === 0) context.complain(call, "must name at least one block such as '10.0.0.0/8'");
  for (const parameter of call.parameters) {
    const text = context.literal(parameter, "an address or a block such as '10.0.0.0/8'");
    const block = text === null ? null : readBlock(text);
    if (block === null) {
      if (text !== null)
        context.complain(
          parameter,
          `must be an address or a block such as '10.0.0.0/8', not ${context.quote(parameter)}`,
        );
    } else {
      if (block.hasRest) context.warn(parameter, `has bits set behind its prefix; they count for nothing`);
      blocks.push(block);
    }
  }
  const { run } = address;
  return played(node, "bool", (scene) => {
    const value = run(scene);
    return value === null ? null : isWithin(typed(value), blocks);
  });
}

/** One value is what people write where a list of one is meant. */
function singleHint(one: Term, { constant }: Term): string {
  if (typeof constant !== "string") return "";
  return one.type === "address" ? `: write cidr('${constant}')` : `: write ['${constant}']`;
}

function inList(context: Context, node: BinaryNode, list: Term): Term {
  const one = context.term(node.left);
  if (one.type === "error" || list.type === "error") return { ...one, span: node, type: "error" };
  if (list.type !== "list" && list.type !== "any")
    return context.complain(
      list.span,
      `must be a list, cidr(…), a list of the config or a table, but ${context.quote(list.span)} is ${phrase(list.type)}${singleHint(one, list)}`,
    );
  if (!isComparable(one.type, list.element))
    return context.complain(
      node.left,
      `must be ${phrase(list.element)} as the values of the list are, but ${context.quote(node.left)} is ${phrase(one.type)}${hintOf(one, list)}`,
    );
  const { run } = one;
  if (list.constant !== undefined) {
    const has = finder(typed<readonly Value[]>(list.constant));
    const found = played(node, "bool", (scene) => {
      const value = run(scene);
      return value === null ? null : has(value);
    });
    return folded(node, found, one, list);
  }
  const items = list.run;
  return played(node, "bool", (scene) => {
    const value = run(scene);
    const values = items(scene);
    return value === null || !Array.isArray(values) ? null : values.some((item: Value) => isSame(item, value));
  });
}

function isComparable(one: TermType, element: TermType): boolean {
  return one === element || one === "any" || element === "any" || one === "null" || element === "null";
}

function hintOf(one: Term, list: Term): string {
  if (one.type !== "address" || list.element !== "string") return "";
  return ": write cidr('…', …) for addresses and blocks";
}

function finder(values: readonly Value[]): (value: Value) => boolean {
  const isPlain = values.every((value) => value !== null && typeof value !== "object");
  if (isPlain && values.length > comparedMax) {
    const set = new Set<Value>(values);
    return (value) => set.has(value);
  }
  if (isPlain)
    return (value) => {
      for (const item of values) if (item === value) return true;
      return false;
    };
  return (value) => values.some((item) => isSame(item, value));
}

function inHolder(context: Context, node: BinaryNode, index: number): Term {
  const { run, type } = indexOfHolder(context, node.left, index);
  if (type === "error") return erroneous(node);
  return played(node, "bool", (scene) => {
    const found = run(scene);
    return found === null ? null : typed<number>(found) >= 0;
  });
}

/** Where the value stands in a list of the config: -1 when it does not. */
export function indexOfHolder(context: Context, node: Node, index: number): Term {
  const { kind, name } = context.scope.lists[index]!;
  const isAddress = kind === "address";
  const term = context.term(node);
  if (isAddress ? term.type === "string" : term.type === "address") {
    const hint = isAddress ? "ip(…) reads one" : "string(…) makes one";
    return context.complain(
      node,
      `must be ${phrase(isAddress ? "address" : "string")}, for that is what the list ${JSON.stringify(name)} holds, but ${context.quote(node)} is ${phrase(term.type)}: ${hint}`,
    );
  }
  const { run, type } = context.coerce(term, isAddress ? "address" : "string");
  if (type === "error") return { ...term, type };
  const find = isAddress
    ? (list: List, value: Value): number => list.findAddress(typed(value), 0)
    : kind === "name"
      ? (list: List, value: Value): number => list.findText(lowerAscii(typed(value)))
      : (list: List, value: Value): number => list.findText(typed(value));
  return played(node, "number", (scene) => {
    const value = run(scene);
    const holder = scene.world.lists[index];
    return value === null || holder === undefined ? null : find(holder.list, value);
  });
}

/** Whether the table has an entry with that key. */
export function inTable(context: Context, span: Span, keyNode: Node, table: number): Term {
  const { plan, name } = context.scope.tables[table]!;
  const key = compileKeyMaker(context, keyNode, plan.key, name);
  return key === null ? erroneous(span) : inEntry(context, span, { kind: "keyed", table, key });
}

/** Whether there is such an entry. */
export function inEntry(context: Context, span: Span, place: Place): Term {
  if (place.kind === "slot")
    return context.watched(
      played(span, "bool", (scene) => scene.tracked(place.slot) !== null),
      "read",
    );
  const { key: maker, table: index } = place;
  context.readsTable(index, -1);
  const term = played(span, "bool", (scene) => {
    const value = maker.run(scene);
    const table = scene.world.tables[index];
    return table !== undefined && maker.lay(value, table.key, scene) ? table.has(scene.sharedMs) : null;
  });
  return context.watched(term, "read", index);
}
