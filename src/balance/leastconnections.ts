// Policy leastConnections: the server with the fewest exchanges in flight for its weight, over all workers. Linear in the
// servers, for in-flight counts change with every exchange of every worker and no order of them could be kept.

import { leastOf } from "./least.ts";
import type { Policy, View } from "./policy.ts";

export class LeastConnections implements Policy {
  readonly isKeyed = false;
  /** Read once a pick: a count that moves between two looks must not turn a tie into nobody. */
  readonly #loads: Float64Array;

  constructor(servers: number) {
    this.#loads = new Float64Array(servers);
  }

  pick(view: View): number {
    for (let position = 0; position < view.eligibleCount; position++) {
      const index = view.eligible[position]!;
      this.#loads[index] = view.activeOf(index) / view.weights[index]!;
    }
    return leastOf(view, this.#loads);
  }
}
