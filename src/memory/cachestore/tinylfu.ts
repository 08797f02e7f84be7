// W-TinyLFU by bytes (Einziger, Friedman and Manes 2017; by size: Einziger, Eytan, Friedman and Manes 2021): what is new waits in a
// small window, the rest in a main part of a probation and a protected queue. When others must go, the oldest of the window
// stands against the oldest of probation, and the one that was asked for more often stays: what is asked for once, a crawler's
// walk over everything, passes through the window and washes nothing out.
//
//   new ─> window ── more often than those it puts out ──> probation ── asked for again ──> protected
//            └── otherwise gone                              └── gone   <── the oldest, when that is full
//
// What is larger than the window stands for itself before it comes in. Against one there are as many of the others as must go for
// its size, with all that they were asked for; but a count of the sketch ends at 15, and who has that has shown enough.

import { queue, shardWord as S } from "./layout.ts";
import { node as N } from "./node.ts";
import { oldestFree, type StorePolicy } from "./policy.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";
import { countMax, StoreSketch } from "./sketch.ts";

const windowShare = 0.01;
const protectedShareOfMain = 0.8;
/** An eighth of all responses: who has moved as one of the last so many moves no more. */
const newestShift = 3;
/** Of those who would go, so many are looked at: as many as were asked for at all weigh more than any count. */
const rivalsMax = 32;

export class TinyLfuPolicy implements StorePolicy {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #queues: StoreQueues;
  readonly #sketch: StoreSketch;
  /** In units. */
  readonly #windowMax: number;
  readonly #protectedMax: number;

  constructor(shard: StoreShard, queues: StoreQueues) {
    this.#shard = shard;
    this.#words = shard.words;
    this.#queues = queues;
    this.#sketch = new StoreSketch(shard);
    this.#windowMax = Math.ceil(shard.layout.units * windowShare);
    this.#protectedMax = Math.floor((shard.layout.units - this.#windowMax) * protectedShareOfMain);
  }

  count(hash: number): void {
    this.#sketch.count(hash);
  }

  enter(node: number): void {
    const queues = this.#queues;
    // What is larger has stood for itself.
    if (this.#words[node + N.weight]! > this.#windowMax) return queues.enter(node, queue.probation);
    queues.enter(node, queue.window);
  }

  overflow(): number {
    const words = this.#words;
    const queues = this.#queues;
    while (queues.units(queue.window) > this.#windowMax) {
      const node = queues.oldest(queue.window);
      const weight = words[node + N.weight]!;
      const isHeld = words[node + N.refs] !== 0;
      if (!isHeld && this.#roomOfMain < weight && !this.#isWorth(words[node + N.hash]!, weight)) return node;
      queues.move(node, queue.probation);
    }
    return 0;
  }

  touch(node: number): void {
    const words = this.#words;
    const queues = this.#queues;
    const from = words[node + N.queue]!;
    if (from === queue.window) return queues.renew(node);
    const { at } = this.#shard;
    if (from === queue.protected) {
      // Among the newest anyway: moving it would touch its neighbours for nothing.
      if (((words[at + S.moves]! - words[node + N.moved]!) | 0) < words[at + S.entries]! >> newestShift) return;
      queues.renew(node);
    } else queues.move(node, queue.protected);
    words[node + N.moved] = ++words[at + S.moves]!;
    while (queues.units(queue.protected) > this.#protectedMax)
      queues.move(queues.oldest(queue.protected), queue.probation);
  }

  victim(): number {
    const words = this.#words;
    const candidate = this.#oldest(queue.window);
    const victim = this.#oldestOfMain();
    if (candidate === 0 || victim === 0) return candidate || victim;
    // The main part has more than its share.
    if (this.#roomOfMain < 0) return victim;
    if (!this.#isWorth(words[candidate + N.hash]!, words[candidate + N.weight]!)) return candidate;
    this.#queues.move(candidate, queue.probation);
    return victim;
  }

  admits(hash: number, units: number): boolean {
    return units <= this.#windowMax || this.#isWorth(hash, units);
  }

  /** What it has not taken of its share: all but the window's share, and what is free or on its way counts as the window's. */
  get #roomOfMain(): number {
    const { words, at } = this.#shard;
    return (
      this.#queues.units(queue.window) +
      words[at + S.looseUnits]! +
      words[at + S.freeUnits]! +
      words[at + S.unready]! -
      this.#windowMax
    );
  }

  /** Asked for more often than those that would go for so many units, together. */
  #isWorth(hash: number, units: number): boolean {
    const words = this.#words;
    const count = this.#sketch.of(hash);
    let rivals = 0;
    let seen = 0;
    let looks = 0;
    for (const from of [queue.probation, queue.protected])
      for (let node = this.#queues.oldest(from); node !== 0 && seen < units; node = this.#queues.newer(node)) {
        if (looks++ === rivalsMax || rivals >= count) break;
        rivals += this.#sketch.of(words[node + N.hash]!);
        seen += words[node + N.weight]!;
      }
    return count > Math.min(rivals, countMax - 1);
  }

  #oldestOfMain(): number {
    return this.#oldest(queue.probation) || this.#oldest(queue.protected);
  }

  #oldest(from: number): number {
    return oldestFree(this.#shard, this.#queues, from);
  }
}
