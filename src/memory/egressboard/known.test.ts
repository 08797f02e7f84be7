import { expect, test } from "bun:test";
import { KnownNumbers } from "./known.ts";

test("what was kept is found by its hash, and what is kept anew is in its place", () => {
  const known = new KnownNumbers(64);
  for (let hash = 1; hash <= 40; hash++) known.keep(hash << 8, hash);
  for (let hash = 1; hash <= 40; hash++) expect(known.find(hash << 8)).toBe(hash);
  known.keep(1 << 8, 99);
  expect([known.find(1 << 8), known.find(41 << 8), known.find(0)]).toEqual([99, 0, 0]);
});

test("where a set is full somebody makes room, and the others of it stay", () => {
  const known = new KnownNumbers(16);
  for (let number = 1; number <= 1000; number++) {
    known.keep(number << 12, number);
    expect(known.find(number << 12)).toBe(number);
  }
  let left = 0;
  for (let number = 1; number <= 1000; number++) if (known.find(number << 12) === number) left++;
  expect(left).toBeGreaterThanOrEqual(8);
  expect(left).toBeLessThanOrEqual(16);
});
