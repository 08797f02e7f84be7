import { expect, test } from "bun:test";
import { P2c } from "./p2c.ts";
import { SampleView } from "./sample.fixture.ts";

test("of two servers the one with fewer in flight for its weight is picked, always", () => {
  const view = new SampleView([1, 3]);
  view.active.splice(0, 2, 2, 5);
  const policy = new P2c(2);
  for (let pick = 0; pick < 100; pick++) expect(policy.pick(view)).toBe(1);
});

test("the most loaded server is never picked, and every other is", () => {
  const view = new SampleView([1, 1, 1, 1, 1]);
  view.active.splice(0, 5, 4, 9, 3, 2, 1);
  const policy = new P2c(5);
  const counts = [0, 0, 0, 0, 0];
  for (let pick = 0; pick < 2000; pick++) counts[policy.pick(view)]!++;
  expect(counts[1]).toBe(0);
  // The least loaded wins whenever it is drawn: 2 of 5 times.
  expect(Math.abs(counts[4]! - 800)).toBeLessThan(120);
  for (const index of [0, 2, 3]) expect(counts[index]).toBeGreaterThan(0);
});

test("the worst queue is far shorter than that of blind chance", () => {
  const view = new SampleView(new Array(100).fill(1));
  const policy = new P2c(100);
  for (let pick = 0; pick < 10_000; pick++) view.active[policy.pick(view)]!++;
  // Blind chance ends near 125 to 130 here.
  expect(Math.max(...view.active)).toBeLessThan(106);
});
