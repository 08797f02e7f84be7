// Names and paths: `host`, `tls.sni`, `headers['x']`, `marked[src].gpc0`, `tracked[0].gpc[2]`, `pools.app.up`. A variable of a macro
// comes before a field, and a field before a table of the same name, which `tables['…']` reaches always.

import { type Column, columnNames, type DataType } from "../../memory/column.ts";
import { type Field, fields, isThereIn, type Phase } from "../fields.ts";
import type { PoolFigure } from "../scene.ts";
import type { Context } from "./context.ts";
import { keyedCounter, type Place, slotCounter } from "./counter.ts";
import { compileKeyMaker } from "./key.ts";
import { slotsMax } from "./limits.ts";
import { indexOfHolder } from "./membership.ts";
import { didYouMean } from "./nearest.ts";
import type { IndexNode, MemberNode, NameNode, Node, Span } from "./syntax.ts";
import { erroneous, lift, phrase, played, type Term, type TermType, typed } from "./term.ts";
import type { Thing } from "./thing.ts";

const roots = ["tables", "lists", "pools", "vars", "tracked"] as const;
const elementsLast = 99;
/** RFC 9110 5.6.2 */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Every name that can begin a path and is taken: tables of such a name are reached by `tables['…']`. */
export const takenNames: readonly string[] = [
  ...new Set([...fields.map(({ name }) => name.split(".")[0]!), ...roots, "now"]),
];

const wrong = (span: Span): Thing => ({ kind: "term", term: erroneous(span) });
const value = (term: Term): Thing => ({ kind: "term", term });

export function compileName(context: Context, node: NameNode): Thing {
  const local = context.locals.findLast(({ name }) => name === node.name);
  if (local !== undefined) return value(played(node, local.type, () => local.box.value));
  const found = fieldsOf(context, node, node.name);
  if (found !== null) return found;
  if (node.name === "now")
    return value(
      context.watched(
        played(node, "time", (scene) => scene.wallMs),
        "field",
      ),
    );
  const root = roots.find((name) => name === node.name);
  if (root !== undefined) return { kind: root };
  const table = context.scope.tables.findIndex(({ name }) => name === node.name);
  if (table !== -1) return { kind: "table", table };
  return value(
    context.complain(node, `is not a known name: ${context.quote(node)}${didYouMean(node.name, namesOf(context))}`),
  );
}

function namesOf(context: Context): string[] {
  const there = fields
    .filter(({ since }) => isThereIn(context.scope.phase, since))
    .map(({ name }) => name.split(".")[0]!);
  return [
    ...context.locals.map(({ name }) => name),
    ...there,
    ...roots,
    "now",
    ...context.scope.tables.map(({ name }) => name),
  ];
}

/** A field, or what fields' names begin with; null when there is none. */
function fieldsOf(context: Context, span: Span, path: string): Thing | null {
  const plain = fields.find(({ name, form }) => form === "plain" && name === path);
  if (plain !== undefined) return value(plainField(context, span, plain));
  const named = fields.filter(({ name, form }) => form !== "plain" && name === path);
  const isPrefix = fields.some(({ name }) => name.startsWith(`${path}.`));
  return named.length > 0 || isPrefix ? { kind: "fields", prefix: path, named } : null;
}

function plainField(context: Context, span: Span, field: Field): Term {
  if (!isUsable(context, span, field)) return erroneous(span);
  const { number } = field;
  return context.watched(
    played(span, field.type, (scene) => scene.field(number, "")),
    "field",
  );
}

const arrivals: Readonly<Record<Phase, string>> = {
  connection: "connection",
  request: "request",
  response: "response",
};

function isUsable(context: Context, span: Span, field: Field): boolean {
  const { phase } = context.scope;
  if (!isThereIn(phase, field.since)) {
    const name = JSON.stringify(field.name);
    context.complain(
      span,
      `${name} is not there yet in the ${phase} phase: it comes with the ${arrivals[field.since]}`,
    );
    return false;
  }
  context.needsHello ||= field.needsHello;
  context.readsField(field.number);
  return true;
}

/** `headers['x']`, `headers.list('x')`: the name is in quotes. */
export function namedField(context: Context, span: Span, field: Field, nameNode: Node): Term {
  const written = context.literal(nameNode, "a name");
  if (written === null || !isUsable(context, span, field)) return erroneous(span);
  if (field.name !== "params" && !token.test(written))
    return context.complain(nameNode, `must be a name of letters, digits and "-", not ${context.quote(nameNode)}`);
  const { number, form } = field;
  const name = field.isNameFolded ? written.toLowerCase() : written;
  const type: TermType = form === "list" ? "list" : field.type;
  return context.watched(
    played(span, type, (scene) => scene.field(number, name), field.type),
    "field",
  );
}

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
          `must follow an entry, as in ${context.scope.tables[object.table]!.name}[src].${name}`,
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

function unknownField(context: Context, span: Span, prefix: string, name: string, isNamed: boolean): Thing {
  if (isNamed) return value(context.complain(span, `must be written in brackets: ${prefix}['${name}']`));
  const names = fields
    .filter((field) => field.name.startsWith(`${prefix}.`))
    .map((field) => field.name.slice(prefix.length + 1));
  return value(context.complain(span, `is not a known name: "${prefix}.${name}"${didYouMean(name, names)}`));
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
