import { expect, test } from "bun:test";
import { isDeeper, weightOf } from "./measure.ts";

const nested = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth / 2)}1${"]}".repeat(depth / 2)}`);

test("sections and lists within each other are counted, and nothing else", () => {
  expect([isDeeper(nested(4), 4), isDeeper(nested(6), 4), isDeeper("a", 0), isDeeper([], 0)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(isDeeper({ a: Array.from({ length: 1000 }, () => [1]) }, 3)).toBe(false);
});

test("what is nested too deep for recursion is measured all the same", () => {
  expect(isDeeper(nested(5000))).toBe(true);
  expect(weightOf(nested(5000), 1_000_000)).toBeGreaterThan(5000);
});

test("weight is about the length in characters, and not counted on beyond the bound", () => {
  expect(weightOf({ abc: "defg" }, 1000)).toBe(16 + 3 + 16 + 4);
  expect(
    weightOf(
      Array.from({ length: 10_000 }, () => "x"),
      1000,
    ),
  ).toBeLessThan(1100);
});
