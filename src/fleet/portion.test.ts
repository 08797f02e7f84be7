import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { portionLacking } from "./portion.ts";

const bucket = { burst: 100, periodMs: 10, nodes: 4, intervalMs: 200 };
const levelOf = (lackingMs: number): number => bucket.burst - lackingMs / bucket.periodMs;

test("where one node uses a bucket it is shown as it is", () => {
  for (const lackingMs of [0, 1, 500, 1000, 5000])
    expect(portionLacking(lackingMs, { ...bucket, nodes: 1 }, 0.5)).toBe(lackingMs);
});

test("a full bucket is shown in full to everybody", () => {
  expect(portionLacking(0, bucket, 0)).toBeLessThanOrEqual(20 * bucket.periodMs);
  expect(portionLacking(0, { ...bucket, intervalMs: 5 }, 0)).toBe(0);
});

test("below half each node gets its part of what is left and comes in", () => {
  // 40 are left, 20 come in: 15 each, of which 20 come in here by themselves.
  expect(levelOf(portionLacking(600, bucket, 0.9))).toBe(15 - 20);
});

test("a debt that lasts until after the interval is everybody's", () => {
  expect(portionLacking(1200, bucket, 0)).toBe(1200);
  expect(portionLacking(4000, bucket, 0)).toBe(4000);
});

test("parts of a token are drawn for, and are together what there is", () => {
  const prng = new Prng(1);
  const few = { burst: 5, periodMs: 1000, nodes: 10, intervalMs: 200 };
  let given = 0;
  const rounds = 20_000;
  for (let round = 0; round < rounds; round++) {
    const lackingMs = portionLacking(3200, few, prng.next());
    given += few.burst - lackingMs / few.periodMs;
  }
  // 1.8 left and 0.2 coming, a tenth of it for each.
  expect(given / rounds).toBeCloseTo(0.2, 1);
});

test("no node is ever shown more than the bucket holds", () => {
  const prng = new Prng(2);
  for (let round = 0; round < 10_000; round++) {
    const shared = {
      burst: 1 + prng.below(50),
      periodMs: 1 + prng.below(500),
      nodes: 1 + prng.below(9),
      intervalMs: 200,
    };
    expect(portionLacking(prng.below(30_000), shared, prng.next())).toBeGreaterThanOrEqual(0);
  }
});
