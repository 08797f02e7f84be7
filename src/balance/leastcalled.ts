// Policy leastCalled: the server that was given the fewest exchanges for its weight, by all workers together.
// Totals cannot be compared as they stand: a server added today would get everything until it caught up with years, one
// that was down for an hour would get that hour at once, and a weight that grows in slow start would rewrite the past.
// So each server has a level, which grows by 1/weight with each call that is seen; a server that becomes eligible starts at
// the lowest level of those that already are, unless its own is higher. When a policy is new, all levels are equal.
// A worker may have nothing to do for hours: what happened meanwhile it learns from the counts, and from the board's arrivals.

import { leastOf } from "./least.ts";
import type { Policy, View } from "./policy.ts";

export class LeastCalled implements Policy {
  readonly isKeyed = false;
  readonly #levels: Float64Array;
  /** Calls of each server at the last look. */
  readonly #seen: Float64Array;
  /** 1 where the server was eligible at the last look. */
  readonly #wasEligible: Uint8Array;
  /** How often each had become eligible by then. */
  readonly #arrivals: Int32Array;
  #version = -1;

  constructor(servers: number) {
    this.#levels = new Float64Array(servers);
    this.#seen = new Float64Array(servers);
    this.#wasEligible = new Uint8Array(servers);
    this.#arrivals = new Int32Array(servers);
  }

  pick(view: View): number {
    const isChanged = view.version !== this.#version;
    // Who comes back starts where the others stand now, after all that other workers gave them meanwhile.
    this.#advance(view);
    if (isChanged) this.#admit(view);
    return leastOf(view, this.#levels);
  }

  #advance(view: View): void {
    for (let position = 0; position < view.eligibleCount; position++) {
      const index = view.eligible[position]!;
      const calls = view.callsOf(index);
      // A count that fell was cleared for a new owner of the row.
      if (calls > this.#seen[index]! && this.#wasEligible[index] === 1)
        this.#levels[index]! += (calls - this.#seen[index]!) / view.weights[index]!;
      this.#seen[index] = calls;
    }
  }

  #admit(view: View): void {
    this.#version = view.version;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = 0;
    for (let index = 0; index < view.count; index++) {
      if (view.isEligible[index] === 0) continue;
      if (this.#hasStayed(view, index)) lowest = Math.min(lowest, this.#levels[index]!);
      highest = Math.max(highest, this.#levels[index]!);
    }
    // Where all were away, nobody has missed anything that the others did not.
    const start = Math.min(lowest, highest);
    for (let index = 0; index < view.count; index++) {
      if (view.isEligible[index] === 1 && !this.#hasStayed(view, index))
        this.#levels[index] = Math.max(this.#levels[index]!, start);
      this.#wasEligible[index] = view.isEligible[index]!;
      this.#arrivals[index] = view.arrivals[index]!;
    }
  }

  /** It was eligible at the last look, and was all the time since. */
  #hasStayed(view: View, index: number): boolean {
    return this.#wasEligible[index] === 1 && this.#arrivals[index] === view.arrivals[index];
  }
}
