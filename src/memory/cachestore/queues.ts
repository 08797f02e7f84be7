// The nodes of a shard in the order of their use, in queues: what a policy chooses from. A queue knows its oldest and its newest
// and how many units its nodes take. What is in no queue (under way, or gone and still held) is counted as loose. Of the
// policy lfu there is a queue for each frequency; which one a node is in follows from its own and from how often all of them
// were halved since.

import { frequencies, queue, queueWords, shardWord as S } from "./layout.ts";
import { node as N } from "./node.ts";
import type { StoreShard } from "./shard.ts";

const Q = { oldest: 0, newest: 1, units: 2 } as const;

export class StoreQueues {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;

  constructor(shard: StoreShard) {
    this.#shard = shard;
    this.#words = shard.words;
  }

  oldest(queue: number): number {
    return this.#words[this.#at(queue) + Q.oldest]!;
  }

  units(queue: number): number {
    return this.#words[this.#at(queue) + Q.units]!;
  }

  /** 0 behind the newest. */
  newer(node: number): number {
    return this.#words[node + N.newer]!;
  }

  /** As the newest, of a node that is in none. */
  enter(node: number, into: number): void {
    const words = this.#words;
    words[this.#shard.at + S.looseUnits]! -= words[node + N.weight]!;
    words[node + N.queue] = Math.min(into, queue.frequencies);
    words[this.#at(into) + Q.units]! += words[node + N.weight]!;
    this.#append(node, this.#at(into));
  }

  /** Of a node that may be in none. */
  leave(node: number): void {
    const words = this.#words;
    const from = this.queueOf(node);
    if (from === queue.none) return;
    const at = this.#at(from);
    this.#detach(node, at);
    words[at + Q.units]! -= words[node + N.weight]!;
    words[this.#shard.at + S.looseUnits]! += words[node + N.weight]!;
    words[node + N.queue] = queue.none;
  }

  /** Becomes the newest of its queue. */
  renew(node: number): void {
    if (this.#words[node + N.newer] === 0) return;
    const at = this.#at(this.queueOf(node));
    this.#detach(node, at);
    this.#append(node, at);
  }

  move(node: number, into: number): void {
    this.leave(node);
    this.enter(node, into);
  }

  /** A node takes more units, or fewer. */
  weigh(node: number, units: number): void {
    const words = this.#words;
    const from = this.queueOf(node);
    words[node + N.weight]! += units;
    words[from === queue.none ? this.#shard.at + S.looseUnits : this.#at(from) + Q.units]! += units;
  }

  queueOf(node: number): number {
    const stored = this.#words[node + N.queue]!;
    return stored === queue.frequencies ? queue.frequencies + this.frequencyOf(node) : stored;
  }

  // ---- of lfu ----

  frequencyOf(node: number): number {
    const halvings = this.#words[this.#shard.at + S.age]! - this.#words[node + N.age]!;
    return this.#words[node + N.frequency]! >> Math.min(halvings, 31);
  }

  /** Of a node that is in no queue. */
  setFrequency(node: number, frequency: number): void {
    this.#words[node + N.frequency] = frequency;
    this.#words[node + N.age] = this.#words[this.#shard.at + S.age]!;
  }

  /** Two lists become one, and no node is touched but those where they meet. */
  halveFrequencies(): void {
    for (let half = 0; half < frequencies / 2; half++) {
      const [into, lower, higher] = [half, 2 * half, 2 * half + 1].map((each) => this.#at(queue.frequencies + each));
      if (lower !== into) this.#relay(lower!, into!);
      this.#relay(higher!, into!);
    }
    this.#words[this.#shard.at + S.age]!++;
  }

  /** All of a queue behind the newest of another. */
  #relay(from: number, into: number): void {
    const words = this.#words;
    const first = words[from + Q.oldest]!;
    if (first === 0) return;
    const last = words[into + Q.newest]!;
    words[first + N.older] = last;
    if (last === 0) words[into + Q.oldest] = first;
    else words[last + N.newer] = first;
    words[into + Q.newest] = words[from + Q.newest]!;
    words[into + Q.units]! += words[from + Q.units]!;
    words.fill(0, from, from + queueWords);
  }

  // ---- links ----

  #append(node: number, at: number): void {
    const words = this.#words;
    const newest = words[at + Q.newest]!;
    words[node + N.older] = newest;
    words[node + N.newer] = 0;
    if (newest === 0) words[at + Q.oldest] = node;
    else words[newest + N.newer] = node;
    words[at + Q.newest] = node;
  }

  #detach(node: number, at: number): void {
    const words = this.#words;
    const older = words[node + N.older]!;
    const newer = words[node + N.newer]!;
    if (older === 0) words[at + Q.oldest] = newer;
    else words[older + N.newer] = newer;
    if (newer === 0) words[at + Q.newest] = older;
    else words[newer + N.older] = older;
  }

  #at(queue: number): number {
    return this.#shard.at + S.queues + (queue - 1) * queueWords;
  }
}
