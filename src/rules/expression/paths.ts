// Paths: `marked[src].gpc0`, `tracked[0].gpc[2]`, `headers['x']`, `lists.teams[host]`, `pools.app.up`: what stands behind a dot or in
// brackets, by what stands before it. The names of tables, lists and pools become indices of the plan here, counters become
// columns, and what a table does not store is an error.

import { didYouMean } from "../../base/nearest.ts";
import { type Column, columnNames, type DataType } from "../../memory/column.ts";
import type { PoolFigure } from "../scene.ts";
import type { Context } from "./context.ts";
import { keyedCounter, type Place, slotCounter } from "./counter.ts";
import { compileKeyMaker } from "./key.ts";
import { slotsMax } from "./limits.ts";
import { indexOfHolder } from "./membership.ts";
import { fieldsOf, namedField, unknownField } from "./names.ts";
import type { IndexNode, MemberNode, Span } from "./syntax.ts";
import { erroneous, lift, phrase, played, type Term, typed } from "./term.ts";
import type { Thing } from "./thing.ts";

const elementsLast = 99;

const wrong = (span: Span): Thing => ({ kind: "term", term: erroneous(span) });
const value = (term: Term): Thing => ({ kind: "term", term });

export function compileMember(context: Context, node: MemberNode): Thing {
  const object = context.thing(node.object);
  const { name, nameSpan } = node;
  switch (object.kind) {
    case "fields":
      return (
        fieldsOf(context, node, `${object.prefix}.${name}`) ??
        unknownField(context, nameSpan, object.prefix, name, object.named.length > 0)
      );
    case "tables":
    case "lists":
    case "pools":
      return byName(context, object.kind, nameSpan, name);
    case "vars":
      return value(
        context.watched(
          played(node, "any", (scene) => scene.variable(name)),
          "field",
        ),
      );
    case "entry":
      if (name === "key" && object.place.kind === "slot") return { kind: "key", slot: object.place.slot };
      return memberOfEntry(context, nameSpan, object.place, name);
    case "pool":
      return value(figure(context, node, object.pool));
    case "term":
      if (object.term.type === "error") return object;
      return value(
        context.complain(
          nameSpan,
          `${phrase(object.term.type)} has no ${JSON.stringify(name)}: call ${name}(…) if it is a function`,
        ),
      );
    case "table":
      return value(
        context.complain(
          nameSpan,
          `must follow an entry, as in ${context.scope.tables[object.table]!.name}[src].${name === "src" ? "gpc0" : name}`,
        ),
      );
    case "tracked":
      return value(context.complain(nameSpan, `must follow a slot, as in tracked[0].${name}`));
    case "elements":
    case "counter":
    case "holder":
    case "key":
      return value(context.complain(nameSpan, `${context.quote(node.object)} has no ${JSON.stringify(name)}`));
  }
}

function byName(context: Context, kind: "tables" | "lists" | "pools", span: Span, name: string): Thing {
  const { tables, lists, pools } = context.scope;
  const names = kind === "pools" ? pools : (kind === "tables" ? tables : lists).map((plan) => plan.name);
  const index = names.indexOf(name);
  if (index === -1) {
    const what = kind.slice(0, -1);
    context.complain(span, `is not the name of a ${what}: ${JSON.stringify(name)}${didYouMean(name, names)}`);
    return wrong(span);
  }
  if (kind === "pools") return { kind: "pool", pool: index };
  return kind === "tables" ? { kind: "table", table: index } : { kind: "holder", list: index };
}

export const poolFigures: Readonly<Record<PoolFigure, string>> = {
  servers: "how many servers it has",
  up: "how many of them can be used now",
  active: "how many requests or connections are at its servers",
  queued: "how many wait for a server",
};

function figure(context: Context, node: MemberNode, pool: number): Term {
  const name = (Object.keys(poolFigures) as PoolFigure[]).find((known) => known === node.name);
  if (name === undefined)
    return context.complain(
      node.nameSpan,
      `is not a figure of a pool: ${JSON.stringify(node.name)}${didYouMean(node.name, Object.keys(poolFigures))}`,
    );
  return context.watched(
    played(
      node,
      "number",
      lift([() => pool, (scene) => scene.world.pool(pool, name)], [], (_, found) => found),
    ),
    "field",
  );
}

export function compileIndex(context: Context, node: IndexNode): Thing {
  const object = context.thing(node.object);
  switch (object.kind) {
    case "fields": {
      const field = object.named.find(({ form }) => form === "value");
      if (field !== undefined) return value(namedField(context, node, field, node.index));
      return value(context.complain(node.index, `must be a name behind a dot: ${object.prefix}.…`));
    }
    case "tables":
    case "lists":
    case "pools": {
      const name = context.literal(node.index, "a name");
      return name === null ? wrong(node) : byName(context, object.kind, node.index, name);
    }
    case "vars": {
      const name = context.literal(node.index, "a name");
      return name === null
        ? wrong(node)
        : value(
            context.watched(
              played(node, "any", (scene) => scene.variable(name)),
              "field",
            ),
          );
    }
    case "table": {
      const { plan, name } = context.scope.tables[object.table]!;
      const key = compileKeyMaker(context, node.index, plan.key, name);
      return key === null ? wrong(node) : { kind: "entry", place: { kind: "keyed", table: object.table, key } };
    }
    case "tracked": {
      const slot = context.index(node.index, slotsMax - 1, "the number of a slot");
      if (slot === null) return wrong(node);
      context.readsSlot(slot);
      return { kind: "entry", place: { kind: "slot", slot } };
    }
    case "elements": {
      const element = context.index(node.index, elementsLast, `which ${object.type}`);
      return element === null
        ? wrong(node)
        : counterOf(context, node, object.place, object.type, element, `${object.type}[${element}]`);
    }
    case "holder":
      return value(valueOfHolder(context, node, object.list));
    case "term":
      return value(itemOf(context, node, object.term));
    case "pool":
    case "entry":
    case "counter":
    case "key":
      return value(context.complain(node.index, `${context.quote(node.object)} has nothing in brackets`));
  }
}

function itemOf(context: Context, node: IndexNode, list: Term): Term {
  if (list.type === "error") return list;
  if (list.type !== "list" && list.type !== "any")
    return context.complain(node.object, `must be a list, but ${context.quote(node.object)} is ${phrase(list.type)}`);
  const index = context.wanted(node.index, "number");
  if (index.type === "error") return index;
  const item = lift([list.run, index.run], [], (items, at) =>
    Array.isArray(items) ? (typed<readonly (string | number)[]>(items).at(typed<number>(at)) ?? null) : null,
  );
  return played(node, list.type === "list" ? list.element : "any", item);
}

/** Of a map: the value that stands with the text. */
function valueOfHolder(context: Context, node: IndexNode, list: number): Term {
  const { kind, name } = context.scope.lists[list]!;
  if (kind !== "map")
    return context.complain(node.object, `is no map: write "… in lists['${name}']" to ask whether something is in it`);
  const { run, type } = indexOfHolder(context, node.index, list);
  if (type === "error") return erroneous(node);
  const found = played(node, "string", (scene) => {
    const index = run(scene);
    return typeof index === "number" && index >= 0 ? scene.world.lists[list]!.list.valueOf(index) : null;
  });
  return context.watched(found, "field");
}

// ---- counters ----

const numbered: Readonly<Record<string, readonly [DataType, number]>> = {
  gpc0: ["gpc", 0],
  gpc1: ["gpc", 1],
  gpt0: ["gpt", 0],
  gpc0_rate: ["gpc_rate", 0],
  gpc1_rate: ["gpc_rate", 1],
};
const arrays: readonly string[] = ["gpc", "gpt", "gpc_rate"];

function memberOfEntry(context: Context, span: Span, place: Place, name: string): Thing {
  if (arrays.includes(name)) return { kind: "elements", place, type: name as DataType };
  const known = Object.hasOwn(numbered, name) ? numbered[name] : undefined;
  if (known !== undefined) return counterOf(context, span, place, known[0], known[1], name);
  if (columnNames.includes(name)) return counterOf(context, span, place, name as DataType, 0, name);
  return value(context.complain(span, `is not a counter: ${JSON.stringify(name)}${didYouMean(name, columnNames)}`));
}

export function columnIndexOf(columns: readonly Column[], type: DataType, element: number): number {
  return columns.findIndex(
    (column) => column.type === type && element >= column.first && element < column.first + column.length,
  );
}

function counterOf(context: Context, span: Span, place: Place, type: DataType, element: number, name: string): Thing {
  if (place.kind === "slot")
    return { kind: "counter", counter: slotCounter(place, { column: null, columnIndex: -1, type, element, name }) };
  const table = context.scope.tables[place.table]!;
  const columnIndex = columnIndexOf(table.columns, type, element);
  const column = table.columns[columnIndex];
  if (column === undefined) {
    const stored = table.columns.map((each) => each.name).join(", ");
    return value(
      context.complain(
        span,
        `the table ${JSON.stringify(table.name)} does not store ${name}; it stores ${stored || "nothing"}`,
      ),
    );
  }
  context.readsTable(place.table, columnIndex);
  return { kind: "counter", counter: keyedCounter(place, { column, columnIndex, type, element, name }) };
}
