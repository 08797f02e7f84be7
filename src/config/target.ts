// What a rule writes to, as an operator writes it: a counter `marked[src].gpc0` or `tracked[0].gpc1`, an entry `marked[src]`, or
// short a table `marked` or `marked.gpc0`, which is then the entry of src. It takes the text apart and knows which columns a table
// has; whether what stands in brackets is an expression is for their compiler to say.

import { type Column, readColumn } from "../memory/column.ts";
import { takenNames } from "../rules/expression/names.ts";
import type { Table } from "./types.ts";

/** Of tables by name, as far as they are known. */
export type Columns = ReadonlyMap<string, readonly Column[]>;

export interface Target {
  /** Null for `tracked[N]`, and for what cannot be read. */
  readonly table: string | null;
  /** An expression without its counter. */
  readonly entry: string;
  /** "gpc0", "gpc[2]"; null when none is named. */
  readonly column: string | null;
  /** How many characters of space the text as written begins with. */
  readonly shift: number;
  /** Whether it was the name of a table, with or without a counter. */
  readonly isShort: boolean;
}

const bareName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function columnsOf(tables: Readonly<Record<string, Pick<Table, "store">>>): Columns {
  return new Map(
    Object.entries(tables).map(([name, { store }]) => [
      name,
      store.flatMap((text) => {
        const reading = readColumn(text);
        return reading.ok ? [reading.value] : [];
      }),
    ]),
  );
}

/** Fields, and words of the grammar: a table of such a name must be written out. */
const taken: ReadonlySet<string> = new Set([...takenNames, "true", "false", "null", "in"]);

/** Whether a table's name alone would mean something else. */
export function isTaken(name: string): boolean {
  return taken.has(name);
}

/** A table in an expression: its name where that is one, otherwise by way of all tables. */
export function tableTerm(name: string): string {
  return bareName.test(name) && !isTaken(name) ? name : `tables[${JSON.stringify(name)}]`;
}

/** `by` is the key where the text names none. */
export function readTarget(text: string, columns: Columns, by = "src"): Target {
  const written = text.trim();
  if (columns.has(written))
    return { table: written, entry: `${tableTerm(written)}[${by}]`, column: null, shift: 0, isShort: true };
  const [, name = "", own = ""] = /^(.+)\.([a-z][a-z_0-9]*(?:\[\d+\])?)$/s.exec(written) ?? [];
  if (columns.has(name))
    return { table: name, entry: `${tableTerm(name)}[${by}]`, column: own, shift: 0, isShort: true };
  const found = /^(.*\])\.([a-z][a-z_0-9]*(?:\[\d+\])?)$/s.exec(written);
  const entry = found?.[1] ?? written;
  const known = /^tables\s*\[\s*(["'])([^"']*)\1\s*\]\s*\[/.exec(entry)?.[2] ?? /^([A-Za-z_]\w*)\s*\[/.exec(entry)?.[1];
  return {
    table: known !== undefined && columns.has(known) ? known : null,
    entry,
    column: found?.[2] ?? null,
    shift: text.length - text.trimStart().length,
    isShort: false,
  };
}

/** What marks an entry of such a table when nothing is named. */
export function usualMark(columns: readonly Column[]): "gpc0" | "gpt0" | null {
  const has = (type: Column["type"]): boolean => columns.some((column) => column.type === type && column.first === 0);
  return has("gpc") ? "gpc0" : has("gpt") ? "gpt0" : null;
}
