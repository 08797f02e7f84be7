// What one site keeps of those before it. What a site does stands in the conversations of test/playbook.

import { expect, test } from "bun:test";
import type { Actor } from "../../test/playbook/actor.ts";
import { egressPlan, egressProxy } from "../../test/playbook/egresses.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { get, ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { PoolSite } from "./site.ts";

/** How many of twenty plans have left a pool that is still in memory. */
async function left(options: () => PlanOptions): Promise<number> {
  const play = new Playbook(options());
  const pools: WeakRef<PoolSite>[] = [];
  for (let count = 0; count < 20; count++) {
    pools.push(new WeakRef(play.context.site.pools[0]!));
    play.reload(options());
  }
  const kept = await keptOf(pools);
  expect(play.context.site.pools).toHaveLength(1);
  return kept;
}

/** Of what is on the stack the collector keeps some. */
const strayMax = 4;

/** What a word on the stack has kept by chance is let go of in another turn; what is held is not, however often it is asked. */
async function keptOf(pools: readonly WeakRef<PoolSite>[]): Promise<number> {
  let kept = pools.length;
  for (let attempt = 0; attempt < 5 && kept > strayMax; attempt++) {
    // A reference is kept until the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    Bun.gc(true);
    kept = pools.filter((pool) => pool.deref() !== undefined).length;
  }
  return kept;
}

test("pools of former plans are let go of", async () => {
  expect(await left(() => ({ servers: ["one", "two"] }))).toBeLessThanOrEqual(strayMax);
});

test("so are those of a forward proxy, whose targets are taken over from plan to plan", async () => {
  expect(await left(() => egressProxy({ egress: egressPlan(["198.51.100.1"]) }))).toBeLessThanOrEqual(strayMax);
});

test("so are those whose requests were under way at a reload, once these are answered, though their clients stay", async () => {
  const play = new Playbook();
  const pools: WeakRef<PoolSite>[] = [];
  const servers: Actor[] = [];
  for (let count = 0; count < 20; count++) {
    pools.push(new WeakRef(play.context.site.pools[0]!));
    play.connect().sends(get("/"));
    servers.push(play.accept());
    play.reload({ generation: count + 2 });
  }
  for (const server of servers) server.sends(ok("a", "Connection: close"));
  expect(play.take().filter((said) => said === "report 200")).toHaveLength(20);
  const kept = await keptOf(pools);
  expect(play.context.downstreams.size).toBe(20);
  expect(kept).toBeLessThanOrEqual(strayMax);
});
