// Room in a shard: units of 512 bytes, given out as extents of 1 to 512 of them that stand together. Free runs are kept in lists by
// length, as in TLSF (Masmano, Ripoll, Crespo and Real, 2004): one list for each length up to 32, then eight for each doubling. So the
// shortest run that is long enough is found by a look at a few words, and what is given back is one with its free neighbours
// at once. A buddy allocator, which only knows powers of 2, left a third of the cache free and of no use to anybody.
// An extent of 64 units and more begins with a page of the file and is whole pages, so that it shares none with others
// (pages.ts); what a free run has before that page stays free. At first there are no units at all: memory for them is asked of the system a
// MiB at a time, when there is no room otherwise, and where it has none what is stored makes room instead.
//
//   free run: next, previous (1 + unit), length | … | length in the last word of its last unit; the map marks its first and last unit

import { classes, extentUnitsMax, pagedUnitsMin, pageUnits, shardWord as S, unitBytes, unitWords } from "./layout.ts";
import type { StorePages } from "./pages.ts";
import type { StoreShard } from "./shard.ts";

export const run: Record<"next" | "previous" | "length" | "lastLength", number> = {
  ...{ next: 0, previous: 1, length: 2 },
  lastLength: unitWords - 1,
};
export const runMark = { first: 1, last: 2 } as const;

/** Up to here each length has a list of its own. */
const exactMax = 32;
const stepsPerDoubling = 8;
/** Runs of a list whose shortest are too short that are looked at. */
const looksMax = 8;
/** Of a MiB. */
const stepUnits = 2048;
/** The system is not asked again before. */
const refusalMs = 1000;

export class StoreUnits {
  /** Of what was given last. */
  given = 0;
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #pages: StorePages | null;
  #refusedMs = Number.NEGATIVE_INFINITY;

  constructor(shard: StoreShard, pages: StorePages | null = null) {
    this.#shard = shard;
    this.#pages = pages;
    this.#words = shard.words;
    this.#bytes = shard.bytes;
  }

  /** So many units together, to the end of a page where they own pages, or else the longest run that has at least so many; 0 without. */
  take(wanted: number, least: number): number {
    const enough = ownsPages(wanted) ? Math.min(toPageEnd(wanted), extentUnitsMax) : wanted;
    let unit = this.#find(enough);
    if (unit < 0 && least < wanted) unit = this.#longest();
    if (unit < 0) return 0;
    const length = this.#words[this.#addressOf(unit) + run.length]!;
    const before = ownsPages(enough) ? toPageEnd(unit) - unit : 0;
    const paged = Math.min(enough, length - before) & -pageUnits;
    if (ownsPages(paged)) return paged < least ? 0 : this.#cut(unit, length, before, paged);
    const units = Math.min(enough, length, pagedUnitsMin - 1);
    return units < least ? 0 : this.#cut(unit, length, 0, units);
  }

  /** Some of a free run; what is before and behind them stays free. */
  #cut(unit: number, length: number, before: number, units: number): number {
    const behind = length - before - units;
    this.#unlink(unit, length);
    if (before > 0) this.#link(unit, before);
    if (behind > 0) this.#link(unit + before + units, behind);
    this.given = units;
    this.#words[this.#shard.at + S.freeUnits]! -= units;
    return this.#addressOf(unit + before);
  }

  /** Back, from a word on. */
  give(address: number, units: number): void {
    this.#words[this.#shard.at + S.freeUnits]! += units;
    let unit = (address - this.#shard.unitsAt) / unitWords;
    let length = units;
    const { mapAt, layout } = this.#shard;
    const next = unit + units;
    if (next < layout.units && (this.#bytes[mapAt + next]! & runMark.first) !== 0) {
      const more = this.#words[this.#addressOf(next) + run.length]!;
      this.#unlink(next, more);
      length += more;
    }
    if (unit > 0 && (this.#bytes[mapAt + unit - 1]! & runMark.last) !== 0) {
      const more = this.#words[this.#addressOf(unit - 1) + run.lastLength]!;
      unit -= more;
      this.#unlink(unit, more);
      length += more;
    }
    this.#link(unit, length);
  }

  /** More of the shard, of which there was no memory yet. False: it has all of it, or the system has no more now. */
  extend(nowMs: number): boolean {
    const words = this.#words;
    const { at, layout } = this.#shard;
    const unready = words[at + S.unready]!;
    if (unready === 0 || Math.abs(nowMs - this.#refusedMs) < refusalMs) return false;
    const address = this.#addressOf(layout.units - unready);
    const units = Math.min(unready, stepUnits);
    const mayGrow = this.#pages?.mayGrow?.(units * unitBytes) ?? true;
    const isHad = mayGrow && (this.#pages?.reserve(address * 4, units * unitBytes) ?? true);
    words[at + S.isShort] = isHad ? 0 : 1;
    if (!isHad) {
      this.#refusedMs = nowMs;
      return false;
    }
    words[at + S.unready] = unready - units;
    this.give(address, units);
    return true;
  }

  /** Everything is free but what is marked, a byte for each unit, and what has no memory yet. */
  rebuild(marks: Uint8Array): void {
    const { at, mapAt, layout } = this.#shard;
    this.#words.fill(0, at + S.free, at + S.free + classes);
    this.#words[at + S.freeUnits] = 0;
    this.#bytes.fill(0, mapAt, mapAt + layout.units);
    const ready = layout.units - this.#words[at + S.unready]!;
    for (let unit = 0; unit < ready; ) {
      const isFree = marks[unit] === 0;
      let end = unit + 1;
      while (end < ready && (marks[end] === 0) === isFree) end++;
      if (isFree) this.give(this.#addressOf(unit), end - unit);
      unit = end;
    }
  }

  /** The first unit of a run that has room for so many; -1 without. */
  #find(wanted: number): number {
    const words = this.#words;
    const lists = this.#shard.at + S.free;
    const fitting = classOf(wanted);
    // Of its own list some may be shorter, where a list has several lengths.
    const unit = words[lists + fitting] === 0 ? -1 : this.#findIn(lists + fitting, wanted);
    if (unit >= 0) return unit;
    for (let list = lists + fitting + 1; list < lists + classes; list++) {
      if (words[list] === 0) continue;
      if (!ownsPages(wanted)) return words[list]! - 1;
      // And of those behind it, from a page on.
      const unit = this.#findIn(list, wanted);
      if (unit >= 0) return unit;
    }
    return -1;
  }

  #findIn(list: number, wanted: number): number {
    const words = this.#words;
    const isPaged = ownsPages(wanted);
    let link = words[list]!;
    for (let looks = 0; link !== 0 && looks < looksMax; looks++) {
      const unit = link - 1;
      const address = this.#addressOf(unit);
      const before = isPaged ? toPageEnd(unit) - unit : 0;
      if (words[address + run.length]! - before >= wanted) return unit;
      link = words[address + run.next]!;
    }
    return -1;
  }

  /** As far as the lists tell. */
  #longest(): number {
    const lists = this.#shard.at + S.free;
    for (let list = classes - 1; list >= 0; list--)
      if (this.#words[lists + list] !== 0) return this.#words[lists + list]! - 1;
    return -1;
  }

  #link(unit: number, length: number): void {
    const words = this.#words;
    const { mapAt } = this.#shard;
    const list = this.#shard.at + S.free + classOf(length);
    const address = this.#addressOf(unit);
    const first = words[list]!;
    words[address + run.next] = first;
    words[address + run.previous] = 0;
    words[address + run.length] = length;
    words[this.#addressOf(unit + length - 1) + run.lastLength] = length;
    if (first !== 0) words[this.#addressOf(first - 1) + run.previous] = unit + 1;
    words[list] = unit + 1;
    this.#bytes[mapAt + unit]! |= runMark.first;
    this.#bytes[mapAt + unit + length - 1]! |= runMark.last;
  }

  #unlink(unit: number, length: number): void {
    const words = this.#words;
    const { mapAt } = this.#shard;
    const address = this.#addressOf(unit);
    const next = words[address + run.next]!;
    const previous = words[address + run.previous]!;
    if (previous === 0) words[this.#shard.at + S.free + classOf(length)] = next;
    else words[this.#addressOf(previous - 1) + run.next] = next;
    if (next !== 0) words[this.#addressOf(next - 1) + run.previous] = previous;
    this.#bytes[mapAt + unit] = 0;
    this.#bytes[mapAt + unit + length - 1] = 0;
  }

  #addressOf(unit: number): number {
    return this.#shard.unitsAt + unit * unitWords;
  }
}

/** Whether an extent of so many units shares no page with others. */
export const ownsPages = (units: number): boolean => units >= pagedUnitsMin;

/** From a unit, or of a count of them. */
export const toPageEnd = (units: number): number => (units + pageUnits - 1) & -pageUnits;

/** Which list a run of that length is in. */
export function classOf(length: number): number {
  if (length <= exactMax) return length - 1;
  const doubling = 31 - Math.clz32(length);
  const step = (length >>> (doubling - 3)) & (stepsPerDoubling - 1);
  return Math.min(exactMax + (doubling - 5) * stepsPerDoubling + step, classes - 1);
}
