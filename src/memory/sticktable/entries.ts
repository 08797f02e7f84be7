// What is done to an entry whose shard is open: its columns are read, added to, assigned, cleared; it is held and let go of. It
// knows neither keys nor how entries are found. What changes is told to the journal; where a call ends what the table was asked
// to do (add, assign, clear, take), it is committed and the shard closed.

import type { Column } from "../column.ts";
import type { TableEvent } from "../table.ts";
import { lackingMs } from "../tokenbucket.ts";
import { addToCell, assignCell, cellOffset, clearCell, readCell, takeFromCell } from "./cells.ts";
import type { StickJournal } from "./journal.ts";
import { entryWord, type StickLayout } from "./layout.ts";
import type { StickShards } from "./shards.ts";
import { countTaken } from "./told.ts";

const eventTypes: Record<TableEvent, readonly Column["type"][]> = {
  session: ["sess_cnt", "sess_rate"],
  request: ["http_req_cnt", "http_req_rate"],
  error: ["http_err_cnt", "http_err_rate"],
  failure: ["http_fail_cnt", "http_fail_rate"],
  bytesIn: ["bytes_in_cnt", "bytes_in_rate"],
  bytesOut: ["bytes_out_cnt", "bytes_out_rate"],
};

export class StickEntries {
  /** Of each event, the columns that count it. */
  readonly counting: Readonly<Record<TableEvent, readonly number[]>>;
  readonly #columns: readonly Column[];
  readonly #columnAt: readonly number[];
  /** Of tables that are shared, whose tokens are counted as they are taken; none otherwise. */
  readonly #toldColumnAt: readonly number[];
  readonly #words: Int32Array;
  readonly #journal: StickJournal;
  readonly #shards: StickShards;
  readonly #tracking: readonly number[];
  /** conn_cur; -1 without. */
  readonly #gauge: number;

  constructor(layout: StickLayout, journal: StickJournal, shards: StickShards) {
    this.#columns = layout.columns;
    this.#columnAt = layout.columnAt;
    this.#toldColumnAt = layout.toldColumnAt;
    this.#words = journal.words;
    this.#journal = journal;
    this.#shards = shards;
    const counting = (event: TableEvent): readonly number[] => this.#indicesOf(eventTypes[event]);
    this.counting = {
      session: counting("session"),
      request: counting("request"),
      error: counting("error"),
      failure: counting("failure"),
      bytesIn: counting("bytesIn"),
      bytesOut: counting("bytesOut"),
    };
    this.#tracking = this.#indicesOf(["conn_cnt", "conn_rate", "conn_cur"]);
    this.#gauge = this.#indicesOf(["conn_cur"])[0] ?? -1;
  }

  // ---- told to the journal ----

  hold(entry: number, now: number): void {
    this.#journal.set(entry + entryWord.flags, this.#words[entry + entryWord.flags]! + 1);
    this.count(entry, this.#tracking, 1, now);
  }

  /** By who has been there already, and was counted when it came. */
  holdAgain(entry: number): void {
    this.#journal.set(entry + entryWord.flags, this.#words[entry + entryWord.flags]! + 1);
    if (this.#gauge === -1) return;
    const at = entry + this.#columnAt[this.#gauge]!;
    this.#journal.set(at, this.#words[at]! + 1);
  }

  /** What an entry loses with a hold. */
  drop(entry: number): void {
    this.#journal.set(entry + entryWord.flags, this.#words[entry + entryWord.flags]! - 1);
    if (this.#gauge === -1) return;
    const at = entry + this.#columnAt[this.#gauge]!;
    if (this.#words[at] !== 0) this.#journal.set(at, this.#words[at]! - 1);
  }

  /** The same, by somebody who is still there. */
  release(entry: number, now: number): void {
    this.drop(entry);
    if (this.#gauge !== -1) this.#shards.refresh(entry, now);
  }

  count(entry: number, columns: readonly number[], amount: number, now: number): void {
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      addToCell(this.#journal, entry + this.#columnAt[column]!, this.#columns[column]!, amount, now);
    }
  }

  // ---- done ----

  /** The shard may be closed where the column is of one word, and stays as it is. NaN without such an element. */
  read(entry: number, column: number, element: number, now: number): number {
    const at = this.#cell(entry, column, element);
    return at === -1 ? Number.NaN : readCell(this.#words, at, this.#columns[column]!, now);
  }

  add(entry: number, column: number, element: number, amount: number, now: number): number {
    const at = this.#cell(entry, column, element);
    let value = Number.NaN;
    if (at !== -1) {
      value = addToCell(this.#journal, at, this.#columns[column]!, amount, now);
      this.#countTokens(entry, column, value, now);
      if (this.#columns[column]!.type === "gpc") this.#addToRateOf(entry, element, amount, now);
      this.#shards.refresh(entry, now);
    }
    this.#journal.commitAndUnlock();
    return value;
  }

  assign(entry: number, column: number, element: number, value: number, now: number): void {
    const at = this.#cell(entry, column, element);
    if (at !== -1) {
      const assigned = assignCell(this.#journal, at, this.#columns[column]!, value, now);
      this.#countTokens(entry, column, assigned, now);
      this.#shards.refresh(entry, now);
    }
    this.#journal.commitAndUnlock();
  }

  clear(entry: number, column: number, element: number, now: number): number {
    const at = this.#cell(entry, column, element);
    const value = this.read(entry, column, element, now);
    if (at !== -1) {
      clearCell(this.#journal, at, this.#columns[column]!);
      this.#countTokens(entry, column, this.#columns[column]!.burst, now);
    }
    this.#journal.commitAndUnlock();
    return value;
  }

  take(entry: number, column: number, amount: number, now: number): number {
    const at = entry + this.#columnAt[column]!;
    const waitMs = takeFromCell(this.#journal, at, this.#columns[column]!, amount, now);
    const told = this.#toldColumnAt[column];
    if (told !== undefined && waitMs === 0 && amount > 0)
      countTaken(this.#journal, entry + told, Math.min(amount, this.#columns[column]!.burst));
    this.#shards.refresh(entry, now);
    this.#journal.commitAndUnlock();
    return waitMs;
  }

  /** Setting how many tokens there are takes some, or gives some back. What is set is not committed yet. */
  #countTokens(entry: number, column: number, tokens: number, now: number): void {
    const told = this.#toldColumnAt[column];
    const bucket = this.#columns[column]!;
    if (told === undefined || bucket.form !== "tokens") return;
    const lacking = lackingMs(this.#words, entry + this.#columnAt[column]!, bucket, now);
    countTaken(this.#journal, entry + told, bucket.burst - tokens - lacking / bucket.periodMs);
  }

  #addToRateOf(entry: number, element: number, amount: number, now: number): void {
    for (let column = 0; column < this.#columns.length; column++) {
      if (this.#columns[column]!.type !== "gpc_rate") continue;
      const at = this.#cell(entry, column, element);
      if (at !== -1) addToCell(this.#journal, at, this.#columns[column]!, amount, now);
    }
  }

  #cell(entry: number, column: number, element: number): number {
    const offset = cellOffset(this.#columns[column]!, element);
    return offset === -1 ? -1 : entry + this.#columnAt[column]! + offset;
  }

  #indicesOf(types: readonly Column["type"][]): readonly number[] {
    return this.#columns.flatMap((column, index) => (types.includes(column.type) ? [index] : []));
  }
}
