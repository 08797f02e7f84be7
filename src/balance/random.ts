// Policy random: each pick is drawn by weight, independent of all others. It knows neither load nor history, and needs nothing
// from other workers: independent draws add up. What it costs is unevenness: with n exchanges each, servers differ by about
// the square root of n.

import { Lottery } from "./lottery.ts";
import type { Policy, View } from "./policy.ts";

export class Random implements Policy {
  readonly isKeyed = false;
  readonly #lottery: Lottery;

  constructor(servers: number) {
    this.#lottery = new Lottery(servers);
  }

  pick(view: View): number {
    if (view.eligibleCount === 0) return -1;
    this.#lottery.refresh(view);
    return view.eligible[this.#lottery.draw(view)]!;
  }
}
