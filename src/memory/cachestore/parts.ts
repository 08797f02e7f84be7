// What a store is made of, for the files beside this one: each knows a part of it and finds the others here.
// Nothing but types.

import type { Owners } from "../owners.ts";
import type { StoreEntry } from "./entry.ts";
import type { StoreIndex } from "./index.ts";
import type { StoreNodes } from "./nodes.ts";
import type { StorePages } from "./pages.ts";
import type { StorePins } from "./pins.ts";
import type { StorePolicy } from "./policy.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";
import type { StoreUnits } from "./units.ts";
import type { StoreWriters } from "./writers.ts";

export interface StoreParts {
  readonly shard: StoreShard;
  readonly units: StoreUnits;
  readonly queues: StoreQueues;
  readonly index: StoreIndex;
  readonly policy: StorePolicy;
  readonly nodes: StoreNodes;
  readonly owners: Owners;
  readonly pins: StorePins;
  readonly writers: StoreWriters;
  /** Null where nothing is lent: in memory that is no file. */
  readonly pages: StorePages | null;
  /** Never 0. */
  nextClaim(): number;
  putBack(entry: StoreEntry): void;
}
