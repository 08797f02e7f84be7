// The numbers of texts that this process has met, by the texts' hash: sets of eight in one line of memory, of a size that never changes.
// A number may be out of date, or another text's with the same hash: whoever asks looks at the text itself (texts.ts).

const ways = 8;
const cellWords = 2;

export class KnownNumbers {
  /** Hash and number, alternating; the number 0 is none. */
  readonly #cells: Int32Array;
  readonly #setMask: number;

  /** `count`: a power of 2, at least 8. */
  constructor(count: number) {
    this.#cells = new Int32Array(count * cellWords);
    this.#setMask = count / ways - 1;
  }

  /** 0 where there is none. */
  find(hash: number): number {
    const cells = this.#cells;
    const first = this.#firstOf(hash);
    for (let at = first; at < first + ways * cellWords; at += cellWords)
      if (cells[at] === hash && cells[at + 1] !== 0) return cells[at + 1]!;
    return 0;
  }

  /** In place of another where the set is full. */
  keep(hash: number, number: number): void {
    const cells = this.#cells;
    const first = this.#firstOf(hash);
    let place = first + (number & (ways - 1)) * cellWords;
    for (let at = first; at < first + ways * cellWords; at += cellWords) {
      if (cells[at + 1] !== 0 && cells[at] !== hash) continue;
      place = at;
      break;
    }
    cells[place] = hash;
    cells[place + 1] = number;
  }

  #firstOf(hash: number): number {
    return ((hash >>> 8) & this.#setMask) * ways * cellWords;
  }
}
