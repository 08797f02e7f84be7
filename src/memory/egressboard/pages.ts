// Memory for what a large board comes to need as it is written to: rings, records and texts, most pages of which nobody ever touches.
// A page of them is asked of the system before it is touched for the first time, also for reading, which takes memory as writing does: in
// a file that lies where none is left the system ends who touches a page that it has not given (SIGBUS). Each process remembers
// which pages are there, so that asking costs a look into an array from then on; a page that was given is never taken back.

import { pageBytes, type Reserve } from "../cellpages.ts";

const pageBits = 10;
const skipsAfterRefusal = 255;

export class BoardPages {
  readonly #reserve: Reserve;
  /** Of each page of the file, whether it is known to be there. */
  readonly #known: Uint8Array;
  /** Who reads on in a page that was refused is not to ask for each entry. */
  #refused = -1;
  #skips = 0;

  constructor(reserve: Reserve, words: number) {
    this.#reserve = reserve;
    this.#known = new Uint8Array(Math.ceil(words / 2 ** pageBits));
  }

  /** Whether these words, of a page or two, may be touched. */
  has(at: number, count: number): boolean {
    const first = at >>> pageBits;
    const last = (at + count - 1) >>> pageBits;
    if (this.#known[first] !== 1 && !this.#ask(first)) return false;
    return last === first || this.#known[last] === 1 || this.#ask(last);
  }

  /** Zeros, but where no memory is: what was never given is zero. */
  clear(words: Int32Array, at: number, end: number): void {
    for (let start = at; start < end; ) {
      const next = Math.min(((start >>> pageBits) + 1) << pageBits, end);
      if (this.has(start, 1)) words.fill(0, start, next);
      start = next;
    }
  }

  #ask(page: number): boolean {
    if (page === this.#refused && this.#skips > 0) {
      this.#skips--;
      return false;
    }
    if (this.#reserve(page * pageBytes, pageBytes)) {
      this.#known[page] = 1;
      return true;
    }
    this.#refused = page;
    this.#skips = skipsAfterRefusal;
    return false;
  }
}
