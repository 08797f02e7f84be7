import { expect, test } from "bun:test";
import { policyOf } from "../../test/cacheheads.ts";

test("the first range that a status is in says how long", () => {
  const policy = policyOf({
    negative: [
      { on: { from: 404, to: 404 }, ttlMs: 5000 },
      { on: { from: 400, to: 499 }, ttlMs: 1000 },
    ],
  });
  expect([404, 405, 499, 500, 200].map((status) => policy.negativeMs(status))).toEqual([5000, 1000, 1000, -1, -1]);
  expect(policyOf().negativeMs(404)).toBe(-1);
});

test("what is about one request is in no range, and counts where it is named", () => {
  const wide = policyOf({ negative: [{ on: { from: 400, to: 599 }, ttlMs: 1000 }] });
  for (const status of [400, 401, 403, 407, 413, 416, 421, 429, 431, 505, 511])
    expect([status, wide.negativeMs(status)]).toEqual([status, -1]);
  for (const status of [404, 405, 410, 414, 451, 500, 502, 503, 504])
    expect([status, wide.negativeMs(status)]).toEqual([status, 1000]);
  const named = policyOf({
    negative: [
      { on: { from: 400, to: 499 }, ttlMs: 1000 },
      { on: { from: 403, to: 403 }, ttlMs: 5000 },
    ],
  });
  expect([named.negativeMs(403), named.negativeMs(404)]).toEqual([5000, 1000]);
});

test("a query is whole where nothing is said of it", () => {
  const query = { included: null, excluded: [], isSorted: false };
  expect(policyOf({ query }).isQueryWhole).toBe(true);
  expect(policyOf({ query: { ...query, isSorted: true } }).isQueryWhole).toBe(false);
  expect(policyOf({ query: { ...query, excluded: ["a"] } }).isQueryWhole).toBe(false);
  expect(policyOf({ query: { ...query, included: [] } }).isQueryWhole).toBe(false);
});
