import { expect, test } from "bun:test";
import { WindowCounts } from "./windowcounts.ts";

test("requests of a period count whole, those of the one before by what is left of it", () => {
  const counts = new WindowCounts(1000);
  expect([0, 100, 200].map((ms) => counts.count("a", ms))).toEqual([1, 2, 3]);
  expect(counts.count("b", 250)).toBe(1);
  // Half of the second period has passed: half of three, and one.
  expect(counts.count("a", 1500)).toBe(2);
  expect(counts.count("a", 4000)).toBe(1);
});

test("clients that have been silent are forgotten, others are not", () => {
  const counts = new WindowCounts(1000);
  for (let client = 0; client < 100_000; client++) counts.count(`c${client}`, 0);
  counts.count("c0", 2500);
  counts.count("new", 2600);
  expect(counts.count("c0", 2700)).toBe(2);
  expect(counts.count("c1", 2700)).toBe(1);
});
