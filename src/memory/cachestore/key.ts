// The key that is asked for, laid into words: the first part, then the variant, each filled up with zeros, as they stand in a node.
// Words are hashed and compared in a quarter of the time that bytes take; how long both parts are is compared beside them, so
// that zeros are told apart. The first part's hash seeds the variant's. Clients choose URLs, so the hash has a key (keyedhash.ts): whoever
// chose them to meet in one chain would have every look into it take as long as the chain. Files of the second layout were hashed by
// xxHash32 (base/hash.ts has the original), and are found by it.

import type { CacheKey } from "../cache.ts";
import { keyedHash } from "../keyedhash.ts";
import { header, isKeyed } from "./layout.ts";

const prime1 = 0x9e3779b1 | 0;
const prime2 = 0x85ebca77 | 0;
const prime3 = 0xc2b2ae3d | 0;
const prime4 = 0x27d4eb2f | 0;
const prime5 = 0x165667b1 | 0;

/** Longer ones are not found and not stored. Clients cannot say so much in a request's head anyway. */
export const keyBytesMax = 65_536;

/** Of one cache, as its header says. Signed, as nodes have it. */
export class StoreHash {
  readonly #isKeyed: boolean;
  readonly #low: number;
  readonly #high: number;

  constructor(words: Int32Array) {
    this.#isKeyed = isKeyed(words);
    this.#low = words[header.seed]!;
    this.#high = words[header.seedHigh]!;
  }

  /** Of the first part, words[0, end), which is so many bytes long. */
  first(words: Int32Array, end: number, bytes: number): number {
    const seed = (this.#low + bytes) | 0;
    return this.#isKeyed ? keyedHash(words, 0, end, seed, this.#high) | 0 : seededHash(words, 0, end, seed);
  }

  /** Of the variant, words[start, end), behind a first part of that hash. */
  variant(words: Int32Array, start: number, end: number, bytes: number, first: number): number {
    const seed = (first + bytes) | 0;
    return this.#isKeyed
      ? keyedHash(words, start, end - start, this.#low ^ seed, this.#high) | 0
      : seededHash(words, start, end, seed);
  }
}

export class StoreKey {
  readonly words: Int32Array = new Int32Array(keyBytesMax / 4 + 2);
  firstBytes = 0;
  variantBytes = 0;
  /** Words of the first part, and of both. */
  firstWords = 0;
  wordCount = 0;
  hashFirst = 0;
  hash = 0;
  readonly #hash: StoreHash;

  constructor(hash: StoreHash) {
    this.#hash = hash;
  }

  /** False: it is too long. */
  lay(key: CacheKey): boolean {
    if (key.end > keyBytesMax) return false;
    this.firstBytes = key.firstEnd;
    this.variantBytes = key.end - key.firstEnd;
    this.firstWords = this.#lay(key.bytes, 0, key.firstEnd, 0);
    this.hashFirst = this.#hash.first(this.words, this.firstWords, key.firstEnd);
    this.wordCount = this.firstWords;
    this.hash = this.hashFirst;
    if (this.variantBytes === 0) return true;
    this.wordCount = this.#lay(key.bytes, key.firstEnd, key.end, this.firstWords);
    this.hash = this.#hash.variant(this.words, this.firstWords, this.wordCount, this.variantBytes, this.hashFirst);
    return true;
  }

  /** Answers the word behind it. */
  #lay(bytes: Uint8Array, start: number, end: number, into: number): number {
    const { words } = this;
    let from = start;
    for (; from + 4 <= end; from += 4)
      words[into++] = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24);
    if (from === end) return into;
    let last = bytes[from]!;
    if (from + 1 < end) last |= bytes[from + 1]! << 8;
    if (from + 2 < end) last |= bytes[from + 2]! << 16;
    words[into++] = last;
    return into;
  }
}

export function seededHash(words: Int32Array, start: number, end: number, seed: number): number {
  let at = start;
  let hash = (seed + prime5) | 0;
  if (end - start >= 4) {
    let a = (seed + prime1 + prime2) | 0;
    let b = (seed + prime2) | 0;
    let c = seed | 0;
    let d = (seed - prime1) | 0;
    for (; at + 4 <= end; at += 4) {
      a = round(a, words[at]!);
      b = round(b, words[at + 1]!);
      c = round(c, words[at + 2]!);
      d = round(d, words[at + 3]!);
    }
    hash =
      (((a << 1) | (a >>> 31)) + ((b << 7) | (b >>> 25)) + ((c << 12) | (c >>> 20)) + ((d << 18) | (d >>> 14))) | 0;
  }
  hash = (hash + (end - start) * 4) | 0;
  for (; at < end; at++) {
    hash = (hash + Math.imul(words[at]!, prime3)) | 0;
    hash = Math.imul((hash << 17) | (hash >>> 15), prime4);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return hash ^ (hash >>> 16);
}

function round(lane: number, input: number): number {
  lane = (lane + Math.imul(input, prime2)) | 0;
  return Math.imul((lane << 13) | (lane >>> 19), prime1);
}
