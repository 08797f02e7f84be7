import { expect, test } from "bun:test";
import { RoundRobin } from "./roundrobin.ts";
import { SampleView } from "./sample.fixture.ts";

test("servers take turns in order from the first, whatever their weights", () => {
  const view = new SampleView([9, 1, 1]);
  const policy = new RoundRobin();
  expect(Array.from({ length: 7 }, () => policy.pick(view))).toEqual([0, 1, 2, 0, 1, 2, 0]);
});

test("a server that is down is skipped without giving its turns to one neighbour", () => {
  const view = new SampleView([1, 1, 1, 1]);
  view.set(1, false);
  const policy = new RoundRobin();
  const counts = [0, 0, 0, 0];
  for (let pick = 0; pick < 300; pick++) counts[policy.pick(view)]!++;
  expect(counts).toEqual([100, 0, 100, 100]);
});
