// Names and fields: what a path begins with. A variable of a macro comes before a field, and a field before a table of the same
// name, which `tables['…']` reaches always. Fields are those of the catalogue (fields.ts), as far as their phase has come.

import { didYouMean } from "../../base/nearest.ts";
import { type Arrival, type Field, fields, isThereIn } from "../fields.ts";
import type { Context } from "./context.ts";
import { habitOf } from "./habits.ts";
import type { NameNode, Node, Span } from "./syntax.ts";
import { erroneous, played, type Term, type TermType } from "./term.ts";
import type { Thing } from "./thing.ts";

const roots = ["tables", "lists", "pools", "vars", "tracked"] as const;
/** RFC 9110 5.6.2 */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Every name that can begin a path and is taken: tables of such a name are reached by `tables['…']`. */
export const takenNames: readonly string[] = [
  ...new Set([...fields.map(({ name }) => name.split(".")[0]!), ...roots, "now"]),
];

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
  return value(context.complain(node, `is not a known name: ${context.quote(node)}${hintFor(context, node.name)}`));
}

/** What may have been meant: a list, a word of another program, a text without its quotes, or a name that is near. */
function hintFor(context: Context, name: string): string {
  if (context.scope.lists.some((list) => list.name === name)) return `; write lists.${name}`;
  const habit = habitOf(name);
  if (habit !== "") return habit;
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) return `; a text stands in quotes: '${name}'`;
  return didYouMean(name, namesOf(context));
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
export function fieldsOf(context: Context, span: Span, path: string): Thing | null {
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

const arrivals: Readonly<Record<Arrival, string>> = {
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
  const type: TermType = form === "list" || form === "lines" ? "list" : field.type;
  return context.watched(
    played(span, type, (scene) => scene.field(number, name), field.type),
    "field",
  );
}

export function unknownField(context: Context, span: Span, prefix: string, name: string, isNamed: boolean): Thing {
  if (isNamed) return value(context.complain(span, `must be written in brackets: ${prefix}['${name}']`));
  const names = fields
    .filter((field) => field.name.startsWith(`${prefix}.`))
    .map((field) => field.name.slice(prefix.length + 1));
  return value(context.complain(span, `is not a known name: "${prefix}.${name}"${didYouMean(name, names)}`));
}
