import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { arenaRanges, arenaTouchedBytes, capacity } from "../memory/arena.ts";
import { arenaCounts } from "./arenacounts.ts";

test("a plan has rows to the last one that it names", () => {
  const plan = makePlan({});
  const [pool] = plan.pools;
  const server = pool!.servers[0]!;
  const counts = arenaCounts({ ...plan, pools: [{ ...pool!, slot: 7, servers: [server, { ...server, slot: 40 }] }] });
  expect([counts.pools, counts.servers]).toEqual([8, 41]);
});

test("of more rows each range begins where it did, none reaches into the next, and all are what is told", () => {
  const few = { listeners: 1, routes: 1, pools: 1, servers: 1, rules: 0, egresses: 0 };
  const { workers, ...all } = capacity;
  const [small, large] = [arenaRanges(few, 2), arenaRanges(all, workers)];
  for (const [index, [start, end]] of small.entries())
    expect([large[index]![0], end <= large[index]![1]]).toEqual([start, true]);
  const sorted = large.toSorted((one, other) => one[0] - other[0]);
  for (const [index, [start]] of sorted.entries())
    if (index > 0) expect(start).toBeGreaterThanOrEqual(sorted[index - 1]![1]);
  const bytes = small.reduce((sum, [start, end]) => sum + end - start, 0);
  expect(bytes).toBeLessThanOrEqual(arenaTouchedBytes(few, 2));
});
