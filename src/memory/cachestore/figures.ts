// What a cache tells of itself: sums over its shards, read without their locks. What changes meanwhile makes a figure that was true
// a moment ago.

import { header, shardWord, shardWords, unitBytes } from "./layout.ts";
import type { StoreShard } from "./shard.ts";

export interface StoreFigures {
  /** Whole responses, marks (pass, vary), and what is under way. */
  readonly entries: number;
  readonly marks: number;
  readonly fetching: number;
  readonly bytesUsed: number;
  readonly bytesMax: number;
  /** Of that, what has memory by now; the rest is asked for when it is wanted. */
  readonly bytesReady: number;
  /** The system had no more when it was asked last. */
  readonly isShort: boolean;
  /** What went to make room. */
  readonly evictions: number;
  /** What the policy did not let in, and what was too large or found no room together. */
  readonly refusals: number;
  readonly misfits: number;
  /** Shards that were emptied because a process died in the middle of a change. */
  readonly wipes: number;
  /** Calls that gave up waiting for a process that lives. */
  readonly timeouts: number;
}

export function figuresOf({ layout, words }: StoreShard): StoreFigures {
  const sum = (word: number): number => {
    let total = 0;
    for (let shard = 0; shard < layout.shards; shard++)
      total += words[layout.shardsAt + shard * shardWords + word]! >>> 0;
    return total;
  };
  const bytesMax = layout.shards * layout.units * unitBytes;
  const bytesReady = bytesMax - sum(shardWord.unready) * unitBytes;
  return {
    entries: sum(shardWord.entries),
    marks: sum(shardWord.marks),
    fetching: sum(shardWord.fetching),
    bytesUsed: bytesReady - (sum(shardWord.freeUnits) + sum(shardWord.gone)) * unitBytes,
    bytesMax,
    bytesReady,
    isShort: sum(shardWord.isShort) > 0,
    evictions: sum(shardWord.evictions),
    refusals: sum(shardWord.refusals),
    misfits: sum(shardWord.misfits),
    wipes: sum(shardWord.wipes),
    timeouts: words[header.timeouts]! >>> 0,
  };
}
