import { expect, test } from "bun:test";
import { Attendance } from "./attendance.ts";

const key = "shop s1";

test("with no vote of its own a silence is too long when a vote was due whatever happens", () => {
  const attendance = new Attendance();
  expect(attendance.silenceMs(key, 2000, 15_000, 100_000)).toBe(5000);
  expect(attendance.silenceMs(key, 5000, 10_000, 100_000)).toBe(7500);
});

test("whoever has voted knows that somebody has, so long ago and no longer", () => {
  const attendance = new Attendance();
  attendance.voted(key, 100_000);
  expect(attendance.silenceMs(key, 2000, 15_000, 102_000)).toBe(2500);
  expect(attendance.silenceMs("shop s2", 2000, 15_000, 102_000)).toBe(5000);
  // One that is late itself says nothing of others.
  expect(attendance.silenceMs(key, 2000, 15_000, 190_000)).toBe(5000);
  attendance.forget(key);
  expect(attendance.silenceMs(key, 2000, 15_000, 102_000)).toBe(5000);
});

test("since a vote has failed, or the registry was lost, a vote of somebody else is needed", () => {
  const attendance = new Attendance();
  attendance.voted(key, 100_000);
  attendance.failed(key, 102_000);
  attendance.failed(key, 104_000);
  expect(attendance.silenceMs(key, 10_000, 60_000, 104_100)).toBe(2100);
  attendance.voted(key, 104_100);
  expect(attendance.silenceMs(key, 10_000, 60_000, 106_000)).toBe(2400);
  attendance.lost(107_000);
  expect(attendance.silenceMs(key, 10_000, 60_000, 108_000)).toBe(1000);
  attendance.voted(key, 108_000);
  expect(attendance.silenceMs(key, 10_000, 60_000, 110_000)).toBe(2500);
});
