// The section fleet in numbers: what control's part of it is opened with. Workers need none of it: what tables they share, and what
// they do when news of others are old, stands with each table in the plan.

import { fleetOf } from "./compiletable.ts";
import { ms } from "./measure.ts";
import type { Config } from "./types.ts";

export interface FleetPlan {
  readonly url: string;
  readonly name: string;
  /** Null: whoever runs it finds one. */
  readonly node: string | null;
  readonly intervalMs: number;
  readonly staleMs: number;
  readonly whenStale: "open" | "closed";
  /** Bans of one node hold on all. */
  readonly hasBans: boolean;
}

/** Null: this node is alone. */
export function compileFleet({ fleet }: Pick<Config, "fleet">): FleetPlan | null {
  if (fleet === undefined) return null;
  const { redis, name, node, interval, stale, whenStale, bans } = fleetOf(fleet);
  const times = { intervalMs: ms(interval), staleMs: ms(stale) };
  return { url: redis, name, node: node ?? null, ...times, whenStale, hasBans: bans };
}
