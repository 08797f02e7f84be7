// Who the users of an egress pool's quota are, for its board: by their names in the plan. Of those that are in no list any more the board
// forgets what they have had, once others could need the room; and a board of another size takes over only what those have had that
// are still there.

import type { EgressPlan, Plan } from "../../config/plan.ts";
import { firstName } from "../../egress/names.ts";

/** Names may stand there twice. Empty without a quota. */
export function userNames({ listeners, pools, egresses }: Plan, pool: EgressPlan): readonly string[] {
  if (pool.quota === null) return [];
  const index = egresses.indexOf(pool);
  return listeners.flatMap(({ auth, proxy }) => {
    const egress = proxy === null ? null : pools[proxy.pool]?.targets?.egress;
    if (auth === null || egress === null || egress === undefined) return [];
    const isOurs = egress.http === index || egress.https === index || egress.tunnels === index;
    return isOurs ? auth.users.map(({ name }) => name) : [];
  });
}

/** Whether a record is one of theirs, by its first word. That one in 2^32 is another's keeps that one, no more. */
export function isOneOf(names: readonly string[], nameSeed: number): (first: number) => boolean {
  const firsts = new Set(names.map((name) => firstName(name, nameSeed)));
  return (first) => firsts.has(first);
}

export function isSameList(one: readonly string[], other: readonly string[] | undefined): boolean {
  return one.length === other?.length && one.every((name, index) => name === other[index]);
}
