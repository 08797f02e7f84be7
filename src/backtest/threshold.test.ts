import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { clientsMin, countBeyond, quantile, suggest } from "./threshold.ts";

const above = { operator: ">" } as const;

function peaks(...values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

test("those who stand out by a multiple are told apart, with room for the crowd", () => {
  const crowd = Array.from({ length: 100 }, (_, index) => index % 8);
  const found = suggest(peaks(...crowd, 283, 290), above)!;
  expect(found).toMatchObject({ by: "gap", below: 7, above: 283, clients: 2 });
  expect(found.threshold).toBeGreaterThanOrEqual(14);
  expect(found.threshold).toBeLessThan(283 / 2);
  expect(suggest(peaks(...crowd, 283, 290), { operator: ">=" })!.threshold).toBe(found.threshold + 1);
});

test("a suggestion hits just those that it says, whatever the crowd", () => {
  const prng = new Prng(5);
  for (let round = 0; round < 300; round++) {
    const scale = 10 ** prng.below(7);
    const all = peaks(
      ...Array.from(
        { length: clientsMin + prng.below(300) },
        () => prng.below(scale) * (prng.below(20) === 0 ? 50 : 1),
      ),
    );
    for (const operator of [">", ">="] as const) {
      const found = suggest(all, { operator })!;
      expect(countBeyond(all, found.threshold, operator)).toBe(found.clients);
      if (found.by === "gap") expect(found.clients).toBeGreaterThan(0);
    }
  }
});

test("where nobody stands out, that is said, and nearly all have room", () => {
  const found = suggest(peaks(...Array.from({ length: 1000 }, (_, index) => index)), above)!;
  expect(found).toMatchObject({ by: "margin", clients: 0, above: null });
  expect(found.threshold).toBeGreaterThan(999);
});

test("too few clients say nothing", () => {
  expect(suggest(peaks(...Array.from({ length: clientsMin - 1 }, () => 1)), above)).toBeNull();
  expect(suggest(peaks(...Array.from({ length: clientsMin }, () => 1)), above)).not.toBeNull();
});

test("quantiles are values that there are", () => {
  expect([0.001, 0.5, 0.9, 1].map((share) => quantile(peaks(1, 2, 3, 4), share))).toEqual([1, 2, 4, 4]);
  expect(quantile(peaks(), 0.5)).toBeNaN();
});
