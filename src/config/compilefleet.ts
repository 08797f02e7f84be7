// The section fleet in numbers: what control's part of it is opened with. Workers need none of it: what tables they share, and what
// they do when news of others are old, stands with each table in the plan.

import { type RedisPlace, readRedisPlace } from "../base/redisplace.ts";
import { fleetOf } from "./compiletable.ts";
import { ms, value } from "./measure.ts";
import type { Config } from "./types.ts";

export interface FleetPlan {
  /** With its secrets. */
  readonly place: RedisPlace;
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
  return { place: value(readRedisPlace(redis)), name, node: node ?? null, ...times, whenStale, hasBans: bans };
}
