// The last outcomes of each member: a ring of `entriesMax` entries of 20 bytes, by how many there ever were. Anybody writes, without a lock:
// by counting it reserves an entry, makes it invalid, fills it, and writes the word last that makes it valid. A reader takes what is
// valid, the same before and after it looked, and was not reserved again meanwhile; else it goes on to the next. Nothing of that waits
// for memory, which is seldom near at hand: where a processor has others see it in another order, the check finds it out.
//
//   host      32 bits of a text's number
//   key       32
//   time      32, the low ones, of ms since 2020
//   facts      9 more of the time, 10 status, 7 fault, 4 flags, 1 whether the duration is unknown
//   check     24 duration, 8 over all of this and the number of the entry, never 0: 0 is not valid
//
// Of two writers that are a whole ring apart, one of which was held up inside of the few ns that writing takes, the entry may be a
// mixture: the check finds out 254 of 255, as of every other.

import { memberWord, type Outcome } from "../egress.ts";
import type { BoardFile } from "./file.ts";
import { epochMs } from "./file.ts";
import { outcomeWords, rowWords } from "./layout.ts";

const timeMax: number = 2 ** 41 - 1;
const durationMax: number = 2 ** 24 - 1;
export const faultMax = 0x7f;

export class BoardOutcomes {
  readonly #file: BoardFile;
  readonly #words: Int32Array;
  readonly #max: number;
  readonly #rowsAt: number;
  readonly #at: number;
  readonly #outcome: Outcome = { atMs: 0, status: 0, fault: 0, flags: 0, durationMs: 0, host: 0, key: 0 };

  constructor(file: BoardFile) {
    this.#file = file;
    this.#words = file.words;
    this.#max = file.layout.shape.entriesMax;
    this.#rowsAt = file.layout.rowsAt;
    this.#at = file.layout.outcomesAt;
  }

  keep(row: number, outcome: Outcome): void {
    if (this.#max === 0) return;
    const { memory } = this.#file;
    const number = memory.next(row + memberWord.outcomes) >>> 0;
    const at = this.#entryAt(row, number);
    // Counted, but not kept: where it would stand no reader looks without memory either.
    if (!this.#file.pages.has(at, outcomeWords)) return;
    memory.put(at + 4, 0);
    const sinceMs = Math.min(Math.max(Math.floor(outcome.atMs - epochMs), 0), timeMax);
    const low = sinceMs | 0;
    const isUnknown = outcome.durationMs < 0;
    const duration = isUnknown ? 0 : Math.min(Math.floor(outcome.durationMs), durationMax);
    const facts =
      Math.floor(sinceMs / 2 ** 32) |
      ((outcome.status & 0x3ff) << 9) |
      ((outcome.fault & faultMax) << 19) |
      ((outcome.flags & 0xf) << 26) |
      (isUnknown ? 1 << 30 : 0);
    const host = outcome.host | 0;
    const key = outcome.key | 0;
    memory.put(at, host);
    memory.put(at + 1, key);
    memory.put(at + 2, low);
    memory.put(at + 3, facts);
    memory.put(at + 4, (duration << 8) | checkOf(host, key, low, facts, duration ^ number));
  }

  /** Newest first. */
  visit(row: number, most: number, visit: (outcome: Outcome) => boolean): void {
    const total = this.#totalOf(row);
    const count = Math.min(total, this.#max, most);
    for (let index = 1; index <= count; index++) {
      if (!this.#read(row, total - index)) continue;
      // Reserved for another meanwhile, and so are those before it.
      if (((this.#totalOf(row) - total + index) | 0) > this.#max) return;
      if (!visit(this.#outcome)) return;
    }
  }

  /** What another board knows of a member, into a row that has none. */
  carry(from: BoardOutcomes, fromRow: number, row: number, textOf: (number: number) => number): void {
    const total = from.#totalOf(fromRow);
    const count = Math.min(total, from.#max, this.#max);
    for (let index = count; index >= 1; index--) {
      if (!from.#read(fromRow, total - index)) continue;
      const outcome = from.#outcome;
      outcome.host = textOf(outcome.host);
      outcome.key = textOf(outcome.key);
      this.keep(row, outcome);
    }
  }

  /** With the lock. */
  wipe(row: number): void {
    const count = Math.min(this.#totalOf(row), this.#max);
    const at = this.#entryAt(row, 0);
    this.#file.pages.clear(this.#words, at, at + count * outcomeWords);
    this.#file.memory.store(row + memberWord.outcomes, 0);
  }

  #totalOf(row: number): number {
    return Atomics.load(this.#words, row + memberWord.outcomes) >>> 0;
  }

  #entryAt(row: number, number: number): number {
    const max = this.#max;
    return this.#at + (((row - this.#rowsAt) / rowWords) * max + (number % max)) * outcomeWords;
  }

  #read(row: number, number: number): boolean {
    const words = this.#words;
    const at = this.#entryAt(row, number);
    if (!this.#file.pages.has(at, outcomeWords)) return false;
    const last = Atomics.load(words, at + 4);
    const [host, key, low, facts] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const duration = last >>> 8;
    if ((last & 0xff) !== checkOf(host, key, low, facts, duration ^ number) || Atomics.load(words, at + 4) !== last)
      return false;
    const outcome = this.#outcome;
    outcome.host = host;
    outcome.key = key;
    outcome.atMs = epochMs + (facts & 0x1ff) * 2 ** 32 + (low >>> 0);
    outcome.status = (facts >>> 9) & 0x3ff;
    outcome.fault = (facts >>> 19) & faultMax;
    outcome.flags = (facts >>> 26) & 0xf;
    outcome.durationMs = (facts & (1 << 30)) !== 0 ? -1 : duration;
    return true;
  }
}

/** From 1 to 255. */
function checkOf(host: number, key: number, low: number, facts: number, rest: number): number {
  let hash = Math.imul(host ^ 0x9e3779b1, 0x85ebca77) ^ key;
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d) ^ low;
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f) ^ facts;
  hash = Math.imul(hash ^ (hash >>> 16), 0x165667b1) ^ rest;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
  return hash >>> 24 || 1;
}
