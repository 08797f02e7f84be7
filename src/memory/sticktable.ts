// A table of counters by key in a file that control and all workers map (sticktable/layout.ts draws it): table.ts' words, done at once
// for everybody, in memory that outlives the processes. It knows no files, clocks or processes: the mapped bytes, the times and
// the `Owner` come in. Strategy: each call opens the shard of its entry (sticktable/journal.ts: lock and journal), so that it is done
// as a whole or not at all; nothing is allocated. Where a shard cannot be had because a process that lives does not let go of
// it, the call answers as if there were no room.

import { assert } from "../base/assert.ts";
import type { TablePlan } from "../config/plan.ts";
import { type Reserve, reserved } from "./cellpages.ts";
import type { Column } from "./column.ts";
import { type Owner, Owners } from "./owners.ts";
import { SharedWords } from "./sharedwords.ts";
import { cellOffset, isOneWord } from "./sticktable/cells.ts";
import { StickEntries } from "./sticktable/entries.ts";
import { StickFinder } from "./sticktable/finder.ts";
import { StickHolds } from "./sticktable/holds.ts";
import { StickJournal } from "./sticktable/journal.ts";
import { relay } from "./sticktable/key.ts";
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
} from "./sticktable/layout.ts";
import { StickShards } from "./sticktable/shards.ts";
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
  readonly memory: SharedWords;
}

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
  readonly #entries: StickEntries;
  #sweepNext = 0;
  /** Holds that could not be let go of when it was their time. */
  readonly #late: number[] = [];
  #successor: Table | null = null;
  /** Holds of this process by what they were here. */
  #heirs: Map<number, number> = new Map();
  /** Those whose place this one has taken, for as long as anybody else knows them. */
  readonly #formers: WeakRef<StickTable>[] = [];

  /**
   * The bytes have been formatted (stick/layout.ts). Throws when too many processes have the table open. `reserve`: memory for holds, in
   * a file of which only what is before and behind them has it. `memory` is for tests.
   */
  constructor(
    bytes: Uint8Array,
    plan: TablePlan,
    owner: Owner,
    memory: SharedWords = new SharedWords(bytes),
    reserve: Reserve = reserved,
  ) {
    assert(isTableOf(bytes, plan), `these bytes are no table ${plan.name}`);
    this.#plan = plan;
    this.#words = memory.words;
    this.#layout = layoutOf(plan, roomOf(memory.words));
    this.columns = this.#layout.columns;
    this.key = new TableKey(plan.key);
    const owners = new Owners(memory, this.#layout, owner);
    if (!owners.claim()) throw new Error(`table ${plan.name}: too many processes have it open`);
    this.#journal = new StickJournal(memory, this.#layout, owners);
    const { expireMs, isEvicting } = plan;
    this.#shards = new StickShards(memory, this.#layout, this.#journal, { expireMs, isEvicting });
    this.#holds = new StickHolds(memory, this.#layout, owners, this.#journal, this.#shards, reserve);
    this.#finder = new StickFinder(this.key, this.#layout, this.#shards);
    this.parts = { layout: this.#layout, journal: this.#journal, shards: this.#shards, finder: this.#finder, memory };
    this.#entries = new StickEntries(this.#layout, this.#journal, this.#shards);
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
    const value = this.#entries.read(entry, column, element, nowMs | 0);
    this.#shards.close();
    return value;
  }

  add(column: number, element: number, amount: number, nowMs: number): number {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return Number.NaN;
    return this.#entries.add(entry, column, element, amount, nowMs | 0);
  }

  assign(column: number, element: number, value: number, nowMs: number): boolean {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return false;
    this.#entries.assign(entry, column, element, value, nowMs | 0);
    return true;
  }

  clear(column: number, element: number, nowMs: number): number {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return Number.NaN;
    return this.#entries.clear(entry, column, element, nowMs | 0);
  }

  take(column: number, amount: number, nowMs: number): number {
    const entry = this.#finder.enter(nowMs | 0);
    if (entry === 0) return 0;
    return this.#entries.take(entry, column, amount, nowMs | 0);
  }

  // ---- held entries ----

  track(nowMs: number, event: TableEvent | null = null): EntryIndex {
    const now = nowMs | 0;
    const entry = this.#finder.enter(now);
    if (entry === 0) return 0;
    const hold = this.#holds.take(entry);
    if (hold === 0) {
      this.#shards.close();
      return 0;
    }
    this.#entries.hold(entry, now);
    if (event !== null) this.#entries.count(entry, this.#entries.counting[event], 1, now);
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
    if (isOneWord(this.columns[column]!)) return this.#entries.read(entry, column, element, nowMs | 0);
    if (!this.#shards.open(this.#shards.shardOf(entry))) return Number.NaN;
    const value = this.#entries.read(entry, column, element, nowMs | 0);
    this.#shards.close();
    return value;
  }

  addTo(hold: EntryIndex, column: number, element: number, amount: number, nowMs: number): number {
    const entry = this.#openHeld(hold);
    return entry === 0 ? Number.NaN : this.#entries.add(entry, column, element, amount, nowMs | 0);
  }

  assignTo(hold: EntryIndex, column: number, element: number, value: number, nowMs: number): void {
    const entry = this.#openHeld(hold);
    if (entry !== 0) this.#entries.assign(entry, column, element, value, nowMs | 0);
  }

  clearOf(hold: EntryIndex, column: number, element: number, nowMs: number): number {
    const entry = this.#openHeld(hold);
    return entry === 0 ? Number.NaN : this.#entries.clear(entry, column, element, nowMs | 0);
  }

  takeOf(hold: EntryIndex, column: number, amount: number, nowMs: number): number {
    const entry = this.#openHeld(hold);
    return entry === 0 ? 0 : this.#entries.take(entry, column, amount, nowMs | 0);
  }

  note(hold: EntryIndex, event: TableEvent, amount: number, nowMs: number): void {
    const columns = this.#entries.counting[event];
    if (columns.length === 0) return;
    const entry = this.#openHeld(hold);
    if (entry === 0) return;
    this.#entries.count(entry, columns, amount, nowMs | 0);
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

  // ---- another shape ----

  get successor(): Table | null {
    return this.#successor;
  }

  heirOf(hold: EntryIndex): EntryIndex {
    const heir = this.#heirs.get(hold) ?? 0;
    this.#heirs.delete(hold);
    return heir;
  }

  /**
   * All that this process holds here it holds from now on in a table with the same kind of keys, which counts who is there now (conn_cur) and nothing
   * else: the rest of what was counted has been copied. `successor`: that table as flows know it.
   */
  passOn(to: StickTable, successor: Table, nowMs: number): void {
    this.#holds.visit((hold) => {
      if (this.#late.includes(hold)) return;
      this.copyKey(hold, to.key);
      this.#heirs.set(hold, to.#takeAgain(nowMs | 0));
    });
    for (const hold of this.#heirs.keys()) this.untrack(hold, nowMs);
    this.#successor = successor;
    // Those before it lead there at once: for their sake nobody has to keep this one.
    for (const former of this.#formers) {
      const table = former.deref();
      if (table === undefined) continue;
      table.#leadOn(this, successor);
      to.#formers.push(former);
    }
    this.#formers.length = 0;
    to.#formers.push(new WeakRef(this));
  }

  #leadOn(over: StickTable, successor: Table): void {
    for (const [hold, heir] of this.#heirs) this.#heirs.set(hold, over.heirOf(heir));
    this.#successor = successor;
  }

  #takeAgain(now: number): number {
    const entry = this.#finder.enter(now);
    if (entry === 0) return 0;
    const hold = this.#holds.take(entry);
    if (hold === 0) {
      this.#shards.close();
      return 0;
    }
    this.#entries.holdAgain(entry);
    this.#shards.refresh(entry, now);
    this.#journal.commitAndUnlock();
    return hold;
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
    return this.#holds.recover((entry) => this.#entries.drop(entry));
  }

  /** Lets go of all that is held here. Nothing may be asked of the table any more. */
  close(): void {
    this.#holds.close((entry) => this.#entries.drop(entry));
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
    // Told only when it fails: this is asked for each thing that is done to a held entry.
    if (entry <= 0) assert(false, `table ${this.plan.name}: ${hold} is not held`);
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
    this.#entries.release(entry, now);
    this.#journal.commitAndUnlock();
    return true;
  }
}
