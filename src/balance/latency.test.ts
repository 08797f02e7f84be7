import { expect, test } from "bun:test";
import { Latency } from "./latency.ts";

const create = (found: readonly number[] = [0, 0]): [Latency, Float64Array] => {
  const cells = Float64Array.of(-1, ...found);
  return [new Latency(cells, Int32Array.of(1, 2)), cells];
};

test("nothing is known until the first response, which is then all that is known", () => {
  const [latency] = create();
  expect(latency.of(0)).toBe(0);
  latency.observe(0, 40, 1000);
  expect(latency.of(0)).toBe(40);
  expect(latency.of(1)).toBe(0);
});

test("a slower response counts at once and a faster one little by little", () => {
  const [latency] = create();
  latency.observe(0, 10, 0);
  latency.observe(0, 200, 100);
  expect(latency.of(0)).toBe(200);
  latency.observe(0, 10, 200);
  expect(latency.of(0)).toBeGreaterThan(195);
  latency.observe(0, 10, 10_200);
  // After one decay time about a third is left of the peak.
  expect(latency.of(0)).toBeCloseTo(200 / Math.E + 10 * (1 - 1 / Math.E), -1);
});

test("a server that is avoided is forgiven while others respond", () => {
  const [latency] = create();
  latency.observe(0, 60_000, 0);
  latency.observe(1, 5, 0);
  latency.observe(1, 5, 100_000);
  expect(latency.of(0)).toBeLessThan(5);
  expect(latency.of(0)).toBeGreaterThan(0);
});

test("a response that took no measurable time is still known", () => {
  const [latency] = create();
  latency.observe(0, 0, 5);
  expect(latency.of(0)).toBeGreaterThan(0);
});

test("what a former worker left in the cells holds, and ages from the first response on", () => {
  const [latency, cells] = create([80, 20]);
  expect(latency.of(0)).toBe(80);
  latency.observe(1, 30, 5_000_000);
  expect(latency.of(0)).toBe(80);
  expect(cells[2]).toBe(30);
  latency.observe(1, 30, 5_010_000);
  expect(latency.of(0)).toBeCloseTo(80 / Math.E, 5);
});
