// Policy first: the first eligible server in the order of the config, for pools where one server works and the rest stand by.

import type { Policy, View } from "./policy.ts";

export class First implements Policy {
  readonly isKeyed = false;

  pick(view: View): number {
    return view.eligibleCount === 0 ? -1 : view.eligible[0]!;
  }
}
