// From the key that is laid to its entry, with the entry's shard open: looked for, or made where there is none. What has
// expired and is held by nobody counts as not there, whether or not it has been swept.

import type { TableKey } from "../tablekey.ts";
import { StickKey } from "./key.ts";
import type { StickLayout } from "./layout.ts";
import type { StickShards } from "./shards.ts";

export class StickFinder {
  readonly #key: TableKey;
  readonly #words: StickKey;
  readonly #shards: StickShards;

  constructor(key: TableKey, layout: StickLayout, shards: StickShards) {
    this.#key = key;
    this.#words = new StickKey(key, layout.keyWords);
    this.#shards = shards;
  }

  /** 0: there is none, or it cannot be had; no shard is open then. */
  find(nowMs: number): number {
    if (!this.#key.isSet) return 0;
    const shards = this.#shards;
    this.#words.lay();
    const { words } = this.#words;
    const { isIPv4 } = this.#key;
    const hash = shards.hash(words, isIPv4);
    if (!shards.open(shards.shardOfHash(hash))) return 0;
    const entry = shards.find(words, isIPv4, hash);
    if (entry !== 0 && !shards.isOver(entry, nowMs)) return entry;
    shards.close();
    return 0;
  }

  /** 0: no room, or it cannot be had; no shard is open then. */
  enter(nowMs: number): number {
    if (!this.#key.isSet) return 0;
    const shards = this.#shards;
    this.#words.lay();
    const { words } = this.#words;
    const { isIPv4 } = this.#key;
    const hash = shards.hash(words, isIPv4);
    if (!shards.open(shards.shardOfHash(hash))) return 0;
    let entry = shards.find(words, isIPv4, hash);
    if (entry !== 0 && shards.isOver(entry, nowMs)) {
      shards.free(entry);
      entry = 0;
    }
    if (entry === 0) entry = shards.create(words, isIPv4, hash, nowMs);
    if (entry === 0) shards.close();
    return entry;
  }
}
