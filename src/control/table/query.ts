// What is asked of a table's entries: which counters there are to name, and conditions on them as a person writes them,
// `gpc0 > 0 && conn_rate >= 10`. It knows columns and comparisons, not where entries come from. A counter is named as it is
// stored, `conn_rate(10s)`, or without its period where that leaves no doubt; elements of arrays are `gpc[2]`, and `gpc0` is
// the first of them as in expressions of rules.

import { readDuration } from "../../base/duration.ts";
import { didYouMean } from "../../base/nearest.ts";
import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { type Column, type ColumnForm, cellName } from "../../memory/column.ts";

/** One number of an entry. */
export interface Field {
  readonly name: string;
  readonly form: ColumnForm;
  /** As `Table.read` wants them. */
  readonly column: number;
  readonly element: number;
  /** Other ways to write it. */
  readonly aliases: readonly string[];
}

/** What a condition reads of an entry. */
export interface Row {
  readonly uses: number;
  /** Null where entries of the table do not expire. */
  readonly expiresMs: number | null;
  value(field: Field): number;
}

export type Condition = (row: Row) => boolean;

export function fieldsOf(columns: readonly Column[]): Field[] {
  return columns.flatMap((column, index) =>
    Array.from({ length: column.length }, (_, offset) => fieldOf(column, index, column.first + offset)),
  );
}

function fieldOf(column: Column, index: number, element: number): Field {
  const name = cellName(column, element);
  const bare = column.name.replace(/\(.*$/, "");
  // An array's elements are counted in brackets, and written as HAProxy does, or as if each were alone.
  const alone = bare === "gpc_rate" ? `gpc${element}_rate` : `${bare}${element}`;
  const aliases = name.endsWith("]") ? [alone, `${bare}(${element})`] : [bare];
  return { name, form: column.form, column: index, element, aliases: aliases.filter((alias) => alias !== name) };
}

/** The field that a text names. `table`: its name, for the message. */
export function findField(fields: readonly Field[], text: string, table: string): Reading<Field> {
  const name = text.replaceAll(/\s/g, "");
  const found = fields.find((field) => field.name === name || field.aliases.includes(name));
  if (found !== undefined) return read(found);
  const names = fields.map((field) => field.name);
  const hint = didYouMean(name, [...names, ...fields.flatMap((field) => field.aliases)]);
  return misread(`table ${table} does not store ${quote(text)}; it stores ${names.join(", ")}${hint}`);
}

const comparisons: Record<string, (one: number, other: number) => boolean> = {
  "==": (one, other) => one === other,
  "=": (one, other) => one === other,
  "!=": (one, other) => one !== other,
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
};

const conditionsMax = 16;

/** All of the conditions that the text joins by `&&`. */
export function readConditions(text: string, fields: readonly Field[], table: string): Reading<Condition> {
  const parts = text.split("&&");
  if (parts.length > conditionsMax) return misread(`at most ${conditionsMax} conditions can be joined by &&`);
  const conditions: Condition[] = [];
  for (const part of parts) {
    const condition = readCondition(part.trim(), fields, table);
    if (!condition.ok) return condition;
    conditions.push(condition.value);
  }
  return read((row) => conditions.every((condition) => condition(row)));
}

function readCondition(text: string, fields: readonly Field[], table: string): Reading<Condition> {
  const match = /^([^=!<>]+?)\s*(==|=|!=|<=|>=|<|>)\s*([^=!<>]+)$/.exec(text);
  if (match === null)
    return misread(`a condition is written like gpc0 > 0, several are joined by &&, not ${quote(text)}`);
  const [, name = "", operator = "", value = ""] = match;
  const compare = comparisons[operator]!;
  if (name === "expires") {
    const duration = readDuration(value);
    if (!duration.ok) return misread(`what expires is compared with ${duration.message}`);
    // What never expires, expires later than anything.
    return read((row) => compare(row.expiresMs ?? Number.POSITIVE_INFINITY, duration.value));
  }
  if (!/^\d+(\.\d+)?$/.test(value)) return misread(`${name} is compared with a number, not ${quote(value)}`);
  if (name === "uses") return read((row) => compare(row.uses, Number(value)));
  const field = findField(fields, name, table);
  if (!field.ok) return misread(`${field.message}; uses and expires can be compared too`);
  return read((row) => compare(row.value(field.value), Number(value)));
}
