// Policy random: each pick is drawn by weight, independent of all others. It needs nothing from other workers.

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
