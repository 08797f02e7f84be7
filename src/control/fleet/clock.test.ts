import { expect, test } from "bun:test";
import { ClockWatch, clockText } from "./clock.ts";

test("a clock that is off is told once, when several answers agree, and once when it is right again", () => {
  const watch = new ClockWatch();
  const told: (string | null)[] = [];
  for (const aheadMs of [0, 5000, 0, 5000, 5000, 5000, 5000, 5000, 900, 900, 900, 900, 100, 100, 100, 100])
    told.push(watch.heard(10_000 + aheadMs, 10_010 + aheadMs, 10_005));
  expect(told.map((each, at) => [at, each]).filter(([, each]) => each !== null)).toEqual([
    [6, "off"],
    [15, "right"],
  ]);
  expect(watch.aheadMs).toBe(100);
});

test("an answer that took long, or has no time, says nothing", () => {
  const watch = new ClockWatch();
  for (const [asked, answered, redis] of [
    [0, 4000, 9000],
    [5000, 4000, 0],
    [5000, 5001, Number.NaN],
  ] as const)
    for (let count = 0; count < 9; count++) expect(watch.heard(asked, answered, redis)).toBeNull();
  expect(watch.aheadMs).toBeNull();
});

test("what lies within the time of an answer is not taken for an error of the clock", () => {
  const watch = new ClockWatch();
  for (let count = 0; count < 9; count++) expect(watch.heard(1200, 1600, 200)).toBeNull();
  expect(watch.aheadMs).toBe(1200);
});

test("how far it is reads like this", () => {
  expect([12_345, -4000, 5].map(clockText)).toEqual(["12.3 s ahead", "4 s behind", "5 ms ahead"]);
});
