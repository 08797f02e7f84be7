// The entries of a table as operators see them: listed, removed, cleared, copied into a table of another shape. For control
// only, and never for long: a listing goes by pages, locks one entry at a time, and may miss what comes and goes meanwhile,
// but tells nothing twice. It allocates; nothing here is on the way of traffic.

import { type Column, cellName } from "../column.ts";
import type { StickTable } from "../sticktable.ts";
import { copyKeyOf } from "../tablekey.ts";
import { clearCell, readCell } from "./cells.ts";
import { relay, writeKey } from "./key.ts";
import {
  entryWord,
  header,
  ipv4Bit,
  refsMask,
  shardWord,
  shardWords,
  toldElementWords,
  toldWords,
  usedBit,
} from "./layout.ts";

export interface TableRow {
  readonly key: string;
  /** How many hold it. */
  readonly refs: number;
  /** Null: never. Below 0 where it is held beyond its time. */
  readonly expiresInMs: number | null;
  /** By `cellName`. */
  readonly values: Readonly<Record<string, number>>;
}

/** One entry, copied or glanced at; the same object for every entry of a listing. */
export class RowView {
  readonly #table: StickTable;
  readonly #copy: Int32Array;
  #words: Int32Array;
  /** Where the entry begins in them. */
  #at = 0;
  #nowMs = 0;

  constructor(table: StickTable) {
    this.#table = table;
    this.#copy = new Int32Array(table.parts.layout.entryWords);
    this.#words = this.#copy;
  }

  /** Of an open entry. */
  copy(entry: number, nowMs: number): void {
    const { words } = this.#table.parts.memory;
    for (let index = 0; index < this.#copy.length; index++) this.#copy[index] = words[entry + index]!;
    this.#words = this.#copy;
    this.#at = 0;
    this.#nowMs = nowMs;
  }

  /** As it stands there, while others may write to it: its numbers are good enough to decide whether it is worth a copy. */
  glance(entry: number, nowMs: number): void {
    this.#words = this.#table.parts.memory.words;
    this.#at = entry;
    this.#nowMs = nowMs;
  }

  get key(): string {
    const isIPv4 = (this.#words[this.#at + entryWord.flags]! & ipv4Bit) !== 0;
    return writeKey(this.#table.plan.key, this.#words, this.#at + entryWord.key, isIPv4);
  }

  get refs(): number {
    return this.#words[this.#at + entryWord.flags]! & refsMask;
  }

  get expiresInMs(): number | null {
    const { expireMs } = this.#table.plan;
    return expireMs === 0 ? null : expireMs - ((this.#nowMs - this.#words[this.#at + entryWord.stamp]!) | 0);
  }

  /** The column has the element. */
  read(column: number, element: number): number {
    const { columns, parts } = this.#table;
    const at = parts.layout.columnAt[column]! + (element - columns[column]!.first) * wordsOf(columns[column]!);
    return readCell(this.#words, this.#at + at, columns[column]!, this.#nowMs);
  }

  row(): TableRow {
    const values: Record<string, number> = {};
    this.#table.columns.forEach((column, index) => {
      for (let element = column.first; element < column.first + column.length; element++)
        values[cellName(column, element)] = this.read(index, element);
    });
    return { key: this.key, refs: this.refs, expiresInMs: this.expiresInMs, values };
  }
}

export interface Page {
  readonly rows: readonly TableRow[];
  /** Where the next page begins; null after the last. */
  readonly cursor: number | null;
}

/**
 * The entries from `cursor` on (0 is the first) that are accepted, `rowsMax` at most, looking at `looksMax` places at most. Where
 * `isPromising` is given, an entry is locked and copied only when a glance at its numbers says so.
 */
export function listRows(
  table: StickTable,
  nowMs: number,
  from: { cursor: number; rowsMax: number; looksMax: number },
  accept: (view: RowView) => boolean = () => true,
  isPromising: ((view: RowView) => boolean) | null = null,
): Page {
  const { share, shards } = table.parts.layout;
  const view = new RowView(table);
  const rows: TableRow[] = [];
  let cursor = from.cursor;
  for (let looks = 0; looks < from.looksMax && rows.length < from.rowsMax; looks++) {
    const shard = Math.floor(cursor / share);
    if (shard >= shards) return { rows, cursor: null };
    const index = cursor % share;
    if (index >= freshOf(table, shard)) {
      cursor = (shard + 1) * share;
      continue;
    }
    cursor++;
    if (isPromising !== null) {
      view.glance(entryAt(table, shard, index), nowMs | 0);
      if (!isPromising(view)) continue;
    }
    if (copyEntry(table, shard, index, view, nowMs) && accept(view)) rows.push(view.row());
  }
  return { rows, cursor };
}

/** The entry of the key that is laid; null without. */
export function rowOfKey(table: StickTable, nowMs: number): TableRow | null {
  const entry = table.parts.finder.find(nowMs | 0);
  if (entry === 0) return null;
  const view = new RowView(table);
  view.copy(entry, nowMs | 0);
  table.parts.shards.close();
  return view.row();
}

/** Of the key that is laid. An entry that is held cannot go: all it has counted is set to 0, but for who is there now. */
export function removeKey(table: StickTable, nowMs: number): "removed" | "cleared" | "absent" {
  const entry = table.parts.finder.find(nowMs | 0);
  return entry === 0 ? "absent" : removeOpen(table, entry);
}

/** All entries, likewise. Answers how many were removed or cleared. */
export function removeAll(table: StickTable): number {
  const { layout } = table.parts;
  let count = 0;
  for (let shard = 0; shard < layout.shards; shard++) {
    for (let index = 0; index < freshOf(table, shard); index++) {
      const entry = openUsed(table, shard, index);
      if (entry === 0) continue;
      removeOpen(table, entry);
      count++;
    }
  }
  return count;
}

/**
 * Copies what has not expired into a table that nobody else has open yet: columns of equal names, oldest entries first, each
 * with the time of its last refresh; that of who is there is now, for it is held in the copy only in a moment. Keys that cannot be keys there are left out; of those that become one, the newest counts.
 * Answers how many entries were copied.
 */
export function copyTable(from: StickTable, to: StickTable, nowMs: number): number {
  const { layout, memory } = from.parts;
  const { words } = memory;
  const stampOf = (entry: number): number =>
    (words[entry]! & refsMask) === 0 ? words[entry + entryWord.stamp]! : nowMs | 0;
  const ageOf = (entry: number): number => (nowMs - stampOf(entry)) | 0;
  const entries: number[] = [];
  for (let shard = 0; shard < layout.shards; shard++)
    for (let index = 0; index < freshOf(from, shard); index++) {
      const entry = entryAt(from, shard, index);
      if ((words[entry]! & usedBit) !== 0 && (to.plan.expireMs === 0 || ageOf(entry) < to.plan.expireMs))
        entries.push(entry);
    }
  entries.sort((one, other) => ageOf(other) - ageOf(one));
  const moves = movesBetween(from, to);
  copyTelling(from, to);
  let copied = 0;
  for (const entry of entries) {
    const isIPv4 = (words[entry]! & ipv4Bit) !== 0;
    relay(from.plan.key, words, entry + entryWord.key, isIPv4, to.key);
    const target = to.parts.finder.enter(stampOf(entry));
    if (target === 0) continue;
    for (const [source, place, count] of moves)
      for (let word = 0; word < count; word++)
        to.parts.memory.put(target + place + word, words[entry + source + word]!);
    to.parts.shards.refresh(target, stampOf(entry));
    to.parts.journal.commitAndUnlock();
    copied++;
  }
  return copied;
}

/**
 * Copies the entry of the key that is laid in `from`, where there is one, to a table of the same columns that nobody else has
 * open; who is there now is counted there too.
 */
export function copyRow(from: StickTable, to: StickTable, nowMs: number): void {
  const source = from.parts.finder.find(nowMs | 0);
  if (source === 0) return;
  const words = from.parts.memory.words.slice(source, source + from.parts.layout.entryWords);
  from.parts.shards.close();
  copyKeyOf(from.key, to.key);
  const stamp = words[entryWord.stamp]!;
  const target = to.parts.finder.enter(stamp);
  if (target === 0) return;
  from.columns.forEach((column, index) => {
    const [at, place] = [from.parts.layout.columnAt[index]!, to.parts.layout.columnAt[index]!];
    for (let word = 0; word < column.words; word++) to.parts.memory.put(target + place + word, words[at + word]!);
  });
  to.parts.shards.refresh(target, stamp);
  to.parts.journal.commitAndUnlock();
}

/** What is copied from one entry to another: from where, where to, how many words. */
function movesBetween(from: StickTable, to: StickTable): readonly (readonly [number, number, number])[] {
  const [source, place] = [from.parts.layout, to.parts.layout];
  const isTold = source.toldAt > 0 && place.toldAt > 0;
  const moves = from.columns.flatMap((column, index) => {
    const target = to.columns.findIndex((other) => other.name === column.name);
    if (target === -1) return [];
    // Who is there now is known by who holds the entry, and nobody holds the copy.
    const counted =
      column.form === "gauge" ? [] : [[source.columnAt[index]!, place.columnAt[target]!, column.words] as const];
    const words = toldElementWords[column.form] * column.length;
    const told = isTold ? [[source.toldColumnAt[index]!, place.toldColumnAt[target]!, words] as const] : [];
    return [...counted, ...told];
  });
  return isTold ? [...moves, [source.toldAt, place.toldAt, toldWords] as const] : moves;
}

/** What other nodes have been told: whatever is not told again is not counted twice. */
function copyTelling(from: StickTable, to: StickTable): void {
  if (from.parts.layout.toldAt === 0 || to.parts.layout.toldAt === 0) return;
  for (let word: number = header.epoch; word <= header.generation; word++)
    to.parts.memory.put(word, from.parts.memory.words[word]!);
}

function wordsOf(column: Column): number {
  return column.words / column.length;
}

function entryAt(table: StickTable, shard: number, index: number): number {
  const { entriesAt, share, entryWords } = table.parts.layout;
  return entriesAt + (shard * share + index) * entryWords;
}

/** How many entries of a shard have ever been used. */
function freshOf(table: StickTable, shard: number): number {
  const { layout, memory } = table.parts;
  return Atomics.load(memory.words, layout.shardsAt + shard * shardWords + shardWord.fresh);
}

/** Opens the shard when the entry is in use; else 0. */
function openUsed(table: StickTable, shard: number, index: number): number {
  const { shards, memory } = table.parts;
  const entry = entryAt(table, shard, index);
  if (memory.words[entry] === 0 || !shards.open(shard)) return 0;
  if ((memory.words[entry]! & usedBit) !== 0) return entry;
  shards.close();
  return 0;
}

function copyEntry(table: StickTable, shard: number, index: number, view: RowView, nowMs: number): boolean {
  const entry = openUsed(table, shard, index);
  if (entry === 0) return false;
  const isThere = !table.parts.shards.isOver(entry, nowMs | 0);
  if (isThere) view.copy(entry, nowMs | 0);
  table.parts.shards.close();
  return isThere;
}

/** Closes the shard. */
function removeOpen(table: StickTable, entry: number): "removed" | "cleared" {
  const { shards, journal, layout } = table.parts;
  const isHeld = shards.refs(entry) > 0;
  if (!isHeld) shards.free(entry);
  else
    table.columns.forEach((column, index) => {
      if (column.form === "gauge") return;
      for (let element = 0; element < column.length; element++) {
        clearCell(journal, entry + layout.columnAt[index]! + element * wordsOf(column), column);
        journal.commit();
      }
    });
  shards.close();
  return isHeld ? "cleared" : "removed";
}
