// From a key to its node, in the shard that is open. All variants of a first part are in one chain, the younger before the older, so
// that of two nodes under one key (what is stale, and what is fetched to take its place) the younger is found first. Keys are
// compared as a whole: two that have the same hash must never be taken for each other.

import { type CacheKey, cacheState } from "../cache.ts";
import { type StoreHash, StoreKey } from "./key.ts";
import { shardWord as S } from "./layout.ts";
import { node as N, wordsFor } from "./node.ts";
import type { StoreShard } from "./shard.ts";

export class StoreIndex {
  /** The one that was opened last: what is looked for. */
  readonly key: StoreKey;
  readonly #shard: StoreShard;
  readonly #words: Int32Array;

  constructor(shard: StoreShard, hash: StoreHash) {
    this.key = new StoreKey(hash);
    this.#shard = shard;
    this.#words = shard.words;
  }

  /** Lays the key and opens its shard. */
  open(key: CacheKey): boolean {
    return this.key.lay(key) && this.#shard.open(this.#shard.shardOfHash(this.key.hashFirst));
  }

  /** The first node under the key, or the one behind `after`; 0 without. */
  find(after = 0): number {
    const words = this.#words;
    const { key } = this;
    const { hash } = key;
    let node = after === 0 ? words[this.#bucketOf(key.hashFirst)]! : words[after + N.next]!;
    for (; node !== 0; node = words[node + N.next]!)
      if (words[node + N.hash] === hash && words[node + N.variantBytes] === key.variantBytes)
        if (words[node + N.firstBytes] === key.firstBytes && this.#isSame(node, key.wordCount)) return node;
    return 0;
  }

  /** The next under the same first part, of any variant. */
  findFirst(after = 0): number {
    const words = this.#words;
    const { key } = this;
    const { hashFirst } = key;
    let node = after === 0 ? words[this.#bucketOf(hashFirst)]! : words[after + N.next]!;
    for (; node !== 0; node = words[node + N.next]!)
      if (words[node + N.hashFirst] === hashFirst && words[node + N.firstBytes] === key.firstBytes)
        if (this.#isSame(node, key.firstWords)) return node;
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

  #isSibling(node: number, of: number): boolean {
    const words = this.#words;
    for (const field of [N.hash, N.hashFirst, N.firstBytes, N.variantBytes])
      if (words[node + field] !== words[of + field]) return false;
    const count = wordsFor(words[of + N.firstBytes]!) + wordsFor(words[of + N.variantBytes]!);
    for (let index = N.key; index < N.key + count; index++) if (words[node + index] !== words[of + index]) return false;
    return true;
  }

  #isSame(node: number, count: number): boolean {
    const words = this.#words;
    const sought = this.key.words;
    const at = node + N.key;
    for (let index = 0; index < count; index++) if (words[at + index] !== sought[index]) return false;
    return true;
  }

  #bucketOf(hashFirst: number): number {
    return this.#shard.bucketsAt + (hashFirst & (this.#shard.layout.buckets - 1));
  }
}
