// A set of the registry as an operator looks at it: members, and what sentinels only talk about, each with its lease, whether it is
// drained, and who says what. Both registries show theirs by this.

import { addressOf, readMember } from "./member.ts";
import type { Membership, View } from "./registry.ts";

export interface Shown {
  readonly members: Iterable<string>;
  readonly draining: Iterable<string>;
  /** Of a member; null: it has none. */
  readonly leaseLeftMs: (member: string) => number | null;
  readonly views: ReadonlyMap<string, readonly View[]>;
}

/** Sorted. What is talked about and does not stand there comes in between. */
export function membershipsOf({ members, draining, leaseLeftMs, views }: Shown): Membership[] {
  const there = new Set(members);
  const drained = new Set([...draining].map(addressOf));
  return [...new Set([...there, ...views.keys()])].sort().map((member) => {
    const reading = readMember(member);
    const isMember = there.has(member);
    return {
      member,
      server: reading.ok && isMember ? reading.value : null,
      problem: reading.ok ? null : reading.message,
      isMember,
      isDraining: drained.has(addressOf(member)),
      leaseLeftMs: isMember ? leaseLeftMs(member) : null,
      views: [...(views.get(member) ?? [])].sort((one, other) => (one.voter < other.voter ? -1 : 1)),
    };
  });
}
