// How often a pool's servers may be sent a request again: for a share of the requests of the last ten seconds plus a few each
// second, so that a failing pool is not buried under retries. Refused connections do not count, they burden no one, nor idle ones that turn out closed. Counted in this worker; each worker has its share of the traffic.
// After Finagle's retry budget, with a ring of seconds in place of its leaky token bucket.

import type { RetryBudgetPlan } from "../config/plan.ts";

const windowSeconds = 10;

export class RetryBudget {
  readonly #requests = new Float64Array(windowSeconds);
  readonly #retries = new Float64Array(windowSeconds);
  #second = 0;
  #plan: RetryBudgetPlan = { ratio: 0, minimumPerSecond: 0 };

  configure(plan: RetryBudgetPlan): void {
    this.#plan = plan;
  }

  noteRequest(): void {
    this.#requests[this.#second]!++;
  }

  /** Whether one more retry is within the budget; if so it is spent. */
  spend(): boolean {
    const allowed = this.#plan.ratio * sum(this.#requests) + this.#plan.minimumPerSecond * windowSeconds;
    if (sum(this.#retries) + 1 > allowed) return false;
    this.#retries[this.#second]!++;
    return true;
  }

  /** A second has passed. */
  tick(): void {
    this.#second = (this.#second + 1) % windowSeconds;
    this.#requests[this.#second] = 0;
    this.#retries[this.#second] = 0;
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
