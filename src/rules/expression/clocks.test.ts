import { expect, test } from "bun:test";
import {
  clockPart,
  clockParts,
  formatSpan,
  formatTime,
  readSpan,
  readTime,
  readZone,
  spanPart,
  utc,
} from "./clocks.ts";

const ms = Date.UTC(2026, 2, 29, 0, 59, 59, 250);

test("times are read as RFC 3339 writes them, and nothing else is", () => {
  expect(readTime("2026-03-29T00:59:59.25Z")).toBe(ms);
  expect(readTime("2026-03-29t01:59:59.250+01:00")).toBe(ms);
  expect(readTime("2026-03-29")).toBe(Date.UTC(2026, 2, 29));
  expect(readTime("2024-02-29T23:30:00-02:00")).toBe(Date.UTC(2024, 2, 1, 1, 30));
  for (const text of [
    "",
    "soon",
    "2026",
    "2026-3-29",
    "2026-13-01",
    "2026-03-29T00:59",
    "2026-03-29 00:59:59Z",
    "2026-02-30",
    "2026-02-29T10:00:00Z",
    "2026-04-31",
  ])
    expect(readTime(text)).toBeNull();
});

test("durations are read as the config writes them, with a sign before them", () => {
  expect([readSpan("1m30s"), readSpan("-2h"), readSpan("0"), readSpan("-0")]).toEqual([90_000, -7_200_000, 0, 0]);
  expect([readSpan("10"), readSpan(""), readSpan("soon"), readSpan("--1s")]).toEqual([null, null, null, null]);
});

test("they are written as they are read", () => {
  expect(formatTime(ms)).toBe("2026-03-29T00:59:59.250Z");
  expect(formatTime(1e17)).toBeNull();
  expect([formatSpan(90_000), formatSpan(-1500), formatSpan(0.4)]).toEqual(["1m30s", "-1s500ms", "0s"]);
});

test("the parts of a clock are what Date says, before and after 1970", () => {
  for (const at of [ms, 0, -1, -86_400_001, Date.UTC(2024, 1, 29, 23, 59, 59, 999)]) {
    const date = new Date(at);
    const expected = {
      getFullYear: date.getUTCFullYear(),
      getMonth: date.getUTCMonth(),
      getDate: date.getUTCDate(),
      getDayOfMonth: date.getUTCDate() - 1,
      getDayOfWeek: date.getUTCDay(),
      getHours: date.getUTCHours(),
      getMinutes: date.getUTCMinutes(),
      getSeconds: date.getUTCSeconds(),
      getMilliseconds: date.getUTCMilliseconds(),
    };
    expect(Object.fromEntries(clockParts.map((part) => [part, clockPart(part, utc, at)]))).toMatchObject(expected);
  }
  expect(clockPart("getDayOfYear", utc, Date.UTC(2024, 11, 31))).toBe(365);
});

test("a zone knows its summer time, and answers at any moment in any order", () => {
  const berlin = readZone("Europe/Berlin")!;
  const hours = [ms, ms + 1000, ms, Date.UTC(2026, 9, 25, 0, 59), Date.UTC(2026, 9, 25, 1, 0)].map((at) =>
    clockPart("getHours", berlin, at),
  );
  expect(hours).toEqual([1, 3, 1, 2, 2]);
  expect(clockPart("getHours", readZone("Asia/Kathmandu")!, 0)).toBe(5);
  expect(clockPart("getMinutes", readZone("Asia/Kathmandu")!, 0)).toBe(30);
  expect(clockPart("getHours", berlin, 1e18)).toBeGreaterThanOrEqual(0);
});

test("zones are names and offsets, and nothing else", () => {
  expect(readZone("+02:30")!(0)).toBe(9_000_000);
  expect(readZone("-01:00")!(0)).toBe(-3_600_000);
  expect(readZone("UTC")!(0)).toBe(0);
  for (const name of ["", "Europe/Berln", "+25:00", "Mars", "../etc"]) expect(readZone(name)).toBeNull();
});

test("the parts of a duration are all of it in that unit, but milliseconds", () => {
  const parts = ["getHours", "getMinutes", "getSeconds", "getMilliseconds"] as const;
  expect(parts.map((part) => spanPart(part, 5_400_250))).toEqual([1, 90, 5400, 250]);
  expect(spanPart("getSeconds", -1500)).toBe(-1);
});
