import { expect, test } from "bun:test";
import { readGoDuration, written } from "./duration.ts";

test("durations are read as Go reads them, in any order of units", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["0s", 0],
    ["10s", 10_000],
    ["1h10m", 4_200_000],
    ["10m1h", 4_200_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["+2s", 2000],
    ["300ms", 300],
    ["1us", 1],
    ["1ns", 1],
  ];
  for (const [text, ms] of cases) expect([text, readGoDuration(text)]).toEqual([text, { ok: true, value: ms }]);
});

test("what Go does not read, or would be in the past, is told", () => {
  for (const text of ["10", "soon", "10 s", "1d", "-1s", "1s!", "s"]) expect(readGoDuration(text).ok).toBe(false);
});

test("they are written as our config reads them", () => {
  expect([written(0), written(4_200_000), written(127_000)]).toEqual(["0s", "1h10m", "2m7s"]);
});
