// Policies ipHash and consistentHash: the owner of the first point at or after the key on the hash ring, stepping over
// servers that are not eligible. The two differ only in what is hashed, which the caller decides.

import type { HashRing } from "./hashring.ts";
import type { Policy, View } from "./policy.ts";

export class ConsistentHash implements Policy {
  readonly isKeyed = true;
  readonly #ring: HashRing;

  constructor(ring: HashRing) {
    this.#ring = ring;
  }

  pick(view: View, key: number): number {
    if (view.eligibleCount === 0) return -1;
    const ring = this.#ring;
    let position = ring.positionOf(key);
    for (let steps = 0; steps < ring.size; steps++) {
      const owner = ring.ownerAt(position);
      if (view.isEligible[owner] === 1) return owner;
      position = ring.next(position);
    }
    return -1;
  }
}
