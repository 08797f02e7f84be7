// Who stays when there is no room: what a policy is told, and asked. It knows the nodes that are whole, by queues (queues.ts) and
// by the hash of their key, in the shard that is open, and no keys, times or bytes. A node that somebody holds makes no room
// when it goes, so none is chosen; it is looked past, a bounded number of times, and becomes the newest of its queue meanwhile.

import { queue } from "./layout.ts";
import { node as N } from "./node.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";

export interface StorePolicy {
  /** Asked for, and found whole or not at all. */
  count(hash: number): void;
  /** A node that became whole, and is in no queue. */
  enter(node: number): void;
  /** Who goes because of what entered, though there was room for it; asked until it is 0. */
  overflow(): number;
  /** Found. */
  touch(node: number): void;
  /** Which goes next; 0 where none can. */
  victim(): number;
  /** Whether what comes is worth what would go for it: asked when others must go. `units` is all that it takes so far. */
  admits(hash: number, units: number): boolean;
}

/** Held nodes that are looked past. */
const looksMax = 32;

/** The oldest of a queue that nobody holds; 0 without. */
export function oldestFree(shard: StoreShard, queues: StoreQueues, from: number): number {
  for (let looks = 0; looks < looksMax; looks++) {
    const node = queues.oldest(from);
    if (node === 0 || shard.words[node + N.refs] === 0) return node;
    queues.renew(node);
  }
  return 0;
}

/** The one that nobody asked for longest goes. */
export class LruPolicy implements StorePolicy {
  readonly #shard: StoreShard;
  readonly #queues: StoreQueues;

  constructor(shard: StoreShard, queues: StoreQueues) {
    this.#shard = shard;
    this.#queues = queues;
  }

  count(): void {}

  enter(node: number): void {
    this.#queues.enter(node, queue.probation);
  }

  overflow(): number {
    return 0;
  }

  touch(node: number): void {
    this.#queues.renew(node);
  }

  victim(): number {
    return oldestFree(this.#shard, this.#queues, queue.probation);
  }

  admits(): boolean {
    return true;
  }
}
