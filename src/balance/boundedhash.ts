// Policy boundedHash: consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam 2016). With m exchanges in
// flight and this one to come, a server takes at most ceil(c (m + 1) w / W), where w is its weight, W that of all eligible
// servers and c the load factor; from one that is full the walk goes on along the ring. So a hot key spills over to the same few
// neighbours and no server carries more than c times its share.
// The bounds sum up to more than m, so somebody always has room. An idle server always has; then m need not be counted.

import type { HashRing } from "./hashring.ts";
import type { Policy, View } from "./policy.ts";

export class BoundedHash implements Policy {
  readonly isKeyed = true;
  readonly #ring: HashRing;
  readonly #loadFactor: number;

  /** `loadFactor` below 1 would leave no room for the last exchange; it counts as 1. */
  constructor(ring: HashRing, loadFactor: number) {
    this.#ring = ring;
    this.#loadFactor = Math.max(1, loadFactor);
  }

  pick(view: View, key: number): number {
    if (view.eligibleCount === 0) return -1;
    const ring = this.#ring;
    let position = ring.positionOf(key);
    let owned = -1;
    let roomPerWeight = -1;
    for (let steps = 0; steps < ring.size; steps++, position = ring.next(position)) {
      const owner = ring.ownerAt(position);
      if (view.isEligible[owner] !== 1) continue;
      if (owned === -1) owned = owner;
      const active = view.activeOf(owner);
      if (active === 0) return owner;
      if (roomPerWeight < 0) roomPerWeight = this.#roomPerWeight(view);
      if (active < Math.ceil(roomPerWeight * view.weights[owner]!)) return owner;
    }
    // All counts grew while we walked: the owner of the key is as good as any.
    return owned;
  }

  #roomPerWeight(view: View): number {
    let active = 0;
    let weight = 0;
    for (let position = 0; position < view.eligibleCount; position++) {
      const index = view.eligible[position]!;
      active += view.activeOf(index);
      weight += view.weights[index]!;
    }
    return (this.#loadFactor * (active + 1)) / weight;
  }
}
