// Who goes first when there is no room: responses that nobody can be shown any more, and by which no server can be asked anything. A
// policy (policy.ts) chooses by what was asked for how often, and would let such ones, popular once, keep out what is alive. A
// hand goes round the buckets of each shard, a bounded way when room is wanted, and rests a moment when it has met nobody: it costs
// nothing where there is room, and next to nothing where all are alive. The hand is this process's own.

import { cacheFlag, cacheState } from "../cache.ts";
import type { StoreIndex } from "./index.ts";
import { node as N } from "./node.ts";
import type { StoreShard } from "./shard.ts";

/** A look at a node may be a miss of the processor's caches, one at a bucket hardly ever is. */
const nodesMax = 32;
const bucketsMax = 4096;
/** That look costs some microseconds, as much as all else that storing a short response does. */
const restMs = 10;

export class StoreSweep {
  readonly #shard: StoreShard;
  readonly #index: StoreIndex;
  /** By shard: the bucket to go on with. */
  readonly #hands: Int32Array;
  /** By shard: when the last look met nobody. */
  readonly #metNobodyMs: Float64Array;

  constructor(shard: StoreShard, index: StoreIndex) {
    this.#shard = shard;
    this.#index = index;
    this.#hands = new Int32Array(shard.layout.shards);
    this.#metNobodyMs = new Float64Array(shard.layout.shards);
  }

  /** One that is dead and that nobody holds, in the shard that is open; 0 where none was met, or no time is told (0). */
  next(nowMs: number): number {
    const number = this.#shard.numberOf(this.#shard.at);
    if (nowMs === 0 || Math.abs(nowMs - this.#metNobodyMs[number]!) < restMs) return 0;
    const { words, layout } = this.#shard;
    const most = Math.min(bucketsMax, layout.buckets);
    let bucket = this.#hands[number]!;
    let looks = 0;
    for (let count = 0; count < most && looks < nodesMax; count++) {
      for (let node = this.#index.firstIn(bucket); node !== 0; node = words[node + N.next]!) {
        looks++;
        if (isDead(this.#shard, node, nowMs)) {
          this.#hands[number] = bucket;
          return node;
        }
      }
      bucket = (bucket + 1) & (layout.buckets - 1);
    }
    this.#hands[number] = bucket;
    this.#metNobodyMs[number] = nowMs;
    return 0;
  }
}

/** Only who takes what is stale for any time, by `max-stale`, could still be shown it. */
function isDead({ words, doubles }: StoreShard, node: number, nowMs: number): boolean {
  if (words[node + N.state] !== cacheState.whole || words[node + N.refs] !== 0) return false;
  const flags = words[node + N.flags]!;
  if ((flags & (cacheFlag.hasEtag | cacheFlag.hasLastModified)) !== 0) return false;
  const staleForMs = Math.max(doubles[(node + N.staleWhileRevalidateMs) / 2]!, doubles[(node + N.staleIfErrorMs) / 2]!);
  if ((flags & cacheFlag.isPurged) !== 0 && staleForMs === 0) return true;
  return doubles[(node + N.bornMs) / 2]! + doubles[(node + N.freshForMs) / 2]! + staleForMs <= nowMs;
}
