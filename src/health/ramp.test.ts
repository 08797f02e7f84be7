import { expect, test } from "bun:test";
import { rampPermille } from "./ramp.ts";

test("the share grows in a straight line from a tenth to the whole", () => {
  const at = (nowMs: number) => rampPermille(1000, nowMs, 10_000);
  expect([1000, 1500, 2000, 3500, 6000, 10_999, 11_000, 99_000].map(at)).toEqual([
    100, 100, 100, 250, 500, 999, 1000, 1000,
  ]);
});

test("without slow start the whole is given at once", () => {
  expect(rampPermille(1000, 1000, 0)).toBe(1000);
});

test("a clock that went back gives the least, not less", () => {
  expect(rampPermille(5000, 1000, 10_000)).toBe(100);
});
