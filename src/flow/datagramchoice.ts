// Which server a datagram session goes to, and whether that one still stands in another plan. It asks the pool's balancer
// and counts the session in flight; what becomes of a session that gets no server is its caller's to say, for with UDP
// nobody waits for one.

import type { ServerPlan } from "../config/plan.ts";
import type { PoolSite } from "./site.ts";

/** A server that takes one more session, which counts as in flight there from now on; -1 when none can. */
export function chooseServer({ backends }: PoolSite, key: number, tried: Uint8Array | null): number {
  // Another worker may fill a server between the pick and its taking.
  for (let races = 0; races < 4; races++) {
    const index = tried === null ? backends.pick(key) : backends.pickExcept(tried, key);
    if (index === -1 || backends.tryBegin(index)) return index;
  }
  return -1;
}

/** Whether a session may stay: the same name at the same address, reached from the same source. */
export function isSameServer(one: ServerPlan, other: ServerPlan): boolean {
  return (
    one.slot === other.slot &&
    one.id === other.id &&
    one.source === other.source &&
    JSON.stringify(one.address) === JSON.stringify(other.address)
  );
}
