import { expect, test } from "bun:test";
import { Histogram } from "./histogram.ts";

test("percentiles are right to 0.8 % over the whole range", () => {
  for (const scale of [1, 37, 1000, 90_000]) {
    const histogram = new Histogram();
    for (let value = 1; value <= 1000; value++) histogram.record(value * scale);
    for (const percent of [1, 50, 90, 95, 99, 99.9]) {
      const exact = percent * 10 * scale;
      expect(Math.abs(histogram.percentileUs(percent) - exact)).toBeLessThanOrEqual(Math.max(1, exact * 0.008));
    }
  }
});

test("below 256 us every microsecond counts by itself", () => {
  const histogram = new Histogram();
  for (const us of [3, 200, 255]) histogram.record(us);
  expect([1, 50, 100].map((percent) => histogram.percentileUs(percent))).toEqual([3, 200, 255]);
});

test("count, sum, least and most are exact, also of what is beyond the last bucket", () => {
  const histogram = new Histogram();
  for (const us of [0, 1.5, 1e12]) histogram.record(us);
  const { count, sumUs, minUs, maxUs } = histogram;
  expect({ count, sumUs, minUs, maxUs }).toEqual({ count: 3, sumUs: 1e12 + 1.5, minUs: 0, maxUs: 1e12 });
  expect(histogram.percentileUs(100)).toBeGreaterThan(134_000_000 * 0.99);
});

test("one outlier among a hundred moves p99 no more than it should", () => {
  const histogram = new Histogram();
  for (let i = 0; i < 99; i++) histogram.record(1000);
  histogram.record(5_000_000);
  expect(histogram.percentileUs(99)).toBeCloseTo(1000, -1);
  expect(histogram.percentileUs(99.5)).toBeGreaterThan(4_900_000);
});

test("without values everything is 0", () => {
  const histogram = new Histogram();
  expect([histogram.percentileUs(95), histogram.meanUs, histogram.maxUs]).toEqual([0, 0, 0]);
});
