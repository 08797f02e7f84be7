// A table that somebody watches: everything goes on to the table itself, and each entry that is asked for is told of first, with
// its key laid. For traces.

import type { Column } from "../memory/column.ts";
import type { EntryIndex, Table, TableEvent } from "../memory/table.ts";
import type { TableKey } from "../memory/tablekey.ts";

/** Told before a call that goes by the key that is laid in `table.key`. */
export type Seen = (table: Table, nowMs: number) => void;

export class Witness implements Table {
  /** The one that is watched. */
  readonly table: Table;
  readonly #seen: Seen;

  constructor(table: Table, seen: Seen) {
    this.table = table;
    this.#seen = seen;
  }

  get plan(): Table["plan"] {
    return this.table.plan;
  }

  get columns(): readonly Column[] {
    return this.table.columns;
  }

  get key(): TableKey {
    return this.table.key;
  }

  columnOf(type: Column["type"], element: number): number {
    return this.table.columnOf(type, element);
  }

  has(nowMs: number): boolean {
    this.#seen(this.table, nowMs);
    return this.table.has(nowMs);
  }

  read(column: number, element: number, nowMs: number): number {
    this.#seen(this.table, nowMs);
    return this.table.read(column, element, nowMs);
  }

  add(column: number, element: number, amount: number, nowMs: number): number {
    this.#seen(this.table, nowMs);
    return this.table.add(column, element, amount, nowMs);
  }

  assign(column: number, element: number, value: number, nowMs: number): boolean {
    this.#seen(this.table, nowMs);
    return this.table.assign(column, element, value, nowMs);
  }

  clear(column: number, element: number, nowMs: number): number {
    this.#seen(this.table, nowMs);
    return this.table.clear(column, element, nowMs);
  }

  take(column: number, amount: number, nowMs: number): number {
    this.#seen(this.table, nowMs);
    return this.table.take(column, amount, nowMs);
  }

  track(nowMs: number, event: TableEvent | null = null): EntryIndex {
    this.#seen(this.table, nowMs);
    return this.table.track(nowMs, event);
  }

  untrack(entry: EntryIndex, nowMs: number): void {
    this.table.untrack(entry, nowMs);
  }

  readOf(entry: EntryIndex, column: number, element: number, nowMs: number): number {
    return this.table.readOf(entry, column, element, nowMs);
  }

  addTo(entry: EntryIndex, column: number, element: number, amount: number, nowMs: number): number {
    return this.table.addTo(entry, column, element, amount, nowMs);
  }

  assignTo(entry: EntryIndex, column: number, element: number, value: number, nowMs: number): void {
    this.table.assignTo(entry, column, element, value, nowMs);
  }

  clearOf(entry: EntryIndex, column: number, element: number, nowMs: number): number {
    return this.table.clearOf(entry, column, element, nowMs);
  }

  takeOf(entry: EntryIndex, column: number, amount: number, nowMs: number): number {
    return this.table.takeOf(entry, column, amount, nowMs);
  }

  note(entry: EntryIndex, event: TableEvent, amount: number, nowMs: number): void {
    this.table.note(entry, event, amount, nowMs);
  }

  isSame(one: EntryIndex, other: EntryIndex): boolean {
    return this.table.isSame(one, other);
  }

  copyKey(entry: EntryIndex, into: TableKey): void {
    this.table.copyKey(entry, into);
  }

  get successor(): Table | null {
    return this.table.successor;
  }

  heirOf(entry: EntryIndex): EntryIndex {
    return this.table.heirOf(entry);
  }
}
