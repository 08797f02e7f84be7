// Which policy a cache has.

import { unreachable } from "../../base/assert.ts";
import { LruPolicy, type StorePolicy } from "./policy.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";

export function policyOf(shard: StoreShard, queues: StoreQueues): StorePolicy {
  const { policy } = shard.layout;
  switch (policy) {
    case "tinylfu":
    case "lfu":
    case "lru":
      return new LruPolicy(shard, queues);
    default:
      return unreachable(policy);
  }
}
