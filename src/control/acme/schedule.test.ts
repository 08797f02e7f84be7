import { expect, test } from "bun:test";
import {
  afterSuccess,
  afterTrouble,
  dueAtMs,
  failedLooksMax,
  hourMs,
  issueAtMs,
  issuedMax,
  issuedWith,
  lookAtMs,
  quietUntilMs,
  renewAtMs,
  restMsAfter,
} from "./schedule.ts";
import { emptyTrial, type TrialRecord } from "./store.ts";
import { Trouble } from "./trouble.ts";

const dayMs = 24 * hourMs;
const dated = (lifeMs: number, id = "00000000"): Parameters<typeof renewAtMs>[0] => ({
  ...{ chain: { id, text: "" }, notBeforeMs: 0, notAfterMs: lifeMs },
});

test("a third of the life is left, or what the config says, but never more than half", () => {
  expect(renewAtMs(dated(90 * dayMs), null)).toBe(60 * dayMs);
  expect(renewAtMs(dated(6 * dayMs), null)).toBe(4 * dayMs);
  expect(renewAtMs(dated(90 * dayMs), 10 * dayMs)).toBe(80 * dayMs);
  expect(renewAtMs(dated(6 * dayMs), 30 * dayMs)).toBe(3 * dayMs);
});

test("those that were got together are not renewed together, and each always at the same moment", () => {
  const moments = ["00000000", "80000000", "ffffffff"].map(
    (id) => renewAtMs(dated(100 * dayMs, id), 10 * dayMs) / dayMs,
  );
  expect(moments[0]).toBe(90);
  expect(moments[1]).toBe(89);
  expect(moments[2]).toBeCloseTo(88, 5);
});

test("what is not there is due at once, and what has failed after its pause", () => {
  const trial = emptyTrial(["a"]);
  expect(dueAtMs(null, trial, null, 5)).toBe(0);
  expect(dueAtMs(null, { ...trial, nextAtMs: 100, error: "no" }, null, 5)).toBe(100);
  expect(dueAtMs(dated(90 * dayMs), trial, null, 5)).toBe(60 * dayMs);
  // A pause that is longer than any comes of a clock that was wrong.
  expect(dueAtMs(null, { ...trial, nextAtMs: 1000 * dayMs }, null, 5)).toBe(0);
});

test("pauses double from the first one of their kind to the longest", () => {
  const pausesOf = (kind: Trouble["kind"], chance = 0.5): number[] => {
    let trial = emptyTrial(["a"]);
    return Array.from({ length: 12 }, () => {
      trial = afterTrouble(trial, new Trouble(kind, "no"), 0, chance);
      return trial.nextAtMs / 60_000;
    });
  };
  expect(pausesOf("away").slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(pausesOf("failed")).toEqual([10, 20, 40, 80, 160, 320, 640, 720, 720, 720, 720, 720]);
  expect(pausesOf("failed", 0)[0]).toBe(8);
  expect(pausesOf("failed", 1)[0]).toBeCloseTo(12, 6);
  expect(pausesOf("refused").at(-1)).toBe(24 * 60);
});

test("what the authority asks for is the least, up to a week", () => {
  const after = (retryAfterMs: number): number =>
    afterTrouble(emptyTrial(["a"]), new Trouble("limited", "no", { retryAfterMs }), 0, 0).nextAtMs;
  expect(after(0)).toBe(0.8 * hourMs);
  expect(after(3 * hourMs)).toBe(3 * hourMs);
  expect(after(1000 * dayMs)).toBe(7 * dayMs);
});

test("a name is not looked at in vain more often than it may be, over all certificates that it is in", () => {
  const trial = (names: readonly string[], failedAtMs: readonly number[]): TrialRecord => ({
    ...emptyTrial(names),
    failedAtMs,
  });
  const nowMs = 10 * hourMs;
  const times = [1, 2, 3, 4].map((minutes) => nowMs - minutes * 60_000);
  expect(failedLooksMax).toBe(4);
  expect(lookAtMs(["a"], [trial(["a"], times.slice(1))], nowMs)).toBe(0);
  expect(lookAtMs(["a"], [trial(["a"], times)], nowMs)).toBe(times[3]! + hourMs);
  expect(lookAtMs(["a"], [trial(["a", "b"], times.slice(2)), trial(["a"], times.slice(0, 2))], nowMs)).toBe(
    times[3]! + hourMs,
  );
  expect(lookAtMs(["b"], [trial(["a"], times)], nowMs)).toBe(0);
  expect(lookAtMs(["a"], [trial(["a"], times)], nowMs + hourMs)).toBe(0);
  // Of a clock that was ahead.
  expect(lookAtMs(["a"], [trial(["a"], times)], nowMs - 5 * hourMs)).toBe(0);
});

test("only looks in vain are remembered as such, and not for longer than they count", () => {
  let trial = afterTrouble(emptyTrial(["a"]), new Trouble("away", "no"), 0, 0);
  expect([trial.failures, trial.failedAtMs, trial.error]).toEqual([1, [], "no"]);
  for (const nowMs of [0, 1, 2, 2 * hourMs]) trial = afterTrouble(trial, new Trouble("failed", "404"), nowMs, 0);
  expect([trial.failures, trial.failedAtMs]).toEqual([5, [2 * hourMs]]);
});

test("an authority that is away, or wants to be left alone, is not asked for the next certificate at once", () => {
  expect([0, 1, 2, 3, 7, 100].map(restMsAfter)).toEqual([0, 5000, 10_000, 20_000, 300_000, 300_000]);
});

test("after a success nothing is due before half of what is left, between 10 seconds and a week", () => {
  const nowMs = 100 * dayMs;
  const dueAfter = (leftMs: number): number => {
    const current = { ...dated(90 * dayMs), notBeforeMs: nowMs + leftMs - 90 * dayMs, notAfterMs: nowMs + leftMs };
    return dueAtMs(current, afterSuccess(emptyTrial(["a"]), current, nowMs), null, nowMs) - nowMs;
  };
  expect([-dayMs, 0, 1000, dayMs, 10 * dayMs, 29 * dayMs].map(dueAfter)).toEqual([
    ...[10_000, 10_000, 10_000, dayMs / 2, 5 * dayMs, 7 * dayMs],
  ]);
  expect(dueAfter(90 * dayMs)).toBe(60 * dayMs);
  // What was got then is gone, or is of another kind than is wanted now.
  expect(dueAtMs(null, afterSuccess(emptyTrial(["a"]), dated(nowMs + dayMs), nowMs), null, nowMs)).toBe(0);
});

test("a clock that was ahead leaves no pause when it is put right", () => {
  const nowMs = 100 * dayMs;
  const after = (aheadMs: number): TrialRecord =>
    afterTrouble(emptyTrial(["a"]), new Trouble("limited", "no", { retryAfterMs: hourMs }), nowMs + aheadMs, 0);
  for (const aheadMs of [5 * dayMs, hourMs]) {
    expect(dueAtMs(null, after(aheadMs), null, nowMs)).toBe(0);
    expect(quietUntilMs(after(aheadMs), nowMs)).toBe(0);
  }
  // By so little it is set each day.
  expect(dueAtMs(null, after(1000), null, nowMs)).toBe(nowMs + 1000 + hourMs);
  expect(quietUntilMs(after(1000), nowMs)).toBe(nowMs + 1000 + hourMs);
  expect(quietUntilMs(afterTrouble(after(0), new Trouble("away", "no"), nowMs, 0), nowMs)).toBe(0);
});

test("the fifth certificate for the same names within a week is not asked for by hand while there is a good one", () => {
  const nowMs = 100 * dayMs;
  let trial = emptyTrial(["a"]);
  for (const days of [-9, -6, -3, -2, -1]) trial = { ...trial, issuedAtMs: issuedWith(trial, nowMs + days * dayMs) };
  const good = { ...dated(nowMs + 80 * dayMs), notBeforeMs: nowMs - 10 * dayMs };
  expect(issuedMax).toBe(4);
  expect(trial.issuedAtMs).toHaveLength(4);
  expect(issueAtMs(good, trial, nowMs)).toBe(nowMs + dayMs);
  expect(issueAtMs(good, trial, nowMs + dayMs)).toBe(0);
  expect([issueAtMs(null, trial, nowMs), issueAtMs(dated(nowMs), trial, nowMs)]).toEqual([0, 0]);
  // Of a clock that was ahead; and those that live for a day are renewed more often.
  expect(issueAtMs(good, trial, nowMs - 20 * dayMs)).toBe(0);
  expect(issueAtMs({ ...good, notBeforeMs: nowMs - 1000, notAfterMs: nowMs + dayMs }, trial, nowMs)).toBe(0);
});
