import { expect, test } from "bun:test";
import { runTunnels } from "./tunnels.ts";

test("in a hundred worlds of tunnels nothing is lost, mixed up, or left behind", () => {
  let opened = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const outcome = runTunnels(seed);
    expect([seed, outcome.problem]).toEqual([seed, null]);
    opened += outcome.opened;
  }
  expect(opened).toBeGreaterThan(100);
}, 60_000);
