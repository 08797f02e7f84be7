// Which policy a cache has.

import { unreachable } from "../../base/assert.ts";
import { LfuPolicy } from "./lfu.ts";
import { LruPolicy, type StorePolicy } from "./policy.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";
import { TinyLfuPolicy } from "./tinylfu.ts";

export function policyOf(shard: StoreShard, queues: StoreQueues): StorePolicy {
  const { policy } = shard.layout;
  switch (policy) {
    case "tinylfu":
      return new TinyLfuPolicy(shard, queues);
    case "lfu":
      return new LfuPolicy(shard, queues);
    case "lru":
      return new LruPolicy(shard, queues);
    default:
      return unreachable(policy);
  }
}
