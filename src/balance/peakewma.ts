// Policy peakEwma: two servers drawn by weight, the one with the lower cost taken, which is the response time expected there
// times what would then be in flight, for its weight (as in Finagle and linkerd). The view's average jumps up with a slow
// response and comes down with time, so a server in trouble is left within one response and tried again soon.
// A server of which nothing is known is held to be as fast as the one it is compared with: it gets a fair share by load
// until its first response, but not a flood, as it would if unknown counted as instant; and it is not starved, as it
// would be by a fixed penalty, while other workers keep it busy.

import { Lottery } from "./lottery.ts";
import type { Policy, View } from "./policy.ts";

export class PeakEwma implements Policy {
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
    const firstLatency = view.latencyOf(first);
    const secondLatency = view.latencyOf(second);
    const firstLoad = (view.activeOf(first) + 1) / view.weights[first]!;
    const secondLoad = (view.activeOf(second) + 1) / view.weights[second]!;
    if (firstLatency === 0 || secondLatency === 0) return secondLoad < firstLoad ? second : first;
    return secondLatency * secondLoad < firstLatency * firstLoad ? second : first;
  }
}
