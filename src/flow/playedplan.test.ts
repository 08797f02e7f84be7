import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { playedPlan } from "./playedplan.ts";

test("servers that are asked by HTTP/2 are played by HTTP/1.1, and all else stays as it is", () => {
  const plan = makePlan({});
  expect(playedPlan(plan)).toBe(plan);
  const asked = {
    ...plan,
    pools: plan.pools.map((pool) => ({ ...pool, servers: pool.servers.map((one) => ({ ...one, isHttp2: true })) })),
  };
  expect(playedPlan(asked)).toEqual(plan);
});
