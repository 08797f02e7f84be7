// Processes that count in one table stand still again and again, wherever they are just then, for as long as a busy machine may
// keep a process from its processor. Nobody gives up waiting for them, and no count is lost or made twice.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { checkTable } from "../../src/memory/sticktable/check.ts";
import {
  churned,
  counted,
  create,
  createTable,
  keys,
  shadowOf,
  shadowWords,
  sharedFolder,
  stopWord,
} from "./shared.ts";

const stalled = (longestMs: number): string => `the longest stall took ${Math.round(longestMs)} ms`;

/** The one that goes on has a core of its own: it sees all of the time that the other stands still. */
const racers = 2;
const stalls = 12;
const stallMs = 350;
const stretchedMs = 450;
const roundsMax = 5;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What came of a round: to be judged when the machine has not made the stalls longer than they were meant to be. */
interface Round {
  /** How long one stood at most, until it went on itself. */
  readonly stoodMs: number;
  judge(): void;
}

test(`processes that stand still for a while cost no count (SEED=${seed})`, async () => {
  const prng = new Prng(seed);
  for (let left = roundsMax; left > 0; left--) {
    const { stoodMs, judge } = await play(mkdtempSync(join(folder, "round-")), prng);
    // Who waits gives up after half a second: a stall that took about as long was stretched by the machine, and not by us.
    if (stoodMs < stretchedMs || left === 1) return judge();
  }
}, 120_000);

async function play(folder: string, prng: Prng): Promise<Round> {
  const [table, churn] = [createTable(folder, counted, seed), createTable(folder, churned, seed)];
  const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);
  const children = Array.from({ length: racers }, (_, slot) => {
    const program = join(import.meta.dir, "counting.ts");
    return Bun.spawn([process.execPath, program, folder, String(slot), String(prng.u32())], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  });
  let [stoodMs, longestMs] = [0, 0];
  const outcomes: unknown[] = [];
  try {
    for (let slot = 0; slot < racers; slot++)
      while (Atomics.load(shadow, shadowOf(slot).beats) === 0 && children[slot]!.exitCode === null) await Bun.sleep(1);
    for (let stall = 0; stall < stalls; stall++) {
      const slot = prng.below(racers);
      const child = children[slot]!;
      const beatsOf = (): number[] => children.map((_, index) => Atomics.load(shadow, shadowOf(index).beats));
      const beganMs = performance.now();
      child.kill("SIGSTOP");
      await Bun.sleep(stallMs);
      const stoodAt = beatsOf();
      child.kill("SIGCONT");
      // It stands until it has its processor again, and the other waits until it is let in: stopped anew before both have gone on, one
      // that holds the table again would have the other wait for two stalls in one.
      const stands = (index: number): boolean => beatsOf()[index] === stoodAt[index];
      const isAwaited = (): boolean => children.every(({ exitCode }) => exitCode === null);
      while (stands(slot) && isAwaited()) await Bun.sleep(1);
      stoodMs = Math.max(stoodMs, performance.now() - beganMs);
      while (children.some((_, index) => stands(index)) && isAwaited()) await Bun.sleep(1);
      longestMs = Math.max(longestMs, performance.now() - beganMs);
      await Bun.sleep(prng.next() * 20);
    }
    Atomics.store(shadow, stopWord, 1);
    for (const child of children) outcomes.push([await child.stderr.text(), await child.exited]);
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  const judge = (): void => {
    expect(outcomes, stalled(longestMs)).toEqual(children.map(() => ["", 0]));
    for (const each of [table, churn]) {
      each.recover();
      expect(checkTable(each)).toEqual([]);
      expect(each.figures().timeouts, stalled(longestMs)).toBe(0);
    }
    for (let key = 0; key < keys; key++) {
      table.key.setInteger(key);
      const done = Array.from({ length: racers }, (_, slot) => shadow[shadowOf(slot).done + key]!);
      const total = done.reduce((one, other) => one + other);
      expect([key, table.read(0, 0, 0), table.read(1, 0, 0), table.read(3, 0, 0)]).toEqual([key, total, 0, total]);
    }
  };
  return { stoodMs, judge };
}
