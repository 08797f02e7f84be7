// Bytes that tell whose they are and where they stood: a first part that is said, then a sequence that its seed decides, without
// end. Two contents agree nowhere for long, so a byte that is lost, doubled or another's shows at once.

import { contentOf } from "../message.ts";

const pageBytes = 4096;

export class Content {
  readonly first: Uint8Array;
  readonly #seed: number;
  readonly #page: Uint8Array;

  constructor(seed: number, first: Uint8Array = new Uint8Array(0), page: Uint8Array = contentOf(seed, pageBytes)) {
    this.first = first;
    this.#seed = seed;
    this.#page = page;
  }

  /** The same, behind other bytes. */
  behind(bytes: Uint8Array): Content {
    return new Content(this.#seed, new Uint8Array(Buffer.concat([bytes, this.first])), this.#page);
  }

  slice(at: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    const first = this.first.subarray(at, at + size);
    bytes.set(first);
    for (let index = first.length; index < size; index++) {
      const place = at + index - this.first.length;
      bytes[index] = this.#page[place & (pageBytes - 1)]! ^ ((place >> 12) * 37);
    }
    return bytes;
  }

  /** Whether these are the bytes that stand at `at`. */
  matches(at: number, bytes: Uint8Array): boolean {
    return Buffer.from(this.slice(at, bytes.length)).equals(bytes);
  }
}
