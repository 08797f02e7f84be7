// A table that nodes share as operators see it: beside what this node has counted, what all nodes have, and the entries that only
// others have. It reads what workers read, whatever they make of news that is stale. Of others is known what was heard: of
// entries that are met here a moment ago, of those with marks likewise, of the rest nothing.

import { cellName } from "../../memory/column.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import { listRows, type Page, rowOfKey, type TableRow } from "../../memory/sticktable/rows.ts";
import { copyKeyOf } from "../../memory/tablekey.ts";
import { layListed } from "./keytext.ts";

export class FleetView {
  readonly #shared: SharedTable;

  constructor(shared: SharedTable) {
    this.#shared = shared;
  }

  /** By names, of all nodes together; `own`: what we have of that key, as a listing told it. */
  sums({ key, values }: TableRow, nowMs: number): Record<string, number> {
    const { others, columns } = this.#shared;
    layListed(key, others.key);
    const theirs = rowOfKey(others, nowMs)?.values ?? {};
    const sums: Record<string, number> = {};
    for (const column of columns)
      for (let element = column.first; element < column.first + column.length; element++) {
        const name = cellName(column, element);
        sums[name] = together(column.form, values[name] ?? 0, theirs[name] ?? 0);
      }
    return sums;
  }

  /** Of one number of it. */
  sum(key: string, column: number, element: number, own: number, nowMs: number): number {
    const { others, columns } = this.#shared;
    layListed(key, others.key);
    return together(columns[column]!.form, own, others.read(column, element, nowMs));
  }

  /** Of the key that is laid in the table, where only others have it: with nothing of ours in it. */
  rowOfOthers(nowMs: number): TableRow | null {
    copyKeyOf(this.#shared.key, this.#shared.others.key);
    const row = rowOfKey(this.#shared.others, nowMs);
    return row === null ? null : withNothing(row);
  }

  /** Entries that only others have, likewise. */
  listOthers(nowMs: number, from: { cursor: number; rowsMax: number; looksMax: number }): Page {
    const { own, others } = this.#shared;
    const { rows, cursor } = listRows(others, nowMs, from);
    const only = rows.filter(({ key }) => {
      layListed(key, own.key);
      return !own.has(nowMs);
    });
    return { rows: only.map(withNothing), cursor };
  }
}

function together(form: string, own: number, theirs: number): number {
  if (form === "tokens") return own;
  if (form === "tag") return own !== 0 ? own : theirs;
  return own + theirs;
}

function withNothing({ key, expiresInMs, values }: TableRow): TableRow {
  return { key, refs: 0, expiresInMs, values: Object.fromEntries(Object.keys(values).map((name) => [name, 0])) };
}
