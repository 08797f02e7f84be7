// A plan for plays in which no server takes part (explain.ts, tests of configs, backtests): whoever plays the servers' part says what they
// answer by HTTP/1.1, which is what exchanges know in any case. What servers are asked by decides nothing that a play could tell of.

import type { Plan } from "../config/plan.ts";

export function playedPlan(plan: Plan): Plan {
  if (!plan.pools.some(({ servers }) => servers.some(({ isHttp2 }) => isHttp2))) return plan;
  return {
    ...plan,
    pools: plan.pools.map((pool) => ({
      ...pool,
      servers: pool.servers.map((server) => ({ ...server, isHttp2: false })),
    })),
  };
}
