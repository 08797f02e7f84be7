import { expect, test } from "bun:test";
import type { CachePlan } from "../config/plan.ts";
import { fitted } from "./cachefit.ts";

const mib = 2 ** 20;
const plan: CachePlan = {
  ...{ name: "default", bytesMax: 128 * mib, objectBytesMax: 8 * mib, policy: "tinylfu", isShared: true, redis: null },
  fits: { bytesMax: 128 * mib, objectBytesMax: 8 * mib, hasObjectSize: false },
};
const sizeOf = (freeMib: number, count = 1, leftMib = 0): number =>
  fitted(plan, freeMib * mib, count, leftMib * mib).bytesMax / mib;

test("a size that nobody wrote is the usual one, or half of what is free", () => {
  expect([1000, 256, 255, 64, 3, 0].map((free) => sizeOf(free))).toEqual([128, 128, 127, 32, 1, 1]);
  expect([sizeOf(64, 2), sizeOf(1000, 2)]).toEqual([16, 128]);
});

test("one that was left is taken up where it is about as large, and has room", () => {
  expect([sizeOf(64, 1, 30), sizeOf(64, 1, 40), sizeOf(64, 1, 7), sizeOf(64, 1, 70)]).toEqual([30, 40, 32, 32]);
});

test("responses are as large as they may be in proportion, unless that was written; a size that was written stays", () => {
  expect(fitted(plan, 64 * mib, 1).objectBytesMax).toBe(2 * mib);
  const fits = { ...plan.fits!, hasObjectSize: true };
  expect(fitted({ ...plan, fits }, 64 * mib, 1).objectBytesMax).toBe(8 * mib);
  const { fits: _, ...written } = plan;
  expect(fitted(written, 64 * mib, 1)).toEqual(written);
  expect(fitted({ ...plan, isShared: false }, 64 * mib, 1).bytesMax).toBe(128 * mib);
});
