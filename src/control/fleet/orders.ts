// What an operator changes in a shared table, on all nodes. To set a count or to clear an entry each node sets what is its own: the one
// that was asked to what is wanted, all others to nothing; and the ledger forgets the entry, for it has parts of nodes that are gone too.
// What a node told the ledger before that counts as never told (Exchange.forget); what it told after, and before it knew, it takes
// back by telling less: so an entry is set to nothing and not removed, or it would not know. Tags have one value, the last: they need no order.

import type { Column } from "../../memory/column.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import { removeOthers } from "../../memory/sticktable/othersrow.ts";
import { listRows, removeAll } from "../../memory/sticktable/rows.ts";
import { keyName, layKeyName } from "../../memory/tablekey.ts";
import { layListed } from "../table/keytext.ts";

/** Numbers to be set, by the name of their column and element. */
export interface Setting {
  readonly column: number;
  readonly element: number;
  readonly value: number;
}

export interface Order {
  readonly table: string;
  readonly node: string;
  /** As keyName writes them; null: all there are. */
  readonly keys: readonly string[] | null;
  /** Columns and elements of which others have nothing any more; null: all. */
  readonly cells: readonly (readonly [number, number])[] | null;
}

/** Keys of one order. */
export const orderKeysMax = 500;

/** An order as Redis keeps it. */
export interface GivenOrder {
  /** When the ledger forgot what it is about, by its clock. */
  readonly atMs: number;
  readonly order: Order;
}

/** Null for what is none. */
export function orderOf(text: string): GivenOrder | null {
  const [, atMs, json = ""] = /^\d+ (\d+) (.*)$/s.exec(text) ?? [];
  try {
    const { table, node, keys, cells } = JSON.parse(json) as Partial<Order>;
    const isKeys = keys === null || (Array.isArray(keys) && keys.every((key) => typeof key === "string"));
    const isCells =
      cells === null ||
      (Array.isArray(cells) && cells.every((cell) => Array.isArray(cell) && cell.every(Number.isInteger)));
    if (typeof table !== "string" || typeof node !== "string" || keys === undefined || cells === undefined) return null;
    return isKeys && isCells ? { atMs: Number(atMs), order: { table, node, keys, cells } } : null;
  } catch {
    return null;
  }
}

/** Of a key that is laid in the table: what all nodes read is this, as soon as they have carried out the order, if it needs one. */
export function setShared(
  shared: SharedTable,
  settings: readonly Setting[],
  node: string,
  nowMs: number,
): Order | null | "full" {
  const { own, key } = shared;
  const name = keyName(key);
  for (const { column, element, value } of settings) {
    if (!own.assign(column, element, value, nowMs)) return "full";
    layKeyName(name, key);
  }
  const cells = settings
    .filter(({ column }) => addsUp(shared.columns[column]!))
    .map(({ column, element }) => [column, element] as const);
  if (cells.length === 0) return null;
  removeOthers(shared.others, name, nowMs);
  return { table: shared.plan.name, node, keys: [name], cells };
}

/** What an order wants of a node, also of the one that it comes from where nothing is to be set. */
export function carryOut(shared: SharedTable, { keys, cells }: Order, nowMs: number): void {
  if (keys === null) removeAll(shared.others);
  for (const key of keys ?? keysIn(shared, nowMs)) {
    if (keys !== null) removeOthers(shared.others, key, nowMs);
    layKeyName(key, shared.key);
    if (shared.key.isSet) empty(shared, cells, nowMs);
  }
}

/** Of all entries of this node, as keyName writes them. */
export function keysIn({ own }: SharedTable, nowMs: number): string[] {
  const everything = { cursor: 0, rowsMax: Number.POSITIVE_INFINITY, looksMax: Number.POSITIVE_INFINITY };
  return listRows(own, nowMs, everything).rows.map(({ key }) => {
    layListed(key, own.key);
    return keyName(own.key);
  });
}

/** The entry of the key that is laid, where there is one. */
function empty({ own, columns }: SharedTable, cells: Order["cells"], nowMs: number): void {
  const name = keyName(own.key);
  if (!own.has(nowMs)) return;
  columns.forEach((each, column) => {
    if (each.form === "gauge") return;
    for (let element = each.first; element < each.first + each.length; element++) {
      if (cells !== null && !cells.some(([one, two]) => one === column && two === element)) continue;
      layKeyName(name, own.key);
      own.assign(column, element, each.form === "tokens" ? each.burst : 0, nowMs);
    }
  });
}

function addsUp({ form }: Column): boolean {
  return form === "count" || form === "bytes" || form === "rate";
}
