// The numbers of texts that this process has met, by two hashes of each: sets of four, each in one line of memory, of a size that never
// changes. With each stands how far the board's texts were when it was last found to be in force there: as long as none was new since
// then, nothing on the board has to be looked at, which with thousands of texts is memory that is not near at hand.

import { PairHash } from "../../base/pairhash.ts";

const ways = 4;
const cell = { hash: 0, other: 1, number: 2, seenAt: 3 } as const;
const cellWords = 4;

export class KnownNumbers {
  readonly #cells: Int32Array;
  readonly #setMask: number;
  /** Of the text that was asked for last. */
  readonly #hash: PairHash;
  #at = 0;

  /** `count`: a power of 2, at least 4. `seed`: nobody is to foresee which texts have the same hashes; by chance it is one in 2^64. */
  constructor(count: number, seed: number) {
    this.#cells = new Int32Array(count * cellWords);
    this.#setMask = count / ways - 1;
    this.#hash = new PairHash(seed);
  }

  /** 0 where there is none. */
  find(text: string): number {
    const cells = this.#cells;
    const { first: hash, second: other } = this.#hash.of(text);
    const start = this.#startOf(hash);
    for (let at = start; at < start + ways * cellWords; at += cellWords) {
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
    const { first: hash, second: other } = this.#hash;
    const start = this.#startOf(hash);
    let place = start + (number & (ways - 1)) * cellWords;
    for (let at = start; at < start + ways * cellWords; at += cellWords) {
      const isIt = cells[at + cell.hash] === hash && cells[at + cell.other] === other;
      if (cells[at + cell.number] !== 0 && !isIt) continue;
      place = at;
      break;
    }
    cells[place + cell.hash] = hash;
    cells[place + cell.other] = other;
    cells[place + cell.number] = number;
    cells[place + cell.seenAt] = clock;
  }

  #startOf(hash: number): number {
    return ((hash >>> 8) & this.#setMask) * ways * cellWords;
  }
}
