// The last changes of each member's state: a ring of `changesMax` entries of 12 bytes. Written under the lock: the entry is made
// invalid, counted, filled, and valid with its last word. Read without one, as outcomes are. How many there were of each sort, over
// all members, is counted beside the rings, which may be short, or none. The first `headMax` of each ring stand together,
// before all others: most members have been added, and no more ever became of them, so that 10,000 take 120 pages and not 3,000.
//
//   time      32 bits, s since 2020
//   text      32
//   facts     23 how many s it is to last, 3 state (0 is not valid), 5 cause, 1 whether the ring has gone round an odd number of times

import { type Change, type ChangeCause, type MemberState, memberWord } from "../egress.ts";
import { type BoardFile, epochMs, secondsOf } from "./file.ts";
import { changeCountAt, changeWords, rowWords } from "./layout.ts";

const secondsMax: number = 2 ** 23 - 1;
/** Added, out, on trial, and back. */
const headMax = 4;

export class BoardChanges {
  readonly #file: BoardFile;
  readonly #words: Int32Array;
  readonly #max: number;
  readonly #head: number;
  readonly #rowsAt: number;
  readonly #headsAt: number;
  readonly #tailsAt: number;
  readonly #change: Change = { atMs: 0, state: 0, cause: 0, forMs: 0, text: 0 };

  constructor(file: BoardFile) {
    this.#file = file;
    this.#words = file.words;
    const { shape, rowsAt, changesAt } = file.layout;
    this.#max = shape.changesMax;
    this.#head = Math.min(headMax, shape.changesMax);
    this.#rowsAt = rowsAt;
    this.#headsAt = changesAt;
    this.#tailsAt = changesAt + shape.members * this.#head * changeWords;
  }

  keep(row: number, change: Change): void {
    if (this.#max === 0) this.#count(change);
    else this.#put(row, change, true);
  }

  /** Modulo 2^32. */
  countOf(state: MemberState, cause: ChangeCause): number {
    return Atomics.load(this.#words, changeCountAt(state, cause)) >>> 0;
  }

  #count({ state, cause }: Change): void {
    this.#file.memory.add(changeCountAt(state, cause), 1);
  }

  #put(row: number, change: Change, isCounted: boolean): void {
    const { atMs, state, cause, forMs, text } = change;
    const { memory } = this.#file;
    const number = this.#totalOf(row);
    const at = this.#entryAt(row, number);
    if (!this.#file.pages.has(at, changeWords)) {
      if (isCounted) this.#count(change);
      return;
    }
    memory.store(at + 2, 0);
    memory.store(row + memberWord.changes, (number + 1) | 0);
    memory.put(at, secondsOf(atMs) | 0);
    memory.put(at + 1, text);
    // Behind the ring's own count: who reads the sorts before the rings finds room there for all that was counted.
    if (isCounted) this.#count(change);
    const forS = Math.min(Math.ceil(Math.max(forMs, 0) / 1000), secondsMax);
    memory.store(at + 2, (forS << 9) | (state << 6) | (cause << 1) | this.#roundOf(number));
  }

  /** Newest first. */
  visit(row: number, most: number, visit: (change: Change) => boolean): void {
    const total = this.#totalOf(row);
    const count = Math.min(total, this.#max, most);
    for (let index = 1; index <= count; index++) {
      if (!this.#read(row, total - index)) continue;
      if (((this.#totalOf(row) - total + index) | 0) > this.#max) return;
      if (!visit(this.#change)) return;
    }
  }

  /** What another board knows of a member, into a row that has none. */
  carry(from: BoardChanges, fromRow: number, row: number, textOf: (number: number) => number): void {
    const total = from.#totalOf(fromRow);
    for (let index = Math.min(total, from.#max, this.#max); index >= 1; index--)
      if (from.#read(fromRow, total - index)) {
        from.#change.text = textOf(from.#change.text);
        this.#put(row, from.#change, false);
      }
  }

  /** With the lock. */
  wipe(row: number): void {
    const count = Math.min(this.#totalOf(row), this.#max);
    for (let number = 0; number < count; number++) {
      const at = this.#entryAt(row, number);
      this.#file.pages.clear(this.#words, at, at + changeWords);
    }
    this.#file.memory.store(row + memberWord.changes, 0);
  }

  #totalOf(row: number): number {
    return Atomics.load(this.#words, row + memberWord.changes) >>> 0;
  }

  #entryAt(row: number, number: number): number {
    const index = number % this.#max;
    const member = (row - this.#rowsAt) / rowWords;
    const head = this.#head;
    return index < head
      ? this.#headsAt + (member * head + index) * changeWords
      : this.#tailsAt + (member * (this.#max - head) + index - head) * changeWords;
  }

  #roundOf(number: number): number {
    return Math.floor(number / this.#max) & 1;
  }

  #read(row: number, number: number): boolean {
    const words = this.#words;
    const at = this.#entryAt(row, number);
    if (!this.#file.pages.has(at, changeWords)) return false;
    const facts = Atomics.load(words, at + 2);
    const [seconds, text] = [words[at]!, words[at + 1]!];
    const state = (facts >>> 6) & 7;
    if (state === 0 || (facts & 1) !== this.#roundOf(number) || Atomics.load(words, at + 2) !== facts) return false;
    const change = this.#change;
    change.atMs = epochMs + (seconds >>> 0) * 1000;
    change.text = text;
    // What stands here was written by `keep`.
    change.state = state as MemberState;
    change.cause = ((facts >>> 1) & 0x1f) as ChangeCause;
    change.forMs = (facts >>> 9) * 1000;
    return true;
  }
}
