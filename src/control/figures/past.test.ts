import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import { Slots } from "../../config/slots.ts";
import { Arena } from "../../memory/arena.ts";
import { routeCell, Tally, Totals } from "../../memory/tally.ts";
import { pastAnswer } from "../api/shape/figures.ts";
import { Past } from "./past.ts";
import type { FiguresSource } from "./source.ts";

function stage(): { past: Past; clock: { ms: number }; served(count: number): void } {
  const { config } = judge({ listeners: { a: { listen: ":1", use: "p" } }, pools: { p: { servers: ["10.0.0.1:1"] } } });
  const plan = compile(config!, new Slots(), () => undefined, 1, noMaterials);
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  const clock = { ms: 0 };
  const source: FiguresSource = {
    totals: new Totals(arena, 1),
    caches: { find: () => null },
    egresses: { all: [] },
    startedAtMs: 0,
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
    served: (count) => void (tally.cells[row + routeCell.status2xx]! += count),
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

test("an hour is kept, and no more", () => {
  const { past, clock } = stage();
  for (let look = 0; look < 500; look++) {
    clock.ms = look * 10_000;
    past.look();
  }
  const { moments } = past.answer();
  expect([moments.length, moments.at(-1)!.at]).toEqual([360, new Date(4_990_000).toISOString()]);
});
