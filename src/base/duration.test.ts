import { expect, test } from "bun:test";
import { durationMsMax, formatDuration, formatRoughly, readDuration } from "./duration.ts";

const ms = (text: string): number | string => {
  const reading = readDuration(text);
  return reading.ok ? reading.value : reading.message;
};

test("durations are read in whole milliseconds", () => {
  expect(["0", "0s", "1ms", "500ms", "30s", "1m30s", "1.5h", "1d", "2h45m10s250ms"].map(ms)).toEqual([
    0, 0, 1, 500, 30_000, 90_000, 5_400_000, 86_400_000, 9_910_250,
  ]);
});

test("a bare number is refused with the units to choose from", () => {
  expect(ms("30")).toBe('must have a unit: write "30s" for seconds or "30ms" for milliseconds');
});

test("what is not a duration is refused", () => {
  for (const text of ["", "s", "-1s", "30 s", "30S", "1x", "30s ", "soon", "1e3s", "٣s"])
    expect(ms(text)).toContain("must be a duration");
  for (const text of ["30s1m", "1s1s", "1ms1s"]) expect(ms(text)).toContain("from large to small");
});

test("a duration ends where a timer would overflow, and does not round to nothing", () => {
  expect(ms(`${durationMsMax}ms`)).toBe(durationMsMax);
  expect(ms(`${durationMsMax + 1}ms`)).toContain("at most 24 days");
  expect(ms("0.1ms")).toContain("at least");
  expect(ms("0.5ms")).toBe(1);
});

test("a formatted duration reads back", () => {
  for (const value of [0, 1, 999, 1000, 61_001, 90_000, 86_400_000, durationMsMax])
    expect(ms(formatDuration(value))).toBe(value);
  expect(formatDuration(90_000)).toBe("1m30s");
});

test("roughly is no finer than it matters", () => {
  const day = 86_400_000;
  const hour = 3_600_000;
  expect([-5, 0, 12.4, 999.6, 1400, 61_499, hour + 59_000, 365 * day - 2000].map(formatRoughly)).toEqual([
    "0s",
    "0s",
    "12ms",
    "1s",
    "1s",
    "1m1s",
    "1h1m",
    "365d",
  ]);
});
