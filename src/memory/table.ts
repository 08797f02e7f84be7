// What everybody may do with a table of counters, whoever holds its memory: sticktable.ts has it in a file that all processes
// map; an explanation has a view that writes nothing. Semantics are HAProxy's (its stick tables), told at each word here. A key
// is laid into `key` first; the call that follows uses it. All times are `Port.sharedMs`: milliseconds modulo 2^32.
//
// Who may do what: any process reads and writes any entry at any time, and no call waits for another longer than that takes.
// An entry that is held (tracked) is neither evicted nor expired until the last who holds it lets go.

import type { TablePlan } from "../config/plan.ts";
import type { Column } from "./column.ts";
import type { TableKey } from "./tablekey.ts";

/** What happens to a client, as counters see it: each adds to every column of its table that counts such things. */
export type TableEvent = "session" | "request" | "error" | "failure" | "bytesIn" | "bytesOut";

/** An entry that is held; 0 is none. Valid from `track` to `untrack`. Two holds of one entry have two numbers (`isSame`). */
export type EntryIndex = number;

/** What a read answers: counts, rates, tags and ids as they are, bytes as bytes, tokens as how many are left. */
export interface Table {
  readonly plan: TablePlan;
  readonly columns: readonly Column[];
  /** Of the next call that says so. */
  readonly key: TableKey;
  /** Index into `columns` of the one that holds this element, -1 when none does. `gpc0` is element 0 of gpc. */
  columnOf(type: Column["type"], element: number): number;

  // ---- by key: never hold ----

  /** Neither creates nor refreshes. */
  has(nowMs: number): boolean;
  /** 0 without an entry; NaN where the key could not be laid (TableKey.isSet). Neither creates nor refreshes. */
  read(column: number, element: number, nowMs: number): number;
  /** Creates and refreshes. Answers the new value; NaN without room. On `gpc` it adds to the rate of the same element too. */
  add(column: number, element: number, amount: number, nowMs: number): number;
  /** Creates and refreshes. False without room. */
  assign(column: number, element: number, value: number, nowMs: number): boolean;
  /** Creates, and sets to 0. Answers the former value; NaN without room. */
  clear(column: number, element: number, nowMs: number): number;
  /** Take so many tokens: 0 when they were there, otherwise how many ms until they will be, and none is taken. Without room 0. */
  take(column: number, amount: number, nowMs: number): number;

  // ---- held entries ----

  /** Create or find, hold, refresh; counts as a connection (conn_cnt, conn_rate, conn_cur), and as `event` too. 0 without room. */
  track(nowMs: number, event?: TableEvent | null): EntryIndex;
  /** Let go; conn_cur falls, which refreshes where it is stored. */
  untrack(entry: EntryIndex, nowMs: number): void;
  readOf(entry: EntryIndex, column: number, element: number, nowMs: number): number;
  addTo(entry: EntryIndex, column: number, element: number, amount: number, nowMs: number): number;
  assignTo(entry: EntryIndex, column: number, element: number, value: number, nowMs: number): void;
  clearOf(entry: EntryIndex, column: number, element: number, nowMs: number): number;
  takeOf(entry: EntryIndex, column: number, amount: number, nowMs: number): number;
  /** Add `amount` to every column that counts such an event, and refresh when there is one. */
  note(entry: EntryIndex, event: TableEvent, amount: number, nowMs: number): void;
  /** Whether two holds are of one entry. */
  isSame(one: EntryIndex, other: EntryIndex): boolean;
  /** Lay the key of a held entry into another table's `key`; what cannot be one there is left unset. */
  copyKey(entry: EntryIndex, into: TableKey): void;

  // ---- when a reload has given the table another shape ----

  /** The table that has taken over all that was held here, and is to be told of it from then on; null: this one is in use. */
  readonly successor: Table | null;
  /** What is there now what was held here; to be asked for once. 0: it found no room there. */
  heirOf(entry: EntryIndex): EntryIndex;
}
