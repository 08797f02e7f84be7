// From a strategy's kind in the plan to the strategy: the only place that knows all of them. They keep nothing of their own, so
// that one serves all members of a pool, and their pairs.

import { unreachable } from "../../base/assert.ts";
import type { EgressStrategyPlan } from "../../config/plan.ts";
import { Consecutive } from "./consecutive.ts";
import { Never } from "./never.ts";
import { Share } from "./share.ts";
import type { Strategy } from "./strategy.ts";

export function createStrategy(plan: EgressStrategyPlan): Strategy {
  switch (plan.kind) {
    case "consecutive":
      return new Consecutive(plan.failures, plan.withinMs);
    case "share":
      return new Share(plan.of, plan.share);
    case "never":
      return new Never();
    default:
      return unreachable(plan);
  }
}
