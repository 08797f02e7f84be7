// The shard that is open: locked, and where its parts begin. Only one is at a time, for every call of the store ends before
// the next. A lock that is taken over from a dead owner, or from a call of our own that threw, leaves a shard that nobody
// knows anything of: its heir empties it (wipe.ts).

import { type Heir, Lock } from "../lock.ts";
import { type Owners, yieldingRounds } from "../owners.ts";
import type { SharedWords } from "../sharedwords.ts";
import { header, type StoreLayout, shardWord, shardWords, unitWords } from "./layout.ts";

/** Twenty ms at least. What is given up after that is a miss, or is not stored. */
const roundsMax: number = yieldingRounds + 20;

export class StoreShard implements Heir {
  readonly layout: StoreLayout;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly doubles: Float64Array;
  /** What stands in what we lock, lease and claim. */
  readonly mine: number;
  /** Of the shard that is open: its first word, and those of its parts; of the map the first byte. */
  at = 0;
  unitsAt = 0;
  bucketsAt = 0;
  sketchAt = 0;
  mapAt = 0;
  /** Said with a shard open that was taken over. */
  wipe: () => void = () => {};
  readonly #memory: SharedWords;
  readonly #lock: Lock;
  readonly #firstUnitAt: number;
  readonly #shardUnitWords: number;

  constructor(bytes: Uint8Array, layout: StoreLayout, memory: SharedWords, owners: Owners) {
    this.layout = layout;
    this.bytes = bytes;
    this.words = memory.words;
    this.doubles = new Float64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 8));
    this.#memory = memory;
    this.#lock = new Lock(memory, owners, this, header.timeouts, roundsMax);
    this.mine = this.#lock.mine;
    this.#firstUnitAt = layout.unitsAt;
    this.#shardUnitWords = layout.units * unitWords;
  }

  /** False when somebody who lives does not let go. */
  open(shard: number): boolean {
    if (!this.#lock.take(this.#wordOf(shard))) return false;
    this.#enter(shard);
    return true;
  }

  close(): void {
    this.#memory.store(this.at + shardWord.lock, 0);
  }

  openOf(node: number): boolean {
    return this.open(this.shardOf(node));
  }

  shardOf(node: number): number {
    return ((node - this.#firstUnitAt) / this.#shardUnitWords) | 0;
  }

  shardOfHash(hashFirst: number): number {
    const { shardShift } = this.layout;
    return shardShift === 32 ? 0 : hashFirst >>> shardShift;
  }

  /** Of its first word. */
  numberOf(at: number): number {
    return (at - this.layout.shardsAt) / shardWords;
  }

  /** The lock beside those of shards: whoever has it recovers the dead. */
  takeGuard(): boolean {
    return this.#lock.take(this.#wordOf(this.layout.shards));
  }

  releaseGuard(): void {
    this.#memory.store(this.#wordOf(this.layout.shards), 0);
  }

  /** Takes over what the dead have locked, before somebody has to wait for it. */
  takeAbandoned(owners: Owners): void {
    for (let shard = 0; shard < this.layout.shards; shard++) {
      const holder = Atomics.load(this.words, this.#wordOf(shard));
      if (holder !== 0 && owners.isAbandoned(holder) && this.open(shard)) this.close();
    }
  }

  inherit(at: number): void {
    const shard = this.numberOf(at);
    if (shard === this.layout.shards) return;
    this.#enter(shard);
    this.wipe();
  }

  #enter(shard: number): void {
    const { layout } = this;
    this.at = this.#wordOf(shard);
    this.unitsAt = layout.unitsAt + shard * this.#shardUnitWords;
    this.bucketsAt = layout.bucketsAt + shard * layout.buckets;
    this.sketchAt = layout.sketchAt + shard * layout.sketchWords;
    this.mapAt = (layout.mapAt + shard * layout.mapWords) * 4;
  }

  #wordOf(shard: number): number {
    return this.layout.shardsAt + shard * shardWords;
  }
}
