import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { dueAt, Pace } from "./pace.ts";

test("periods are a tenth more or less by chance, and neither longer nor shorter in the mean", () => {
  const random = new Prng(7);
  for (const everyMs of [100, 1_000, 2_000, 60_000]) {
    const rounds = 4_000;
    const gridMs = Math.min(25, everyMs / 50);
    let atMs = 12.3;
    for (let round = 0; round < rounds; round++) {
      const dueMs = dueAt(atMs, everyMs, random.next());
      expect(Math.abs(dueMs - atMs - everyMs)).toBeLessThanOrEqual(everyMs / 10 + gridMs / 2);
      expect(Math.abs(dueMs / gridMs - Math.round(dueMs / gridMs))).toBeLessThan(1e-6);
      // A timer is somewhat late, which is not added up.
      atMs = dueMs + 0.4 * Math.min(1, gridMs / 2);
    }
    expect(Math.abs((atMs - 12.3) / rounds / everyMs - 1)).toBeLessThan(0.005);
  }
});

test("what begins within 200 ms is called in as few turns as the grid has points", async () => {
  const random = new Prng(3);
  const pace = new Pace(() => random.next());
  const startedMs = performance.now();
  let turns = 0;
  let isInTurn = false;
  let called = 0;
  await new Promise<void>((resolve) => {
    for (let index = 0; index < 400; index++)
      pace.next(startedMs - 900 - index / 1_000, 1_000, () => {
        if (!isInTurn) {
          turns++;
          isInTurn = true;
          setImmediate(() => {
            isInTurn = false;
          });
        }
        if (++called === 400) resolve();
      });
  });
  // 200 ms in steps of 20, and one at the edge.
  expect(turns).toBeLessThanOrEqual(12);
});

test("what is called off is not called, though others are due at the same point", async () => {
  const pace = new Pace(() => 0.5);
  const called: string[] = [];
  const startedMs = performance.now();
  const offs: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    offs.push(
      pace.next(startedMs, 50, () => {
        called.push("first");
        offs[1]!();
        offs[0]!();
      }),
    );
    offs.push(pace.next(startedMs, 50, () => called.push("second")));
    pace.next(startedMs, 50, resolve);
    pace.next(startedMs, 40, () => called.push("never"))();
  });
  expect(called).toEqual(["first"]);
});

test("one that begins again when it is called comes a period later, not at once", async () => {
  let nowMs = 1_000;
  const pace = new Pace(
    () => 0.5,
    () => nowMs,
  );
  const dues: number[] = [];
  await new Promise<void>((resolve) => {
    const again = (): void => {
      dues.push(nowMs);
      if (dues.length === 3) return resolve();
      nowMs += 20;
      pace.next(nowMs - 20, 20, again);
    };
    again();
  });
  expect(dues).toEqual([1_000, 1_020, 1_040]);
});
