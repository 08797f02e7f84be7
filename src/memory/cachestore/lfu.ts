// The one that was asked for least goes, and of those the one nobody asked for longest. Frequencies are counted up to 63 and halved
// when ten times as much was counted as there are responses, so that what was once asked for much does not stay for ever: all
// at once, by lists becoming one (queues.ts).

import { frequencies, queue, shardWord as S } from "./layout.ts";
import { oldestFree, type StorePolicy } from "./policy.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";

const countsPerEntry = 10;
const entriesMin = 64;

export class LfuPolicy implements StorePolicy {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #queues: StoreQueues;

  constructor(shard: StoreShard, queues: StoreQueues) {
    this.#shard = shard;
    this.#words = shard.words;
    this.#queues = queues;
  }

  count(): void {
    const words = this.#words;
    const { at } = this.#shard;
    if (++words[at + S.counted]! < countsPerEntry * Math.max(words[at + S.entries]!, entriesMin)) return;
    words[at + S.counted]! >>>= 1;
    this.#queues.halveFrequencies();
  }

  enter(node: number): void {
    this.#enter(node, 1);
  }

  overflow(): number {
    return 0;
  }

  touch(node: number): void {
    const frequency = Math.min(this.#queues.frequencyOf(node) + 1, frequencies - 1);
    this.#queues.leave(node);
    this.#enter(node, frequency);
  }

  victim(): number {
    for (let frequency = 0; frequency < frequencies; frequency++) {
      const node = oldestFree(this.#shard, this.#queues, queue.frequencies + frequency);
      if (node !== 0) return node;
    }
    return 0;
  }

  admits(): boolean {
    return true;
  }

  #enter(node: number, frequency: number): void {
    this.#queues.setFrequency(node, frequency);
    this.#queues.enter(node, queue.frequencies + frequency);
  }
}
