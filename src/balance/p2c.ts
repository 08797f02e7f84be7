// Policy p2c, the power of two choices: two servers drawn by weight, the one with fewer exchanges in flight for its weight
// taken. Nearly as even as asking all, at the price of two looks, and without the herd that runs to one idle server.
// Equals go to the first drawn, so that an idle pool is spread over by weight.

import { Lottery } from "./lottery.ts";
import type { Policy, View } from "./policy.ts";

export class P2c implements Policy {
  readonly isKeyed = false;
  readonly #lottery: Lottery;

  constructor(servers: number) {
    this.#lottery = new Lottery(servers);
  }

  pick(view: View): number {
    if (view.eligibleCount < 2) return view.eligibleCount === 0 ? -1 : view.eligible[0]!;
    this.#lottery.refresh(view);
    const position = this.#lottery.draw(view);
    const first = view.eligible[position]!;
    const second = view.eligible[this.#lottery.drawOther(view, position)]!;
    const firstLoad = view.activeOf(first) / view.weights[first]!;
    return view.activeOf(second) / view.weights[second]! < firstLoad ? second : first;
  }
}
