// Records of one kind: found by two words, forgotten when others need their room. From the words leads a hash to a set of 16 cells,
// one line of memory; a cell holds the number of a record and twelve bits of the hash. Always the whole set is looked at, so
// that nothing is in the way of what was taken out. Records themselves are used from the first on, so that what is not needed is
// never touched.
//
// Finding takes no lock: a record's first word is written after everything else and before its cell, and taken away, after
// the cell, before anything else. What is counted in flight is never overwritten: who counts does so without the lock.
// Room is made by the one of its set (or, where records run out before cells do, of the sets behind it) that was not used for
// longest; what is in flight stays, and what is not available, or may not be used again yet, goes only where nothing else can. What a user has had stays until its
// period is over: who finds no room is told so, and not let off.

import { memberState, recordWord as R, type RecordKind, recordWords } from "../egress.ts";
import { type BoardFile, secondsOf } from "./file.ts";
import { kindWord as K, type KindLayout, kinds, ways } from "./layout.ts";

const numberBits = 20;
const numberMask: number = (1 << numberBits) - 1;
/** How many sets are looked through for a record that can go. */
const setsMax = 64;

export class BoardRecords {
  readonly #file: BoardFile;
  readonly #words: Int32Array;
  readonly #seed: number;
  readonly #at: number;
  readonly #setMask: number;
  readonly #cellsAt: number;
  readonly #recordsAt: number;
  readonly #countMax: number;
  /** Of pairs and hosts: what is not available should stay. */
  readonly #hasStates: boolean;
  /** Of users: what has not ended stays. */
  readonly #hasEnds: boolean;
  /** Of pairs: what has a turn still to come should stay. */
  readonly #hasTurns: boolean;

  constructor(file: BoardFile, kind: RecordKind) {
    const layout: KindLayout = file.layout.kinds[kinds.indexOf(kind)]!;
    this.#file = file;
    this.#words = file.words;
    this.#seed = file.seed;
    this.#at = layout.at;
    this.#setMask = layout.sets - 1;
    this.#cellsAt = layout.cellsAt;
    this.#recordsAt = layout.recordsAt;
    this.#countMax = layout.count;
    this.#hasStates = kind === "pair" || kind === "host";
    this.#hasEnds = kind === "user";
    this.#hasTurns = kind === "pair";
  }

  find(first: number, second: number): number {
    // It is counted before it can be found, and found no more before it is not counted.
    if (this.#words[this.#at + K.used] === 0) return 0;
    const words = this.#words;
    const hash = this.#hash(first, second);
    const tag = hash >>> numberBits;
    const cells = this.#cellsAt + (hash & this.#setMask) * ways;
    for (let cell = cells; cell < cells + ways; cell++) {
      const value = words[cell]!;
      if (value === 0 || value >>> numberBits !== tag || (value & numberMask) > this.#countMax) continue;
      const record = this.#recordAt((value & numberMask) - 1);
      if (Atomics.load(words, record) === first && words[record + R.second] === second) return record;
    }
    return 0;
  }

  get count(): number {
    return this.#words[this.#at + K.used]!;
  }

  get evictions(): number {
    return this.#words[this.#at + K.evictions]!;
  }

  get refusals(): number {
    return this.#words[this.#at + K.refusals]!;
  }

  visit(visit: (record: number) => void): void {
    const fresh = this.#fresh;
    for (let number = 0; number < fresh; number++)
      if (Atomics.load(this.#words, this.#recordAt(number)) !== 0) visit(this.#recordAt(number));
  }

  // ---- with the lock ----

  /** Those that are nobody's too. */
  visitAll(visit: (record: number) => void): void {
    const fresh = this.#fresh;
    for (let number = 0; number < fresh; number++) visit(this.#recordAt(number));
  }

  take(first: number, second: number, nowMs: number): number {
    const { memory } = this.#file;
    const nowS = secondsOf(nowMs);
    const found = this.find(first, second);
    if (found !== 0) {
      if (this.#words[found + R.usedS] !== nowS) memory.put(found + R.usedS, nowS);
      return found;
    }
    const hash = this.#hash(first, second);
    const [cell, record] = this.#countMax === 0 ? [0, 0] : this.#room(hash, nowMs);
    if (record === 0) {
      memory.put(this.#at + K.refusals, this.refusals + 1);
      return 0;
    }
    memory.put(record + R.second, second);
    memory.put(record + R.usedS, nowS);
    memory.store(record, first);
    memory.put(this.#at + K.used, this.count + 1);
    memory.store(cell, ((hash >>> numberBits) << numberBits) | (this.#numberOf(record) + 1));
    return record;
  }

  /** What is in flight is kept, and knows nothing any more. */
  drop(record: number): void {
    if (this.#isInFlight(record)) {
      for (let word: number = R.state; word < recordWords; word++)
        if (word !== R.active) this.#file.memory.put(record + word, 0);
      return;
    }
    this.remove(record);
  }

  /** Whether or not it is in flight. */
  remove(record: number): void {
    const { memory } = this.#file;
    const cell = this.#cellOf(record);
    if (cell === 0) return;
    this.#empty(cell, record);
    memory.put(record + R.second, this.#words[this.#at + K.free]!);
    memory.put(this.#at + K.free, this.#numberOf(record) + 1);
  }

  /** All that is not in order is taken out, and the free ones are listed anew: a dead process may have been about anything. */
  repair(): void {
    const { memory } = this.#file;
    const words = this.#words;
    const fresh = this.#fresh;
    const isKnown = new Uint8Array(fresh);
    let used = 0;
    for (let cell = this.#cellsAt; cell < this.#cellsAt + (this.#setMask + 1) * ways; cell++) {
      const value = words[cell]!;
      if (value === 0) continue;
      const number = (value & numberMask) - 1;
      if (number >= 0 && number < fresh && isKnown[number] === 0 && this.#isCellOf(cell, this.#recordAt(number))) {
        isKnown[number] = 1;
        used++;
      } else memory.store(cell, 0);
    }
    let free = 0;
    for (let number = 0; number < fresh; number++) {
      if (isKnown[number] === 1) continue;
      const record = this.#recordAt(number);
      this.#zero(record);
      memory.put(record + R.second, free);
      free = number + 1;
    }
    memory.put(this.#at + K.fresh, fresh);
    memory.put(this.#at + K.free, free);
    memory.put(this.#at + K.used, used);
  }

  /** A cell and a record of zeros for it; 0 without. */
  #room(hash: number, nowMs: number): readonly [cell: number, record: number] {
    const set = hash & this.#setMask;
    const cells = this.#cellsAt + set * ways;
    let free = 0;
    for (let cell = cells; free === 0 && cell < cells + ways; cell++) if (this.#words[cell] === 0) free = cell;
    const unused = free === 0 ? 0 : this.#unused();
    if (unused !== 0) return [free, unused];
    // Without a free cell only one of this set can make room.
    const sets = free === 0 ? 1 : Math.min(this.#setMask + 1, setsMax);
    for (let step = 0; step < sets; step++) {
      const cell = this.#idle(this.#cellsAt + ((set + step) & this.#setMask) * ways, nowMs);
      if (cell === 0) continue;
      const record = this.#recordAt((this.#words[cell]! & numberMask) - 1);
      this.#empty(cell, record);
      this.#file.memory.put(this.#at + K.evictions, this.evictions + 1);
      return [free === 0 ? cell : free, record];
    }
    return [0, 0];
  }

  /** A record that nobody has; 0 without, or without memory for it. */
  #unused(): number {
    const { memory } = this.#file;
    const words = this.#words;
    const free = words[this.#at + K.free]!;
    const fresh = this.#fresh;
    if (free > 0 && free <= fresh) {
      const record = this.#recordAt(free - 1);
      memory.put(this.#at + K.free, words[record + R.second]!);
      return record;
    }
    // Whatever stands in the file, nobody writes outside of the records.
    if (free !== 0) memory.put(this.#at + K.free, 0);
    const record = this.#recordAt(fresh);
    if (fresh >= this.#countMax || !this.#file.pages.has(record, recordWords)) return 0;
    memory.put(this.#at + K.fresh, fresh + 1);
    return record;
  }

  /** The cell of the one in a set that can go; 0 without. */
  #idle(cells: number, nowMs: number): number {
    const words = this.#words;
    let best = 0;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let cell = cells; cell < cells + ways; cell++) {
      const number = (words[cell]! & numberMask) - 1;
      if (number < 0 || number >= this.#countMax) continue;
      const record = this.#recordAt(number);
      if (this.#isInFlight(record)) continue;
      if (this.#hasEnds && this.#file.doubles[(record + R.untilMs) / 2]! > nowMs) continue;
      const isOut = this.#hasStates && words[record + R.state]! > memberState.available;
      const isWanted = isOut || (this.#hasTurns && this.#file.doubles[(record + R.atMs) / 2]! > nowMs);
      const rank = (words[record + R.usedS]! >>> 0) + (isWanted ? 2 ** 32 : 0);
      if (rank >= bestRank) continue;
      best = cell;
      bestRank = rank;
    }
    return best;
  }

  #empty(cell: number, record: number): void {
    const { memory } = this.#file;
    memory.store(cell, 0);
    memory.store(record, 0);
    this.#zero(record);
    memory.put(this.#at + K.used, this.count - 1);
  }

  #zero(record: number): void {
    for (let word = 0; word < recordWords; word++) if (word !== R.active) this.#file.memory.put(record + word, 0);
  }

  /** 0 without. */
  #cellOf(record: number): number {
    if (this.#words[record] === 0) return 0;
    const hash = this.#hash(this.#words[record]!, this.#words[record + R.second]!);
    const cells = this.#cellsAt + (hash & this.#setMask) * ways;
    for (let cell = cells; cell < cells + ways; cell++) if (this.#isCellOf(cell, record)) return cell;
    return 0;
  }

  #isCellOf(cell: number, record: number): boolean {
    const first = this.#words[record]!;
    const hash = this.#hash(first, this.#words[record + R.second]!);
    const value = ((hash >>> numberBits) << numberBits) | (this.#numberOf(record) + 1);
    const set = Math.floor((cell - this.#cellsAt) / ways);
    return first !== 0 && this.#words[cell] === value && set === (hash & this.#setMask);
  }

  #isInFlight(record: number): boolean {
    return Atomics.load(this.#words, record + R.active) > 0;
  }

  get #fresh(): number {
    return Math.min(Math.max(this.#words[this.#at + K.fresh]!, 0), this.#countMax);
  }

  #recordAt(number: number): number {
    return this.#recordsAt + number * recordWords;
  }

  #numberOf(record: number): number {
    return (record - this.#recordsAt) / recordWords;
  }

  #hash(first: number, second: number): number {
    let hash = Math.imul(first ^ this.#seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}
