// A table that the nodes of a fleet share: what this node has counted lies in a table as every other (`own`), and beside it, in
// another file of the same columns, what all other nodes have (`others`), which control alone writes as it hears of them. What
// is read is both together; what is written is written to our own. Nobody waits for the network: what others did in the last
// moments is not known yet.
//
//   counts, bytes, rates, gauges   the sum
//   tags                           ours where it is set, else theirs: control lays the last value into ours when it hears of it
//   tokens                         our bucket, which control keeps as full as the one of all nodes is; where we have none, theirs if
//                                  control has heard of it, which it does of those that are empty, else a full one
//   assigning and clearing         of counts sets what is ours so that the sum is as wanted, as far as ours goes
//
// Counts are heard of who is counted here. A key that is only looked up is noted (sticktable/wishes.ts), and control asks for it.
//
// When nothing has been heard for longer than `staleMs`, the table's plan says what is read: our own counts and what was heard
// before ("open"), or that every limit is passed: counts without end, no tokens ("closed").

import type { SharePlan, TablePlan } from "../config/plan.ts";
import { type Column, isMark } from "./column.ts";
import { header } from "./sticktable/layout.ts";
import { othersPlan } from "./sticktable/othersplan.ts";
import { fillFrom, isUsedWithin, readLacking } from "./sticktable/othersrow.ts";
import { Wishes } from "./sticktable/wishes.ts";
import { StickTable } from "./sticktable.ts";
import type { EntryIndex, Table, TableEvent } from "./table.ts";
import { copyKeyOf, type TableKey } from "./tablekey.ts";

/** What was counted here so lately is told, or has just been, and heard of with that. */
const toldWithinMs = 500;
/** When to ask again for a token of a table that is closed. */
const closedWaitMs = 1000;

/** What can be read, written and explained. */
export type AnyTable = StickTable | SharedTable;

export class SharedTable implements Table {
  readonly own: StickTable;
  readonly others: StickTable;
  readonly columns: readonly Column[];
  readonly #othersWords: Int32Array;
  /** Columns of tokens. */
  readonly #buckets: readonly number[];
  /** By column: nobody tells of it but to who tells of the key himself, or asks for it. */
  readonly #isAsked: readonly boolean[];
  /** Keys to ask for. */
  readonly wishes: Wishes;

  constructor(own: StickTable, others: StickTable) {
    this.own = own;
    this.others = others;
    this.columns = own.columns;
    this.#othersWords = others.parts.memory.words;
    this.#buckets = own.columns.flatMap(({ form }, index) => (form === "tokens" ? [index] : []));
    this.#isAsked = own.columns.map((column) => column.form !== "tokens" && !isMark(column));
    const { memory, layout } = others.parts;
    this.wishes = new Wishes(memory, layout, own.key);
  }

  /** For tests, the simulator, and a single process: nothing has been heard of others. */
  static inMemory(plan: TablePlan): SharedTable {
    return new SharedTable(StickTable.inMemory(plan), StickTable.inMemory(othersPlan(plan)));
  }

  get plan(): TablePlan {
    return this.own.plan;
  }

  get key(): TableKey {
    return this.own.key;
  }

  /** Whether what is known of other nodes is too old. */
  isStale(nowMs: number): boolean {
    const heardAt = this.#othersWords[header.heardAt]!;
    return heardAt === 0 || ((nowMs - heardAt) | 0) >= this.#share.staleMs;
  }

  /** How old what is known of other nodes is; null: nothing is. */
  ageMs(nowMs: number): number | null {
    const heardAt = this.#othersWords[header.heardAt]!;
    return heardAt === 0 ? null : Math.max((nowMs - heardAt) | 0, 0);
  }

  columnOf(type: Column["type"], element: number): number {
    return this.own.columnOf(type, element);
  }

  // ---- by key ----

  has(nowMs: number): boolean {
    if (this.own.has(nowMs)) return true;
    this.#wish(nowMs);
    return this.#lay().has(nowMs);
  }

  read(column: number, element: number, nowMs: number): number {
    if (this.#isAsked[column] === true) this.#wish(nowMs);
    return this.#sum(this.own.read(column, element, nowMs), column, element, nowMs);
  }

  add(column: number, element: number, amount: number, nowMs: number): number {
    this.#begin(nowMs);
    return this.#sum(this.own.add(column, element, amount, nowMs), column, element, nowMs);
  }

  assign(column: number, element: number, value: number, nowMs: number): boolean {
    return this.own.assign(column, element, this.#ownPart(value, column, element, nowMs), nowMs);
  }

  clear(column: number, element: number, nowMs: number): number {
    const former = this.#sum(this.own.clear(column, element, nowMs), column, element, nowMs);
    // Clearing refreshes nothing, and what is not refreshed is not told.
    if (!Number.isNaN(former)) this.own.assign(column, element, this.#cleared(column), nowMs);
    return former;
  }

  take(column: number, amount: number, nowMs: number): number {
    if (this.#isClosed(nowMs)) return closedWaitMs;
    this.#begin(nowMs);
    return this.own.take(column, amount, nowMs);
  }

  // ---- held entries, which are our own ----

  track(nowMs: number, event: TableEvent | null = null): EntryIndex {
    this.#begin(nowMs);
    return this.own.track(nowMs, event);
  }

  untrack(entry: EntryIndex, nowMs: number): void {
    this.own.untrack(entry, nowMs);
  }

  readOf(entry: EntryIndex, column: number, element: number, nowMs: number): number {
    return this.#sumOf(entry, this.own.readOf(entry, column, element, nowMs), column, element, nowMs);
  }

  addTo(entry: EntryIndex, column: number, element: number, amount: number, nowMs: number): number {
    return this.#sumOf(entry, this.own.addTo(entry, column, element, amount, nowMs), column, element, nowMs);
  }

  assignTo(entry: EntryIndex, column: number, element: number, value: number, nowMs: number): void {
    this.own.copyKey(entry, this.others.key);
    const part = Math.max(value - this.#theirs(column, element, nowMs), 0);
    this.own.assignTo(entry, column, element, part, nowMs);
  }

  clearOf(entry: EntryIndex, column: number, element: number, nowMs: number): number {
    const former = this.own.clearOf(entry, column, element, nowMs);
    if (!Number.isNaN(former)) this.own.assignTo(entry, column, element, this.#cleared(column), nowMs);
    return this.#sumOf(entry, former, column, element, nowMs);
  }

  takeOf(entry: EntryIndex, column: number, amount: number, nowMs: number): number {
    return this.#isClosed(nowMs) ? closedWaitMs : this.own.takeOf(entry, column, amount, nowMs);
  }

  note(entry: EntryIndex, event: TableEvent, amount: number, nowMs: number): void {
    this.own.note(entry, event, amount, nowMs);
  }

  isSame(one: EntryIndex, other: EntryIndex): boolean {
    return this.own.isSame(one, other);
  }

  copyKey(entry: EntryIndex, into: TableKey): void {
    this.own.copyKey(entry, into);
  }

  get successor(): Table | null {
    return this.own.successor;
  }

  heirOf(entry: EntryIndex): EntryIndex {
    return this.own.heirOf(entry);
  }

  // ---- sums ----

  #sum(own: number, column: number, element: number, nowMs: number): number {
    if (Number.isNaN(own)) return own;
    this.#lay();
    return this.#together(own, column, element, nowMs);
  }

  #sumOf(entry: EntryIndex, own: number, column: number, element: number, nowMs: number): number {
    if (Number.isNaN(own)) return own;
    this.own.copyKey(entry, this.others.key);
    return this.#together(own, column, element, nowMs);
  }

  /** Of the key that is laid in `others`. */
  #together(own: number, column: number, element: number, nowMs: number): number {
    const { form } = this.columns[column]!;
    if (form === "tag") return own !== 0 ? own : this.others.read(column, element, nowMs);
    if (this.#isClosed(nowMs)) return form === "tokens" ? 0 : Number.POSITIVE_INFINITY;
    return own + this.#theirs(column, element, nowMs);
  }

  /** What adds up to ours; of the key that is laid in `others`. */
  #theirs(column: number, element: number, nowMs: number): number {
    const { form } = this.columns[column]!;
    return form === "tag" || form === "tokens" ? 0 : this.others.read(column, element, nowMs);
  }

  #ownPart(value: number, column: number, element: number, nowMs: number): number {
    if (!this.key.isSet) return value;
    this.#lay();
    return Math.max(value - this.#theirs(column, element, nowMs), 0);
  }

  /** A client that this node does not know finds its buckets as all nodes have left them. */
  #begin(nowMs: number): void {
    if (this.#buckets.length === 0 || !this.key.isSet || this.own.has(nowMs)) return;
    this.#lay();
    for (const column of this.#buckets) {
      const lacking = readLacking(this.others, column, this.columns[column]!, nowMs);
      if (lacking > 0) fillFrom(this.own, column, lacking, nowMs);
    }
  }

  /** Of a key that is not counted here nothing is told, and so nothing is heard, unless control asks for it. */
  #wish(nowMs: number): void {
    const { key, wishes } = this;
    if (!key.isSet || !wishes.isDue(key, nowMs)) return;
    if (!isUsedWithin(this.own, toldWithinMs, nowMs)) wishes.note(key);
  }

  #cleared(column: number): number {
    const { form, burst } = this.columns[column]!;
    return form === "tokens" ? burst : 0;
  }

  #isClosed(nowMs: number): boolean {
    return this.#share.whenStale === "closed" && this.isStale(nowMs);
  }

  #lay(): StickTable {
    copyKeyOf(this.own.key, this.others.key);
    return this.others;
  }

  get #share(): SharePlan {
    return this.own.plan.share!;
  }
}
