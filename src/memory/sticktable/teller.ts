// What control does with the entries of a table that is shared: finds those that were used lately, tells what is new of each, and
// takes up what is heard of it. It knows neither batches nor the ledger (fleet/exchange.ts), only entries and slots. Strategy: an entry is
// told under the lock of its shard, and counts as told from then on, before anybody has heard it: whoever is killed in
// between has counted too little for others by one batch, and nothing twice. Nothing here refreshes an entry, or what is
// told would never expire.
//
// What was used lately is found from the newest end of each shard's order of age, without its lock: an entry that moves
// meanwhile is met twice or at the next walk, for its stamp is newer by then.

import type { StickTable } from "../sticktable.ts";
import { keyName, layKeyName, TableKey } from "../tablekey.ts";
import { assignLacking, lackingMs } from "../tokenbucket.ts";
import { relay } from "./key.ts";
import { entryWord, header, shardWord, shardWords, toldElementWords, toldWord, usedBit } from "./layout.ts";
import { type Heard, hearElement, type Place, readWide, setWide, tellElement } from "./told.ts";

/** Clocks of workers may be behind by what a turn of theirs lasts: what they refresh then is not quite at the newest end. */
const lagMsMax = 1000;

export interface Told {
  readonly key: string;
  readonly ageMs: number;
  /** Pairs of slot and number. */
  readonly slots: readonly number[];
}

/** What is heard of a key. */
export interface News {
  readonly key: string;
  readonly bornMs: number;
  readonly slots: readonly number[];
  /** What this answers: slots and numbers, of the batch of this sequence. Null: no change of ours. */
  readonly told: readonly number[] | null;
  readonly sequence: number;
  readonly nowMs: number;
  readonly ledgerMs: number;
  readonly countedMs: number;
}

const nothing: ReadonlyMap<number, number> = new Map();

export class StickTeller {
  readonly #table: StickTable;
  readonly #words: Int32Array;
  readonly #places: readonly Place[];
  readonly #key: TableKey;
  /** Of the places, as they are counted from an entry's first word. */
  readonly #others: number[];

  constructor(table: StickTable) {
    this.#table = table;
    this.#words = table.parts.memory.words;
    this.#key = new TableKey(table.plan.key);
    const { columnAt, toldColumnAt } = table.parts.layout;
    const places: Place[] = [];
    let slot = 0;
    table.columns.forEach((column, index) => {
      for (let element = 0; element < column.length; element++) {
        const at = columnAt[index]! + (element * column.words) / column.length;
        places.push({ column, at, told: toldColumnAt[index]! + element * toldElementWords[column.form], slot });
        slot += column.form === "rate" ? 2 : 1;
      }
    });
    this.#places = places;
    this.#others = new Array(slot).fill(0);
  }

  // ---- what outlives control ----

  get epoch(): number {
    return readWide(this.#words, header.epoch);
  }

  get stream(): number {
    return readWide(this.#words, header.stream);
  }

  get sequence(): number {
    return this.#words[header.sequence]! >>> 0;
  }

  get marksTo(): number {
    return readWide(this.#words, header.marksTo);
  }

  set marksTo(mark: number) {
    setWide(this.#header, header.marksTo, mark);
  }

  /** All is to be told to another ledger. The epoch comes last: whoever is killed before that begins anew. */
  begin(epoch: number, stream: number): void {
    const sink = this.#header;
    sink.set(header.generation, this.#words[header.generation]! + 1 || 1);
    setWide(sink, header.marksTo, 0);
    setWide(sink, header.stream, stream);
    setWide(sink, header.epoch, epoch);
  }

  /** Another stream to the same ledger: what was told is not told again, but for gauges, which stand for one stream only. */
  restart(stream: number): void {
    setWide(this.#header, header.stream, stream);
    this.#forgetGauges();
  }

  /** Of the next batch. Numbers go on from stream to stream: one stands for one batch. */
  advance(): number {
    this.#header.set(header.sequence, this.#words[header.sequence]! + 1);
    return this.sequence;
  }

  // ---- entries ----

  /** Entries refreshed since then, or all, of which there is something to be told. */
  recent(sinceMs: number | null): number[] {
    return [...this.#from(sinceMs).filter((entry) => this.#isUntold(entry))];
  }

  /** The newest of each shard first. */
  *#from(sinceMs: number | null): Generator<number> {
    const { layout } = this.#table.parts;
    const words = this.#words;
    for (let shard = 0; shard < layout.shards; shard++) {
      const at = layout.shardsAt + shard * shardWords;
      let entry = Atomics.load(words, at + shardWord.newest);
      for (let looks = words[at + shardWord.used]!; entry !== 0 && looks > 0; looks--) {
        if (sinceMs !== null && ((words[entry + entryWord.stamp]! - sinceMs + lagMsMax) | 0) < 0) break;
        yield entry;
        entry = words[entry + entryWord.older]!;
      }
    }
  }

  /** Null: it is not there any more, or there is nothing to be said of it. */
  tell(entry: number, sequence: number, nowMs: number): Told | null {
    const { shards, journal, layout } = this.#table.parts;
    const words = this.#words;
    const now = nowMs | 0;
    if (!shards.open(shards.shardOf(entry))) return null;
    if ((words[entry]! & usedBit) === 0 || shards.isOver(entry, now) || !this.#isUntold(entry)) {
      shards.close();
      return null;
    }
    const told = entry + layout.toldAt;
    const generation = words[header.generation]!;
    const isAnew = words[told + toldWord.generation] !== generation;
    const slots: number[] = [];
    for (const place of this.#places) {
      tellElement(journal, this.#placed(place, entry), isAnew, now, slots);
      journal.commit();
    }
    relay(this.#table.plan.key, words, entry + entryWord.key, shards.isIPv4(entry), this.#key);
    const stamp = words[entry + entryWord.stamp]!;
    journal.set(told + toldWord.stamp, stamp);
    journal.set(told + toldWord.sequence, sequence);
    if (isAnew) journal.set(told + toldWord.generation, generation);
    // What was told and never answered may have been counted in an entry that we have not heard of.
    const isUnheard = words[told + toldWord.heard] !== words[told + toldWord.sequence];
    if (isAnew || isUnheard) journal.set(told + toldWord.born, 0);
    journal.commitAndUnlock();
    return { key: keyName(this.#key), ageMs: Math.max((now - stamp) | 0, 0), slots };
  }

  /**
   * Answers what others have of it, by slot: to be used before the next call. `again`: the entry, where some of it is to be told
   * once more.
   */
  hear(news: News): { readonly others: readonly number[]; readonly again: number } {
    const others = this.#others;
    const { journal, finder, layout } = this.#table.parts;
    const words = this.#words;
    layKeyName(news.key, this.#table.key);
    const entry = finder.find(news.nowMs | 0);
    if (entry === 0) {
      for (const { column, slot } of this.#places) {
        others[slot] = news.slots[slot]!;
        if (column.form === "rate") others[slot + 1] = news.slots[slot + 1]!;
      }
      return { others, again: 0 };
    }
    const told = entry + layout.toldAt;
    const isNew = words[told + toldWord.generation] !== words[header.generation];
    const isOfBatch = !isNew && news.told !== null && words[told + toldWord.sequence] === (news.sequence | 0);
    const bornWas = words[told + toldWord.born]!;
    const born = news.bornMs | 0 || 1;
    const isHeard = isOfBatch || words[told + toldWord.heard] === words[told + toldWord.sequence];
    const heard: Heard = {
      slots: news.slots,
      told: isOfBatch ? pairsOf(news.told) : null,
      // What was told and never answered counts as if it had been counted there, so that nothing is counted twice.
      isReborn: isHeard && bornWas !== 0 && bornWas !== born,
      isNew,
      nowMs: news.nowMs | 0,
      ledgerMs: news.ledgerMs,
      countedMs: news.countedMs,
    };
    let isAgain = false;
    for (const place of this.#places) {
      if (place.column.form === "tokens") others[place.slot] = 0;
      if (hearElement(journal, this.#placed(place, entry), heard, others)) isAgain = true;
      journal.commit();
    }
    if (!isNew) {
      journal.set(told + toldWord.born, born);
      journal.set(told + toldWord.heard, words[told + toldWord.sequence]!);
    }
    journal.commitAndUnlock();
    return { others, again: isAgain ? entry : 0 };
  }

  /**
   * So much of what comes into its buckets here is of other nodes: those that are not full lack it, beyond empty too, for it is still to
   * come, or given by now. What is heard next takes the place of it.
   */
  hold(key: string, ms: number, nowMs: number): void {
    const { journal, finder } = this.#table.parts;
    layKeyName(key, this.#table.key);
    const entry = finder.find(nowMs | 0);
    if (entry === 0) return;
    for (const { column, at } of this.#places) {
      if (column.form !== "tokens") continue;
      const lacking = lackingMs(this.#words, entry + at, column, nowMs | 0);
      const most = Math.max(lacking, column.burst * column.periodMs + ms);
      if (lacking > 0) assignLacking(journal, entry + at, column, Math.min(lacking + ms, most), nowMs | 0);
      journal.commit();
    }
    journal.commitAndUnlock();
  }

  /** The ledger has let go of all entries of this key that were born by then: what was told to one counts as never told. */
  forget(key: string, ledgerMs: number, nowMs: number): void {
    const { journal, finder, layout } = this.#table.parts;
    const words = this.#words;
    layKeyName(key, this.#table.key);
    const entry = finder.find(nowMs | 0);
    if (entry === 0) return;
    const told = entry + layout.toldAt;
    const born = words[told + toldWord.born]!;
    if (born === 0 || ((born - ledgerMs) | 0) <= 0) journal.set(told + toldWord.generation, 0);
    journal.commitAndUnlock();
  }

  #forgetGauges(): void {
    const { shards, journal } = this.#table.parts;
    const gauges = this.#places.filter(({ column }) => column.form === "gauge");
    for (const { at, told } of gauges)
      for (const entry of this.#from(null)) {
        if (this.#words[entry + at] === 0 || !shards.open(shards.shardOf(entry))) continue;
        if ((this.#words[entry]! & usedBit) !== 0) journal.set(entry + told, 0);
        journal.commitAndUnlock();
      }
  }

  /** Whether something of it differs from what was told. Without a lock: what changes just now is met at the next walk. */
  #isUntold(entry: number): boolean {
    const words = this.#words;
    const told = entry + this.#table.parts.layout.toldAt;
    if (words[told + toldWord.stamp] !== words[entry + entryWord.stamp]) return true;
    if (words[told + toldWord.generation] !== words[header.generation]) return true;
    for (const place of this.#places) if (isChanged(words, entry + place.at, entry + place.told, place)) return true;
    return false;
  }

  #placed({ column, at, told, slot }: Place, entry: number): Place {
    return { column, at: entry + at, told: entry + told, slot };
  }

  get #header(): { readonly words: Int32Array; set(at: number, value: number): void } {
    const { memory } = this.#table.parts;
    return { words: memory.words, set: (at, value) => memory.put(at, value) };
  }
}

function isChanged(words: Int32Array, at: number, told: number, { column }: Place): boolean {
  if (column.form === "tokens") return words[told] !== words[told + 2] || words[told + 1] !== words[told + 3];
  const count = column.words / column.length;
  for (let word = 0; word < count; word++) if (words[at + word] !== words[told + word]) return true;
  return false;
}

function pairsOf(slots: readonly number[] | null): ReadonlyMap<number, number> {
  if (slots === null || slots.length === 0) return nothing;
  const pairs = new Map<number, number>();
  for (let index = 0; index < slots.length; index += 2) pairs.set(slots[index]!, slots[index + 1]!);
  return pairs;
}
