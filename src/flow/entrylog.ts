// Entries of tables that were looked at, each once, with what it held at the first look and what it holds at the end. For traces.
// It reads by the table's own words, so that it sees what a rule would; that costs, and only who asks why pays. How many
// entries it tells of is bounded.

import { cellName } from "../memory/column.ts";
import type { Table } from "../memory/table.ts";
import { copyKeyOf, keyName, TableKey } from "../memory/tablekey.ts";
import type { Tracked } from "../rules/scene.ts";
import type { EntryTrace, EntryValues } from "./explanation.ts";
import { keyText } from "./keytext.ts";

/** More are not told of: what one request looks at may be as long as its header. */
const entriesMax = 64;

interface Looked {
  readonly table: Table;
  readonly key: TableKey;
  readonly before: EntryValues;
}

export class EntryLog {
  readonly #looked = new Map<string, Looked>();

  /** The key is laid in the table, and stays so. */
  see(table: Table, nowMs: number): void {
    const { key } = table;
    if (!key.isSet) return;
    const name = `${table.plan.name} ${keyName(key)}`;
    if (this.#looked.has(name) || this.#looked.size >= entriesMax) return;
    const own = new TableKey(key.plan);
    copyKeyOf(key, own);
    this.#looked.set(name, { table, key: own, before: valuesOf(table, nowMs) });
  }

  /** One that is held. */
  seeHeld({ table, entry }: Tracked, nowMs: number): void {
    table.copyKey(entry, table.key);
    this.see(table, nowMs);
  }

  traces(nowMs: number): EntryTrace[] {
    return [...this.#looked.values()].map(({ table, key, before }) => {
      copyKeyOf(key, table.key);
      return { table: table.plan.name, key: keyText(key), before, after: valuesOf(table, nowMs) };
    });
  }
}

/** Of the key that is laid. */
function valuesOf(table: Table, nowMs: number): EntryValues {
  if (!table.has(nowMs)) return null;
  const values: Record<string, number> = {};
  table.columns.forEach((column, index) => {
    for (let element = column.first; element < column.first + column.length; element++)
      values[cellName(column, element)] = table.read(index, element, nowMs);
  });
  return values;
}
