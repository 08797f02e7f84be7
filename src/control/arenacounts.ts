// How many rows of the arena a plan uses, of each kind: to the last one that it names, for a row stays where it is when others go. So
// much must have memory before any worker hears of the plan.

import type { Plan, RulePlan } from "../config/plan.ts";
import type { ArenaCounts } from "../memory/arena.ts";

export function arenaCounts({ listeners, routes, pools, egresses }: Plan): ArenaCounts {
  const ruled = [...listeners, ...pools].flatMap(({ rules: { connection, request, response, afterResponse } }) =>
    [...connection, ...request, ...response, ...afterResponse].flatMap(withInner),
  );
  return {
    listeners: rowsOf(listeners),
    routes: rowsOf(routes),
    pools: rowsOf(pools),
    servers: rowsOf(pools.flatMap(({ servers }) => servers)),
    rules: rowsOf(ruled),
    egresses: rowsOf(egresses),
  };
}

function withInner(rule: RulePlan): readonly RulePlan[] {
  return [rule, ...rule.rules.flatMap(withInner)];
}

function rowsOf(all: readonly { readonly slot: number }[]): number {
  return all.reduce((most, { slot }) => Math.max(most, slot + 1), 0);
}
