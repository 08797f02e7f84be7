// How a pool uses its cache, made ready for a site: the cache, the rules of the plan, the condition that keeps requests out of it. It
// decides nothing about a request; that is for ../caching.ts.

import { CachePolicy } from "../../cache/policy.ts";
import type { PoolCachePlan } from "../../config/plan.ts";
import type { Cache } from "../../memory/cache.ts";
import type { RemoteCache } from "../../memory/remotecache.ts";
import type { Scene } from "../../rules/scene.ts";

/** Holds for requests that the cache is to stay out of. */
export type BypassCondition = (scene: Scene) => boolean;

export class PoolCaching {
  readonly plan: PoolCachePlan;
  readonly cache: Cache;
  readonly policy: CachePolicy;
  /** Null where no request is kept out. */
  readonly bypass: BypassCondition | null;
  /** The second level; null without. */
  readonly remote: RemoteCache | null;

  constructor(plan: PoolCachePlan, cache: Cache, bypass: BypassCondition | null, remote: RemoteCache | null) {
    this.plan = plan;
    this.cache = cache;
    this.policy = new CachePolicy(plan, cache.objectBytesMax);
    this.bypass = bypass;
    this.remote = remote;
  }
}
