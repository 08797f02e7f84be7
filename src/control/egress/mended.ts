// Proxies and gateways that are unavailable because they could not be used or reached, and perhaps can: they are reached otherwise now (a
// password, a port or a CA was mended), or Sluice was started anew, and such things are mended before. Each may try at once; one that
// still cannot is out again as soon as it was the first time. What targets said of it stays.

import type { EgressPlan } from "../../config/plan.ts";
import type { EgressPool } from "../../egress/pool.ts";
import type { EgressBoard } from "../../memory/egress.ts";

/** `former`: what was in force; null: nothing, this is a start. Answers how many may try. */
export function letMendedTry(
  plan: EgressPlan,
  former: EgressPlan | null,
  board: EgressBoard,
  pool: EgressPool,
  nowMs: number,
): number {
  const doors = new Map(former?.members.map(({ id, door }) => [id, door]));
  let count = 0;
  for (const { id, door } of plan.members) {
    if (door.kind === "source") continue;
    const before = doors.get(id);
    // Who is new has nothing against it.
    const isMended = former === null || (before !== undefined && !Bun.deepEquals(before, door, true));
    if (isMended && pool.retry(board.memberOf(id), nowMs)) count++;
  }
  return count;
}
