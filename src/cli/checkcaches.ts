// What `sluice check` says of caches: how much memory each takes when it is full, how large a response may be, and what decides
// over what stays. It reads plans and starts nothing; the address of a Redis, which may hold a password, is not shown. That a
// size cannot be had at all is for the review of the config.

import type { CachePlan } from "../config/plan.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { bytesText } from "./bytes.ts";

/** `128.0 MiB, responses of at most 8.0 MiB, tinylfu, redis behind it` */
export function cacheSummary({ bytesMax, objectBytesMax, policy, isShared, redis }: CachePlan): string {
  const parts = [
    `${bytesText(bytesMax)}${isShared ? "" : " divided by workers"}`,
    `responses of at most ${bytesText(objectBytesMax)}`,
    policy,
  ];
  if (redis !== null) parts.push("redis behind it");
  return parts.join(", ");
}

export function cacheReport(plan: CachePlan): object {
  const { objectBytesMax, policy, isShared, redis } = plan;
  const bytesWhenFull = CacheStore.fullBytesFor(plan);
  return { bytesWhenFull, objectBytesMax, policy, memory: isShared ? "shared" : "worker", redis: redis !== null };
}
