// Policy leastBandwidth: the server with the fewest bytes a second for its weight, both ways and over all workers, in the last second as
// control has measured it. Between two measurements all picks would run to the same server; so each connection that was given since
// counts as a share of what the pool carried: as many as came between the two before would bring that much. A pool that is idle is
// spread as its weights say. Linear in the servers, as leastConnections.

import { leastOf } from "./least.ts";
import type { Policy, View } from "./policy.ts";

export class LeastBandwidth implements Policy {
  readonly isKeyed = false;
  readonly #loads: Float64Array;
  /** As they were measured at the last look, and calls of each server by then. */
  readonly #measured: Float64Array;
  readonly #calls: Float64Array;
  /** What is taken for a connection that was given since. */
  #share = 0;

  constructor(servers: number) {
    this.#loads = new Float64Array(servers);
    this.#measured = new Float64Array(servers);
    this.#calls = new Float64Array(servers);
  }

  pick(view: View): number {
    this.#look(view);
    for (let position = 0; position < view.eligibleCount; position++) {
      const index = view.eligible[position]!;
      // A count that fell was cleared for a new owner of the row.
      const begun = Math.max(view.callsOf(index) - this.#calls[index]!, 0);
      this.#loads[index] = (this.#measured[index]! + begun * this.#share) / view.weights[index]!;
    }
    return leastOf(view, this.#loads);
  }

  /** One measurement is of all servers: what was given before it is in it. */
  #look(view: View): void {
    let isNews = false;
    for (let index = 0; index < view.count; index++) {
      const measured = view.bandwidthOf(index);
      if (measured !== this.#measured[index]) isNews = true;
      this.#measured[index] = measured;
    }
    if (!isNews) return;
    let bytes = 0;
    let connections = 0;
    for (let index = 0; index < view.count; index++) {
      bytes += this.#measured[index]!;
      const calls = view.callsOf(index);
      connections += view.activeOf(index) + Math.max(calls - this.#calls[index]!, 0);
      this.#calls[index] = calls;
    }
    this.#share = bytes / Math.max(connections, 1);
  }
}
