// Which policy a cache has: the shape of its file says so, and all that have it open have the same one, for the queues and counts
// that it goes by stand in the file.

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
