// Policy first: the first eligible server in the order of the config, for pools where one server works and the rest stand by.
// It knows neither weights nor load. With limits, what the first cannot carry flows over to the second, and so on: the pool
// passes over full servers before it asks.

import type { Policy, View } from "./policy.ts";

export class First implements Policy {
  readonly isKeyed = false;

  pick(view: View): number {
    return view.eligibleCount === 0 ? -1 : view.eligible[0]!;
  }
}
