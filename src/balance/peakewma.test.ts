import { expect, test } from "bun:test";
import { PeakEwma } from "./peakewma.ts";
import { SampleView } from "./sample.fixture.ts";

test("response time times what would be in flight, for the weight, decides", () => {
  const view = new SampleView([1, 1]);
  view.latencies.splice(0, 2, 10, 30);
  view.active.splice(0, 2, 1, 0);
  const policy = new PeakEwma(2);
  expect(policy.pick(view)).toBe(0);
  view.active[0] = 3;
  expect(policy.pick(view)).toBe(1);
  view.weights[0] = 2;
  view.changed();
  expect(policy.pick(view)).toBe(0);
});

test("a server of which nothing is known gets its share by load until its first response, and no flood", () => {
  const view = new SampleView([1, 1]);
  view.latencies[0] = 5;
  const policy = new PeakEwma(2);
  view.active.splice(0, 2, 1, 0);
  expect(policy.pick(view)).toBe(1);
  view.active.splice(0, 2, 1, 2);
  expect(policy.pick(view)).toBe(0);
  for (let pick = 0; pick < 1000; pick++) view.active[policy.pick(view)]!++;
  expect(Math.abs(view.active[0]! - view.active[1]!)).toBeLessThanOrEqual(1);
});

test("a slow server among fast ones gets only what it can carry", () => {
  const view = new SampleView([1, 1, 1, 1]);
  view.latencies.splice(0, 4, 10, 10, 10, 1000);
  const policy = new PeakEwma(4);
  const counts = [0, 0, 0, 0];
  for (let pick = 0; pick < 1000; pick++) counts[policy.pick(view)]!++;
  expect(counts[3]).toBe(0);
});
