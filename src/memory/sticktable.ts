// A table of counters by key in a file that control and all workers map (sticklayout.ts draws it): table.ts' words, done at once
// for everybody, in memory that outlives the processes. It knows no files, clocks or processes: the mapped bytes, the times and
// the `Owner` come in. Strategy: each call opens the shard of its entry (stickjournal.ts: lock and journal), so that it is done
// as a whole or not at all; nothing is allocated. Where a shard cannot be had because a process that lives does not let go of
// it, the call answers as if there were no room.

import { assert } from "../base/assert.ts";
import type { TablePlan } from "../config/plan.ts";
import type { Column } from "./column.ts";
import { addToCell, assignCell, cellOffset, clearCell, isOneWord, readCell, takeFromCell } from "./stickcells.ts";
import { StickFinder } from "./stickfinder.ts";
import { StickHolds } from "./stickholds.ts";
import { StickJournal } from "./stickjournal.ts";
import { relay } from "./stickkey.ts";
import {
  bytesOf,
  entryWord,
  formatTable,
  header,
  isTableOf,
  layoutOf,
  roomOf,
  type StickLayout,
  shapeOf,
  shardWord,
  shardWords,
  smallRoom,
} from "./sticklayout.ts";
import { type Owner, StickOwners } from "./stickowners.ts";
import { StickShards } from "./stickshards.ts";
import { StickWords } from "./stickwords.ts";
import type { EntryIndex, Table, TableEvent } from "./table.ts";
import { TableKey } from "./tablekey.ts";

export interface StickFigures {
  readonly capacity: number;
  /** Entries that are there, expired ones that were not swept yet among them. */
  readonly used: number;
  /** Entries that made room before their time, and new ones that found none. */
  readonly evictions: number;
  readonly refusals: number;
  /** Calls that gave up waiting for a process that lives. */
  readonly timeouts: number;
}

/** What a table is made of. */
export interface StickParts {
  readonly layout: StickLayout;
  readonly journal: StickJournal;
  readonly shards: StickShards;
  readonly finder: StickFinder;
  readonly memory: StickWords;
}

const eventTypes: Record<TableEvent, readonly Column["type"][]> = {
  session: ["sess_cnt", "sess_rate"],
  request: ["http_req_cnt", "http_req_rate"],
  error: ["http_err_cnt", "http_err_rate"],
  failure: ["http_fail_cnt", "http_fail_rate"],
  bytesIn: ["bytes_in_cnt", "bytes_in_rate"],
  bytesOut: ["bytes_out_cnt", "bytes_out_rate"],
};

export class StickTable implements Table {
  #plan: TablePlan;
  readonly columns: readonly Column[];
  readonly key: TableKey;
  /** For the files beside this one. */
  readonly parts: StickParts;
  readonly #words: Int32Array;
  readonly #layout: StickLayout;
  readonly #journal: StickJournal;
  readonly #shards: StickShards;
  readonly #holds: StickHolds;
  readonly #finder: StickFinder;
  /** Of each event, the columns that count it. */
  readonly #counting: Readonly<Record<TableEvent, readonly number[]>>;
  readonly #tracking: readonly number[];
  /** conn_cur; -1 without. */
  readonly #gauge: number;
  #sweepNext = 0;
  /** Holds that could not be let go of when it was their time. */
  readonly #late: number[] = [];

  /** The bytes have been formatted (sticklayout.ts). Throws when too many processes have the table open. `memory` is for tests. */
  constructor(bytes: Uint8Array, plan: TablePlan, owner: Owner, memory: StickWords = new StickWords(bytes)) {
    assert(isTableOf(bytes, plan), `these bytes are no table ${plan.name}`);
    this.#plan = plan;
    this.#words = memory.words;
    this.#layout = layoutOf(plan, roomOf(memory.words));
    this.columns = this.#layout.columns;
    this.key = new TableKey(plan.key);
    const owners = new StickOwners(memory, this.#layout, owner);
    if (!owners.claim()) throw new Error(`table ${plan.name}: too many processes have it open`);
    this.#journal = new StickJournal(memory, owners);
    const { expireMs, isEvicting } = plan;
    const seed = this.#words[header.seed]!;
    this.#shards = new StickShards(memory, this.#layout, this.#journal, { seed, expireMs, isEvicting });
    this.#holds = new StickHolds(memory, owners, this.#journal, this.#shards);
    this.#finder = new StickFinder(this.key, this.#layout, this.#shards);
    this.parts = { layout: this.#layout, journal: this.#journal, shards: this.#shards, finder: this.#finder, memory };
    this.#counting = {
      session: this.#indicesOf(eventTypes.session),
      request: this.#indicesOf(eventTypes.request),
      error: this.#indicesOf(eventTypes.error),
      failure: this.#indicesOf(eventTypes.failure),
      bytesIn: this.#indicesOf(eventTypes.bytesIn),
      bytesOut: this.#indicesOf(eventTypes.bytesOut),
    };
    this.#tracking = this.#indicesOf(["conn_cnt", "conn_rate", "conn_cur"]);
    this.#gauge = this.#indicesOf(["conn_cur"])[0] ?? -1;
  }

  get plan(): TablePlan {
    return this.#plan;
  }

  /** A plan of the same shape: how long entries live, and what happens when the table is full, may be another. */
  adopt(plan: TablePlan): void {
    assert(shapeOf(plan) === shapeOf(this.#plan), `table ${plan.name} has another shape`);
    this.#plan = plan;
    this.#shards.adopt(plan);
  }

  /** For tests, the simulator, and a single process. */
  static inMemory(plan: TablePlan): StickTable {
    const bytes = new Uint8Array(bytesOf(layoutOf(plan, smallRoom)));
    formatTable(bytes, plan, 1, smallRoom);
    return new StickTable(bytes, plan, { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} });
  }

  columnOf(type: Column["type"], element: number): number {
    return this.columns.findIndex((column) => column.type === type && cellOffset(column, element) >= 0);
  }

  // ---- by key ----

  has(nowMs: number): boolean {
    if (this.#finder.find(nowMs | 0) === 0) return false;
    this.#shards.close();
    return true;
  }

  read(column: number, element: number, nowMs: number): number {
    if (!this.key.isSet) return Number.NaN;
    const entry = this.#finder.find(nowMs | 0);
    if (entry === 0) return 0;
    const value = this.#read(entry, column, element, nowMs | 0);
    this.#shards.close();
    return value;
  }

  add(column: number, element: number, amount: number, nowMs: number): number {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return Number.NaN;
    return this.#add(entry, column, element, amount, nowMs | 0);
  }

  assign(column: number, element: number, value: number, nowMs: number): boolean {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return false;
    this.#assign(entry, column, element, value, nowMs | 0);
    return true;
  }

  clear(column: number, element: number, nowMs: number): number {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return Number.NaN;
    return this.#clear(entry, column, element, nowMs | 0);
  }

  take(column: number, amount: number, nowMs: number): number {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return 0;
    return this.#take(entry, column, amount, nowMs | 0);
  }

  // ---- held entries ----

  track(nowMs: number): EntryIndex {
    const now = nowMs | 0;
    const entry = this.#finder.enter(now);
    if (entry === 0) return 0;
    const hold = this.#holds.take(entry);
    if (hold === 0) {
      this.#shards.close();
      return 0;
    }
    this.#journal.set(entry + entryWord.flags, this.#words[entry + entryWord.flags]! + 1);
    this.#count(entry, this.#tracking, 1, now);
    this.#shards.refresh(entry, now);
    this.#journal.commitAndUnlock();
    return hold;
  }

  untrack(hold: EntryIndex, nowMs: number): void {
    if (hold === 0) return;
    while (this.#late.length > 0 && this.#letGo(this.#late.at(-1)!, nowMs | 0)) this.#late.pop();
    if (!this.#letGo(hold, nowMs | 0)) this.#late.push(hold);
  }

  readOf(hold: EntryIndex, column: number, element: number, nowMs: number): number {
    const entry = this.#heldEntry(hold);
    if (entry === 0) return Number.NaN;
    if (isOneWord(this.columns[column]!)) return this.#read(entry, column, element, nowMs | 0);
    if (!this.#shards.open(this.#shards.shardOf(entry))) return Number.NaN;
    const value = this.#read(entry, column, element, nowMs | 0);
    this.#shards.close();
    return value;
  }

  addTo(hold: EntryIndex, column: number, element: number, amount: number, nowMs: number): number {
    const entry = this.#openHeld(hold);
    return entry === 0 ? Number.NaN : this.#add(entry, column, element, amount, nowMs | 0);
  }

  assignTo(hold: EntryIndex, column: number, element: number, value: number, nowMs: number): void {
    const entry = this.#openHeld(hold);
    if (entry !== 0) this.#assign(entry, column, element, value, nowMs | 0);
  }

  clearOf(hold: EntryIndex, column: number, element: number, nowMs: number): number {
    const entry = this.#openHeld(hold);
    return entry === 0 ? Number.NaN : this.#clear(entry, column, element, nowMs | 0);
  }

  takeOf(hold: EntryIndex, column: number, amount: number, nowMs: number): number {
    const entry = this.#openHeld(hold);
    return entry === 0 ? 0 : this.#take(entry, column, amount, nowMs | 0);
  }

  note(hold: EntryIndex, event: TableEvent, amount: number, nowMs: number): void {
    const columns = this.#counting[event];
    if (columns.length === 0) return;
    const entry = this.#openHeld(hold);
    if (entry === 0) return;
    this.#count(entry, columns, amount, nowMs | 0);
    this.#shards.refresh(entry, nowMs | 0);
    this.#journal.commitAndUnlock();
  }

  isSame(one: EntryIndex, other: EntryIndex): boolean {
    return one === other || (one !== 0 && other !== 0 && this.#heldEntry(one) === this.#heldEntry(other));
  }

  copyKey(hold: EntryIndex, into: TableKey): void {
    const entry = this.#heldEntry(hold);
    if (entry === 0) into.unset();
    else relay(this.plan.key, this.#words, entry + entryWord.key, this.#shards.isIPv4(entry), into);
  }

  // ---- for control ----

  /** Frees what has expired, looking at so many entries at most. Answers how many it looked at: fewer when there is no more. */
  sweep(nowMs: number, entriesMax: number): number {
    let looks = 0;
    for (let count = 0; count < this.#layout.shards && looks < entriesMax; count++) {
      looks += Math.max(this.#shards.sweep(this.#sweepNext, nowMs | 0, entriesMax - looks), 0);
      if (looks < entriesMax) this.#sweepNext = (this.#sweepNext + 1) % this.#layout.shards;
    }
    return looks;
  }

  /** Lets go of what dead processes held and were doing. Answers how many such processes there were. */
  recover(): number {
    return this.#holds.recover((entry) => this.#drop(entry));
  }

  /** Lets go of all that is held here. Nothing may be asked of the table any more. */
  close(): void {
    this.#holds.close((entry) => this.#drop(entry));
  }

  figures(): StickFigures {
    const sum = (word: number): number => {
      let total = 0;
      for (let shard = 0; shard < this.#layout.shards; shard++)
        total += this.#words[this.#layout.shardsAt + shard * shardWords + word]! >>> 0;
      return total;
    };
    return {
      capacity: this.#layout.share * this.#layout.shards,
      used: sum(shardWord.used),
      evictions: sum(shardWord.evictions),
      refusals: sum(shardWord.refusals),
      timeouts: this.#words[header.timeouts]! >>> 0,
    };
  }

  // ---- entries ----

  #heldEntry(hold: number): number {
    if (hold === 0) return 0;
    const entry = this.#holds.entryOf(hold);
    assert(entry > 0, `table ${this.plan.name}: ${hold} is not held`);
    return entry;
  }

  #openHeld(hold: number): number {
    const entry = this.#heldEntry(hold);
    return entry !== 0 && this.#shards.open(this.#shards.shardOf(entry)) ? entry : 0;
  }

  #letGo(hold: number, now: number): boolean {
    const entry = this.#openHeld(hold);
    if (entry === 0) return false;
    this.#holds.release(hold);
    this.#drop(entry);
    if (this.#gauge !== -1) this.#shards.refresh(entry, now);
    this.#journal.commitAndUnlock();
    return true;
  }

  /** What an entry loses with a hold. */
  #drop(entry: number): void {
    const words = this.#words;
    this.#journal.set(entry + entryWord.flags, words[entry + entryWord.flags]! - 1);
    if (this.#gauge === -1) return;
    const at = entry + this.#layout.columnAt[this.#gauge]!;
    if (words[at] !== 0) this.#journal.set(at, words[at]! - 1);
  }

  // ---- cells of an open entry; what changes ends with the shard closed ----

  #cell(entry: number, column: number, element: number): number {
    const offset = cellOffset(this.columns[column]!, element);
    return offset === -1 ? -1 : entry + this.#layout.columnAt[column]! + offset;
  }

  #read(entry: number, column: number, element: number, now: number): number {
    const at = this.#cell(entry, column, element);
    return at === -1 ? Number.NaN : readCell(this.#words, at, this.columns[column]!, now);
  }

  #add(entry: number, column: number, element: number, amount: number, now: number): number {
    const at = this.#cell(entry, column, element);
    let value = Number.NaN;
    if (at !== -1) {
      value = addToCell(this.#journal, at, this.columns[column]!, amount, now);
      if (this.columns[column]!.type === "gpc") this.#addToRateOf(entry, element, amount, now);
      this.#shards.refresh(entry, now);
    }
    this.#journal.commitAndUnlock();
    return value;
  }

  #addToRateOf(entry: number, element: number, amount: number, now: number): void {
    for (let column = 0; column < this.columns.length; column++) {
      if (this.columns[column]!.type !== "gpc_rate") continue;
      const at = this.#cell(entry, column, element);
      if (at !== -1) addToCell(this.#journal, at, this.columns[column]!, amount, now);
    }
  }

  #assign(entry: number, column: number, element: number, value: number, now: number): void {
    const at = this.#cell(entry, column, element);
    if (at !== -1) {
      assignCell(this.#journal, at, this.columns[column]!, value, now);
      this.#shards.refresh(entry, now);
    }
    this.#journal.commitAndUnlock();
  }

  #clear(entry: number, column: number, element: number, now: number): number {
    const at = this.#cell(entry, column, element);
    const value = this.#read(entry, column, element, now);
    if (at !== -1) clearCell(this.#journal, at, this.columns[column]!);
    this.#journal.commitAndUnlock();
    return value;
  }

  #take(entry: number, column: number, amount: number, now: number): number {
    const at = entry + this.#layout.columnAt[column]!;
    const waitMs = takeFromCell(this.#journal, at, this.columns[column]!, amount, now);
    this.#shards.refresh(entry, now);
    this.#journal.commitAndUnlock();
    return waitMs;
  }

  #count(entry: number, columns: readonly number[], amount: number, now: number): void {
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      const at = entry + this.#layout.columnAt[column]!;
      addToCell(this.#journal, at, this.columns[column]!, amount, now);
    }
  }

  #indicesOf(types: readonly Column["type"][]): readonly number[] {
    return this.columns.flatMap((column, index) => (types.includes(column.type) ? [index] : []));
  }
}
