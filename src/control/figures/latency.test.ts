import { expect, test } from "bun:test";
import { bucketOf, durationBuckets } from "../../memory/tally.ts";
import { latencyOf } from "./latency.ts";

function counts(...seconds: readonly number[]): number[] {
  const all = new Array<number>(durationBuckets.length + 1).fill(0);
  for (const each of seconds) all[bucketOf(each)]!++;
  return all;
}

test("where nothing was counted there is no latency", () => {
  expect(latencyOf(counts())).toBeNull();
});

test("percentiles lie in the buckets that their requests are in", () => {
  const fast = new Array<number>(89).fill(0.004);
  const latency = latencyOf(counts(...fast, ...new Array<number>(9).fill(0.04), 0.4, 0.4))!;
  expect(latency.p50Ms).toBeGreaterThan(2.5);
  expect(latency.p50Ms).toBeLessThanOrEqual(5);
  expect(latency.p90Ms).toBeGreaterThan(25);
  expect(latency.p90Ms).toBeLessThanOrEqual(50);
  expect(latency.p99Ms).toBeGreaterThan(250);
  expect(latency.p99Ms).toBeLessThanOrEqual(500);
});

test("within a bucket they are spread evenly", () => {
  expect(latencyOf(counts(0.0004, 0.0004))).toEqual({ p50Ms: 0.25, p90Ms: 0.45, p99Ms: 0.495 });
});

test("what is longer than the last bound is told as that", () => {
  expect(latencyOf(counts(60))).toEqual({ p50Ms: 10_000, p90Ms: 10_000, p99Ms: 10_000 });
});
