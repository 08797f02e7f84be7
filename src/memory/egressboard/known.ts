// The numbers of texts that this process has met, by two hashes of each: sets of four, each in one line of memory, of a size that never
// changes. With each stands how far the board's texts were when it was last found to be in force there: as long as none was new since
// then, nothing on the board has to be looked at, which with thousands of texts is memory that is not near at hand.

import { hashString } from "../../base/hash.ts";

const ways = 4;
const cell = { hash: 0, other: 1, number: 2, seenAt: 3 } as const;
const cellWords = 4;
const otherSeed = 0x7e_c7_5d;
const highPrime = 0x85eb_ca77;

export class KnownNumbers {
  readonly #cells: Int32Array;
  readonly #setMask: number;
  readonly #seed: number;
  /** Of the text that was asked for last. */
  #hash = 0;
  #other = 0;
  #at = 0;

  /** `count`: a power of 2, at least 4. `seed`: nobody is to foresee which texts have the same hashes; by chance it is one in 2^64. */
  constructor(count: number, seed: number) {
    this.#cells = new Int32Array(count * cellWords);
    this.#setMask = count / ways - 1;
    this.#seed = seed;
  }

  /** 0 where there is none. */
  find(text: string): number {
    const cells = this.#cells;
    const hash = hashString(text, this.#seed) | 0;
    const other = withHigh(hashString(text, this.#seed ^ otherSeed), text);
    this.#hash = hash;
    this.#other = other;
    const first = this.#firstOf(hash);
    for (let at = first; at < first + ways * cellWords; at += cellWords) {
      if (cells[at + cell.hash] !== hash || cells[at + cell.other] !== other) continue;
      this.#at = at;
      return cells[at + cell.number]!;
    }
    return 0;
  }

  /** Of what was found last. */
  get seenAt(): number {
    return this.#cells[this.#at + cell.seenAt]!;
  }

  set seenAt(clock: number) {
    this.#cells[this.#at + cell.seenAt] = clock;
  }

  /** Of the text that was asked for last, in place of another where the set is full. */
  keep(number: number, clock: number): void {
    const cells = this.#cells;
    const first = this.#firstOf(this.#hash);
    let place = first + (number & (ways - 1)) * cellWords;
    for (let at = first; at < first + ways * cellWords; at += cellWords) {
      const isIt = cells[at + cell.hash] === this.#hash && cells[at + cell.other] === this.#other;
      if (cells[at + cell.number] !== 0 && !isIt) continue;
      place = at;
      break;
    }
    cells[place + cell.hash] = this.#hash;
    cells[place + cell.other] = this.#other;
    cells[place + cell.number] = number;
    cells[place + cell.seenAt] = clock;
  }

  #firstOf(hash: number): number {
    return ((hash >>> 8) & this.#setMask) * ways * cellWords;
  }
}

/** `hashString` folds characters above 0xff into a byte, whatever its seed: here they count whole, and by where they stand. */
function withHigh(hash: number, text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0xff) hash = Math.imul(((hash << 13) | (hash >>> 19)) ^ ((at << 16) | code), highPrime);
  }
  return hash | 0;
}
