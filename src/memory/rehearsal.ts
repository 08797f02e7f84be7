// A table as it would become: what is read stands in a table that is in use, what is written stays here. An explanation plays its
// request with such tables, so that it counts, tracks and takes tokens as that request would, and nobody is counted by it. It
// is for one moment and a few keys: an entry is copied when its key is first asked for, and its original is looked at no more. Of a
// table that nodes share both parts are copied, and how old the news of the others is.

import type { TablePlan } from "../config/plan.ts";
import type { Column } from "./column.ts";
import { type AnyTable, SharedTable } from "./sharedtable.ts";
import { noteHeard } from "./sticktable/othersrow.ts";
import { copyRow } from "./sticktable/rows.ts";
import { StickTable } from "./sticktable.ts";
import type { EntryIndex, Table, TableEvent } from "./table.ts";
import { copyKeyOf, keyName, type TableKey } from "./tablekey.ts";

/** More keys than one connection and its request can name. */
const entriesMax = 1024;

export class Rehearsal implements Table {
  readonly successor: Table | null = null;
  readonly plan: TablePlan;
  readonly columns: readonly Column[];
  readonly #actual: AnyTable;
  readonly #copy: AnyTable;
  readonly #fetched = new Set<string>();

  constructor(actual: AnyTable) {
    this.plan = actual.plan;
    this.columns = actual.columns;
    this.#actual = actual;
    const plan = { ...actual.plan, entriesMax };
    this.#copy = actual instanceof SharedTable ? SharedTable.inMemory(plan) : StickTable.inMemory(plan);
  }

  get key(): TableKey {
    return this.#copy.key;
  }

  columnOf(type: Column["type"], element: number): number {
    return this.#actual.columnOf(type, element);
  }

  has(nowMs: number): boolean {
    this.#fetch(nowMs);
    return this.#copy.has(nowMs);
  }

  read(column: number, element: number, nowMs: number): number {
    this.#fetch(nowMs);
    return this.#copy.read(column, element, nowMs);
  }

  add(column: number, element: number, amount: number, nowMs: number): number {
    return this.#canEnter(nowMs) ? this.#copy.add(column, element, amount, nowMs) : Number.NaN;
  }

  assign(column: number, element: number, value: number, nowMs: number): boolean {
    return this.#canEnter(nowMs) && this.#copy.assign(column, element, value, nowMs);
  }

  clear(column: number, element: number, nowMs: number): number {
    return this.#canEnter(nowMs) ? this.#copy.clear(column, element, nowMs) : Number.NaN;
  }

  take(column: number, amount: number, nowMs: number): number {
    return this.#canEnter(nowMs) ? this.#copy.take(column, amount, nowMs) : 0;
  }

  track(nowMs: number, event: TableEvent | null = null): EntryIndex {
    return this.#canEnter(nowMs) ? this.#copy.track(nowMs, event) : 0;
  }

  untrack(entry: EntryIndex, nowMs: number): void {
    this.#copy.untrack(entry, nowMs);
  }

  readOf(entry: EntryIndex, column: number, element: number, nowMs: number): number {
    return this.#copy.readOf(entry, column, element, nowMs);
  }

  addTo(entry: EntryIndex, column: number, element: number, amount: number, nowMs: number): number {
    return this.#copy.addTo(entry, column, element, amount, nowMs);
  }

  assignTo(entry: EntryIndex, column: number, element: number, value: number, nowMs: number): void {
    this.#copy.assignTo(entry, column, element, value, nowMs);
  }

  clearOf(entry: EntryIndex, column: number, element: number, nowMs: number): number {
    return this.#copy.clearOf(entry, column, element, nowMs);
  }

  takeOf(entry: EntryIndex, column: number, amount: number, nowMs: number): number {
    return this.#copy.takeOf(entry, column, amount, nowMs);
  }

  note(entry: EntryIndex, event: TableEvent, amount: number, nowMs: number): void {
    this.#copy.note(entry, event, amount, nowMs);
  }

  isSame(one: EntryIndex, other: EntryIndex): boolean {
    return this.#copy.isSame(one, other);
  }

  heirOf(): EntryIndex {
    return 0;
  }

  copyKey(entry: EntryIndex, into: TableKey): void {
    this.#copy.copyKey(entry, into);
  }

  /** Whether there is an entry, or the table in use would take one more. */
  #canEnter(nowMs: number): boolean {
    this.#fetch(nowMs);
    if (this.plan.isEvicting || this.#copy.has(nowMs)) return true;
    const { used, capacity } = (this.#actual instanceof SharedTable ? this.#actual.own : this.#actual).figures();
    return used < capacity;
  }

  /** The entry of the key that is laid, as it is in use. */
  #fetch(nowMs: number): void {
    const { key } = this.#copy;
    if (!key.isSet) return;
    const name = keyName(key);
    if (this.#fetched.has(name)) return;
    this.#fetched.add(name);
    const [actual, copy] = [this.#actual, this.#copy];
    if (!(actual instanceof SharedTable && copy instanceof SharedTable)) {
      copyKeyOf(key, actual.key);
      copyRow(actual as StickTable, copy as StickTable, nowMs);
      return;
    }
    copyKeyOf(key, actual.own.key);
    copyKeyOf(key, actual.others.key);
    copyRow(actual.own, copy.own, nowMs);
    copyRow(actual.others, copy.others, nowMs);
    const ageMs = actual.ageMs(nowMs);
    if (ageMs !== null) noteHeard(copy.others, nowMs - ageMs);
  }
}
