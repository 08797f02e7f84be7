import { expect, test } from "bun:test";
import type { ChangeSummary } from "../../../src/control/egress/answer.ts";
import { stretchesOf } from "./stretches.ts";

const nowMs = Date.parse("2030-01-01T01:00:00Z");
const change = (minutesAgo: number | null, state: ChangeSummary["state"]): ChangeSummary => ({
  ...{ at: minutesAgo === null ? null : new Date(nowMs - minutesAgo * 60_000).toISOString(), state },
  ...{ cause: "none", why: "", forMs: null },
});

test("each state lasts until the next, the last until now", () => {
  const found = stretchesOf([change(10, "available"), change(20, "coolingDown"), change(40, "available")], nowMs)!;
  expect(found.stretches).toEqual([
    { state: "available", from: 0, to: 0.5 },
    { state: "coolingDown", from: 0.5, to: 0.75 },
    { state: "available", from: 0.75, to: 1 },
  ]);
});

test("a minute is shown at the least, and before the first change nothing", () => {
  const { stretches, fromMs } = stretchesOf([change(0.5, "banned")], nowMs)!;
  expect(fromMs).toBe(nowMs - 60_000);
  expect(stretches).toEqual([{ state: "banned", from: 0.5, to: 1 }]);
});

test("what has no time, and a clock that is ahead, break nothing", () => {
  expect(stretchesOf([], nowMs)).toBeNull();
  expect(stretchesOf([change(null, "available")], nowMs)).toBeNull();
  expect(stretchesOf([change(-5, "banned"), change(2, "available")], nowMs)!.stretches).toEqual([
    { state: "available", from: 0, to: 1 },
  ]);
});
