// What shard and bucket a key belongs to. Addresses of networks and integers are hashed by the tail rounds of xxHash32
// (base/hash.ts has the original), which cost next to nothing for one or two words. Of longer words whoever chooses them finds differences
// that cancel there whatever the seed is, so texts and whole IPv6 addresses are hashed with a key (keyedhash.ts), which is the
// table's seed. Tables of texts of the first layout were hashed by xxHash32 too: a file says which it is.

import { keyedHash } from "../keyedhash.ts";
import { header, ipv4Bit, isKeyed } from "./layout.ts";

const prime2 = 0x85ebca77 | 0;
const prime3 = 0xc2b2ae3d | 0;
const prime4 = 0x27d4eb2f | 0;
const prime5 = 0x165667b1 | 0;

/** Of one table: as its header says. */
export class StickHash {
  readonly #isKeyed: boolean;
  readonly #low: number;
  readonly #high: number;

  constructor(table: Int32Array) {
    this.#isKeyed = isKeyed(table);
    this.#low = table[header.seed]!;
    this.#high = table[header.seedHigh]!;
  }

  /** Of the key in words[at, at + count), unsigned. */
  of(words: Int32Array, at: number, count: number, isIPv4: boolean): number {
    const low = isIPv4 ? this.#low ^ ipv4Bit : this.#low;
    return this.#isKeyed ? keyedHash(words, at, count, low, this.#high) : seededHash(words, at, count, low);
  }
}

/** The tail rounds of xxHash32 over whole words, and its avalanche. */
export function seededHash(words: Int32Array, at: number, count: number, seed: number): number {
  let hash = (seed + prime5 + count * 4) | 0;
  for (let index = at; index < at + count; index++) {
    hash = (hash + Math.imul(words[index]!, prime3)) | 0;
    hash = Math.imul((hash << 17) | (hash >>> 15), prime4);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
