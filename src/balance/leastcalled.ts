// Policy leastCalled: the server that was given the fewest exchanges for its weight, by all workers together.
// Totals cannot be compared as they stand: a server added today would get everything until it caught up with years, one
// that was down for an hour would get that hour at once, and a weight that grows in slow start would rewrite the past.
// So each server has a level, which grows by 1/weight with each call that is seen; a server that becomes eligible starts at
// the lowest level of those that already are, unless its own is higher. When a policy is new, all levels are equal.

import { leastOf } from "./least.ts";
import type { Policy, View } from "./policy.ts";

export class LeastCalled implements Policy {
  readonly isKeyed = false;
  readonly #levels: Float64Array;
  /** Calls of each server at the last look. */
  readonly #seen: Float64Array;
  /** 1 where the server was eligible at the last look. */
  readonly #wasEligible: Uint8Array;
  #version = -1;

  constructor(servers: number) {
    this.#levels = new Float64Array(servers);
    this.#seen = new Float64Array(servers);
    this.#wasEligible = new Uint8Array(servers);
  }

  pick(view: View): number {
    if (view.version !== this.#version) this.#admit(view);
    for (let position = 0; position < view.eligibleCount; position++) {
      const index = view.eligible[position]!;
      const calls = view.callsOf(index);
      // A count that fell was cleared for a new owner of the row.
      if (calls > this.#seen[index]!) this.#levels[index]! += (calls - this.#seen[index]!) / view.weights[index]!;
      this.#seen[index] = calls;
    }
    return leastOf(view, this.#levels);
  }

  #admit(view: View): void {
    this.#version = view.version;
    let lowest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < view.count; index++)
      if (view.isEligible[index] === 1 && this.#wasEligible[index] === 1)
        lowest = Math.min(lowest, this.#levels[index]!);
    for (let index = 0; index < view.count; index++) {
      if (view.isEligible[index] === 1 && this.#wasEligible[index] === 0) {
        this.#seen[index] = view.callsOf(index);
        if (lowest !== Number.POSITIVE_INFINITY) this.#levels[index] = Math.max(this.#levels[index]!, lowest);
      }
      this.#wasEligible[index] = view.isEligible[index]!;
    }
  }
}
