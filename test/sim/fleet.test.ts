// Fleets from seeds: three to five nodes over a network that misbehaves, with a ledger that may lose everything. Repeat one with
// npm run sim -- SEED --kind fleet --trace

import { expect, test } from "bun:test";
import { runFleet } from "./fleet/run.ts";

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

test.each(seeds)("seed %d: nodes never read too much, and in the end all read what was counted", (seed) => {
  const { problem, answered } = runFleet(seed);
  expect(problem).toBeNull();
  expect(answered).toBeGreaterThan(100);
});

test("a run is repeated by its seed", () => {
  expect(runFleet(7, true).trace).toEqual(runFleet(7, true).trace);
});
