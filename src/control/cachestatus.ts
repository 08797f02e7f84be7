// What `sluice status` tells of caches: how full each is, and of one with a Redis behind it whether that answers. Control asks Redis
// itself for that, every second: workers keep what they find to themselves.

import type { CachePlan } from "../config/plan.ts";
import type { StoreFigures } from "../memory/cachestore/figures.ts";
import type { LinkState } from "../redis/link.ts";

/** The shape is public; fields are added, not changed. */
export interface CacheStatus {
  readonly name: string;
  readonly memory: "shared" | "worker";
  /** Null where each worker has its own, and nobody else can look into it. */
  readonly holds: { readonly responses: number; readonly bytes: number; readonly bytesMax: number } | null;
  /** Null without one. */
  readonly redis: RedisStatus | null;
}

export interface RedisStatus {
  /** Without user, password and database. */
  readonly address: string;
  readonly state: "up" | "away";
  /** Why it is away, and since when (RFC 3339); null while it is up. */
  readonly reason: string | null;
  readonly since: string | null;
  /** Why it takes nothing, though it is up; null where it does. */
  readonly refusal: string | null;
  /** What was purged while it was away is still to be purged there. */
  readonly isOwing: boolean;
}

/** What a second level tells of itself. */
export interface RedisSource {
  readonly state: LinkState;
  readonly isOwing: boolean;
}

export function cacheStatus(
  { name, isShared }: CachePlan,
  figures: StoreFigures | null,
  remote: RedisSource | null,
  nowMs: number,
): CacheStatus {
  return {
    name,
    memory: isShared ? "shared" : "worker",
    holds:
      figures === null ? null : { responses: figures.entries, bytes: figures.bytesUsed, bytesMax: figures.bytesMax },
    redis: remote === null ? null : redisStatus(remote, nowMs),
  };
}

export function redisStatus({ state, isOwing }: RedisSource, nowMs: number): RedisStatus {
  const { address, away, refusal } = state;
  return {
    address,
    state: away === null ? "up" : "away",
    reason: away?.reason ?? null,
    since: away === null ? null : new Date(nowMs - away.forMs).toISOString(),
    refusal,
    isOwing,
  };
}
