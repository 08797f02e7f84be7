import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import { Slots } from "../../config/slots.ts";
import { Arena } from "../../memory/arena.ts";
import { poolCell, routeCell, Tally, Totals } from "../../memory/tally.ts";
import { pastAnswer } from "../api/shape/figures.ts";
import { cachesMax, Past } from "./past.ts";
import type { FiguresSource } from "./source.ts";

function stage(caches = 1) {
  const named = Array.from({ length: caches }, (_, index) => `c${index}`);
  const { config } = judge({
    listeners: { a: { listen: ":1", use: "p" } },
    pools: { p: { servers: ["10.0.0.1:1"], cache: "c0" } },
    caches: Object.fromEntries(named.map((name) => [name, { size: "1mb" }])),
  });
  const plan = compile(config!, new Slots(), () => undefined, 1, noMaterials);
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  const clock = { ms: 0 };
  const source: FiguresSource = {
    totals: new Totals(arena, 1),
    caches: { find: () => null },
    egresses: { all: [] },
    uptimeMs: () => 0,
    plan: () => plan,
    state: () => "ready",
    workers: () => [],
    conditionOf: () => ({ state: "up", reason: null, sinceMs: 0, isEligible: true }),
    confirmBy: () => null,
    bans: () => 0,
    usageOf: () => null,
    nowMs: () => clock.ms,
    monotonicMs: () => clock.ms,
  };
  const row = tally.routeRow(plan.routes[0]!.slot);
  return {
    past: new Past(source),
    clock,
    served: (count: number) => void (tally.cells[row + routeCell.status2xx]! += count),
    cached(hits: number, misses: number): void {
      const pool = tally.poolRow(plan.pools[0]!.slot);
      tally.cells[pool + poolCell.cacheHit]! += hits;
      tally.cells[pool + poolCell.cacheMiss]! += misses;
    },
  };
}

test("each moment has the mean of its seconds, and the first look is none", () => {
  const { past, clock, served } = stage();
  served(500);
  past.look();
  expect(past.answer().moments).toEqual([]);
  clock.ms = 10_000;
  served(1000);
  past.look();
  clock.ms = 20_000;
  past.look();
  const answer = past.answer();
  expect(answer.moments.map(({ at, requests }) => [at, requests])).toEqual([
    ["1970-01-01T00:00:10.000Z", 100],
    ["1970-01-01T00:00:20.000Z", 0],
  ]);
  expect(pastAnswer.safeParse(answer).success).toBe(true);
});

test("each moment tells what caches did, of so many as are remembered", () => {
  const { past, clock, cached } = stage(cachesMax + 4);
  cached(700, 700);
  past.look();
  clock.ms = 10_000;
  cached(30, 10);
  past.look();
  const answer = past.answer();
  const [moment] = answer.moments;
  expect(moment!.caches.map(({ name }) => name)).toEqual(Array.from({ length: cachesMax }, (_, index) => `c${index}`));
  expect(moment!.caches[0]).toEqual({
    ...{ name: "c0", hits: 3, misses: 1, hitRatio: 0.75 },
    ...{ entries: 0, bytes: 0, bytesMax: 1_048_576 },
  });
  expect(moment!.caches[1]).toMatchObject({ hits: 0, misses: 0, hitRatio: null });
  expect(pastAnswer.safeParse(answer).success).toBe(true);
});

test("an hour is kept, and no more", () => {
  const { past, clock } = stage();
  for (let look = 0; look < 500; look++) {
    clock.ms = look * 10_000;
    past.look();
  }
  const { moments } = past.answer();
  expect([moments.length, moments.at(-1)!.at]).toEqual([360, new Date(4_990_000).toISOString()]);
});
