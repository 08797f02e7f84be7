import { expect, test } from "bun:test";
import { policyOf } from "../../test/cacheheads.ts";

test("the first range that a status is in says how long", () => {
  const policy = policyOf({
    negative: [
      { on: { from: 404, to: 404 }, ttlMs: 5000 },
      { on: { from: 400, to: 499 }, ttlMs: 1000 },
    ],
  });
  expect([404, 400, 499, 500, 200].map((status) => policy.negativeMs(status))).toEqual([5000, 1000, 1000, -1, -1]);
  expect(policyOf().negativeMs(404)).toBe(-1);
});

test("a query is whole where nothing is said of it", () => {
  const query = { included: null, excluded: [], isSorted: false };
  expect(policyOf({ query }).isQueryWhole).toBe(true);
  expect(policyOf({ query: { ...query, isSorted: true } }).isQueryWhole).toBe(false);
  expect(policyOf({ query: { ...query, excluded: ["a"] } }).isQueryWhole).toBe(false);
  expect(policyOf({ query: { ...query, included: [] } }).isQueryWhole).toBe(false);
});
