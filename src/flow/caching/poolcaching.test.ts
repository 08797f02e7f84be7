import { expect, test } from "bun:test";
import { poolCachePlan } from "../../../test/playbook/caching.ts";
import { NoCache } from "../../memory/nocache.ts";
import { PoolCaching } from "./poolcaching.ts";

test("what the plan says is made ready with the limit of the cache", () => {
  const negative = [{ on: { from: 400, to: 499 }, ttlMs: 5 }];
  const cache = new NoCache({ name: "pages", objectBytesMax: 77 });
  const { policy, bypass, remote } = new PoolCaching({ ...poolCachePlan, negative }, cache, null, null);
  expect([policy.objectBytesMax, policy.negativeMs(404), policy.negativeMs(500)]).toEqual([77, 5, -1]);
  expect([bypass, remote]).toEqual([null, null]);
});
