// From a key to its node, in the shard that is open. All variants of a first part are in one chain, the younger before the older, so
// that of two nodes under one key (what is stale, and what is fetched to take its place) the younger is found first. Keys are
// compared byte by byte: two that have the same hash must never be taken for each other.

import { hashBytes } from "../../base/hash.ts";
import { type CacheKey, cacheState } from "../cache.ts";
import { shardWord as S } from "./layout.ts";
import { node as N } from "./node.ts";
import type { StoreShard } from "./shard.ts";

export class StoreIndex {
  /** Of the key that was hashed last. */
  hashFirst = 0;
  hash = 0;
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #seed: number;

  constructor(shard: StoreShard, seed: number) {
    this.#shard = shard;
    this.#words = shard.words;
    this.#bytes = shard.bytes;
    this.#seed = seed;
  }

  /** Hashes the key and opens its shard. */
  open(key: CacheKey): boolean {
    const { bytes, firstEnd, end } = key;
    this.hashFirst = hashBytes(bytes, 0, firstEnd, this.#seed) | 0;
    this.hash = end === firstEnd ? this.hashFirst : hashBytes(bytes, firstEnd, end, this.hashFirst) | 0;
    return this.#shard.open(this.#shard.shardOfHash(this.hashFirst));
  }

  /** Of the key that was opened: the first node under it, or the one behind `after`; 0 without. */
  find(key: CacheKey, after = 0): number {
    const words = this.#words;
    const { hash } = this;
    let node = after === 0 ? words[this.#bucketOf(this.hashFirst)]! : words[after + N.next]!;
    for (; node !== 0; node = words[node + N.next]!)
      if (words[node + N.hash] === hash && words[node + N.keyBytes] === key.end && this.#hasFirst(node, key))
        if (this.#isSame(node, key.bytes, key.firstEnd, key.end)) return node;
    return 0;
  }

  /** The next under the same first part, of any variant. */
  findFirst(key: CacheKey, after = 0): number {
    const words = this.#words;
    let node = after === 0 ? words[this.#bucketOf(this.hashFirst)]! : words[after + N.next]!;
    for (; node !== 0; node = words[node + N.next]!) if (this.#hasFirst(node, key)) return node;
    return 0;
  }

  /** Another node under the key of this one, behind `after` in its chain; 0 without. */
  sibling(of: number, after = 0): number {
    const words = this.#words;
    let node = after === 0 ? words[this.#bucketOf(words[of + N.hashFirst]!)]! : words[after + N.next]!;
    for (; node !== 0; node = words[node + N.next]!) if (node !== of && this.#isSibling(node, of)) return node;
    return 0;
  }

  link(node: number): void {
    const words = this.#words;
    const bucket = this.#bucketOf(words[node + N.hashFirst]!);
    words[node + N.next] = words[bucket]!;
    words[bucket] = node;
    words[node + N.isLinked] = 1;
    this.#count(node, 1);
  }

  unlink(node: number): void {
    const words = this.#words;
    let at = this.#bucketOf(words[node + N.hashFirst]!);
    while (words[at] !== node) at = words[at]! + N.next;
    words[at] = words[node + N.next]!;
    words[node + N.isLinked] = 0;
    this.#count(node, -1);
  }

  /** Of a node that is linked, or is none. */
  setState(node: number, state: number): void {
    const isLinked = this.#words[node + N.isLinked] === 1;
    if (isLinked) this.#count(node, -1);
    Atomics.store(this.#words, node + N.state, state);
    if (isLinked) this.#count(node, 1);
  }

  /** First node of a bucket. */
  firstIn(bucket: number): number {
    return this.#words[this.#shard.bucketsAt + bucket]!;
  }

  #count(node: number, amount: number): void {
    const state = this.#words[node + N.state]!;
    const isMark = state === cacheState.pass || state === cacheState.vary;
    this.#words[this.#shard.at + (state === cacheState.whole ? S.entries : isMark ? S.marks : S.fetching)]! += amount;
  }

  #hasFirst(node: number, key: CacheKey): boolean {
    const words = this.#words;
    if (words[node + N.hashFirst] !== this.hashFirst || words[node + N.firstBytes] !== key.firstEnd) return false;
    return this.#isSame(node, key.bytes, 0, key.firstEnd);
  }

  #isSibling(node: number, of: number): boolean {
    const words = this.#words;
    for (const field of [N.hash, N.hashFirst, N.firstBytes, N.keyBytes])
      if (words[node + field] !== words[of + field]) return false;
    const at = (of + N.key) * 4;
    return this.#isSame(node, this.#bytes.subarray(at, at + words[of + N.keyBytes]!), 0, words[of + N.keyBytes]!);
  }

  #isSame(node: number, bytes: Uint8Array, start: number, end: number): boolean {
    const ours = this.#bytes;
    const at = (node + N.key) * 4;
    for (let index = start; index < end; index++) if (ours[at + index] !== bytes[index]) return false;
    return true;
  }

  #bucketOf(hashFirst: number): number {
    return this.#shard.bucketsAt + (hashFirst & (this.#shard.layout.buckets - 1));
  }
}
