import { expect, test } from "bun:test";
import { LeastConnections } from "./leastconnections.ts";
import { SampleView } from "./sample.fixture.ts";

test("the server with the fewest exchanges in flight for its weight is picked", () => {
  const view = new SampleView([1, 4, 1]);
  view.active.splice(0, 3, 2, 7, 3);
  expect(new LeastConnections(3).pick(view)).toBe(1);
  view.active[1] = 9;
  expect(new LeastConnections(3).pick(view)).toBe(0);
});

test("equals are picked by weight, wherever they stand in the list", () => {
  const view = new SampleView([1, 1, 3, 1, 1]);
  view.active[1] = 5;
  view.active[3] = 5;
  const policy = new LeastConnections(5);
  const counts = [0, 0, 0, 0, 0];
  for (let pick = 0; pick < 5000; pick++) counts[policy.pick(view)]!++;
  expect(counts[1]! + counts[3]!).toBe(0);
  for (const [index, expected] of [1000, 0, 3000, 0, 1000].entries())
    expect(Math.abs(counts[index]! - expected)).toBeLessThan(200);
});

test("in-flight counts in step with picks stay within one of each other", () => {
  const view = new SampleView([1, 1, 1, 1, 1]);
  const policy = new LeastConnections(5);
  for (let pick = 0; pick < 1000; pick++) {
    view.active[policy.pick(view)]!++;
    expect(Math.max(...view.active) - Math.min(...view.active)).toBeLessThanOrEqual(1);
  }
});
