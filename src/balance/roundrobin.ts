// Policy roundRobin: the eligible servers in order, weights ignored. The turn is one counter of all workers, so that the
// order is exact over all of them. The first turn is the first server.

import type { Policy, View } from "./policy.ts";

export class RoundRobin implements Policy {
  readonly isKeyed = false;

  pick(view: View): number {
    if (view.eligibleCount === 0) return -1;
    return view.eligible[view.nextTurn() % view.eligibleCount]!;
  }
}
