// Processes that count in one table are killed at random moments and replaced, under load. Each keeps a shadow of what it has
// begun and done to count; in the end no lock is held, every link of the table is right, nothing is held, and each counter
// lies between what was done and what was begun, which differ by one for each process killed at most.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { Prng } from "../../src/base/prng.ts";
import { checkTable } from "../../src/memory/sticktable/check.ts";
import type { StickTable } from "../../src/memory/sticktable.ts";
import { killingTestMs, killProcesses, killsMin } from "./killing.ts";
import { churned, counted, create, createTable, keys, shadowOf, shadowWords, sharedFolder, slots } from "./shared.ts";

const countsMin = 10_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  `killed processes wedge nothing and lose nothing (SEED=${seed})`,
  async () => {
    const prng = new Prng(seed);
    const tables = [createTable(folder, counted, seed), createTable(folder, churned, seed)];
    const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);

    const { kills, errors } = await killProcesses({
      ...{ program: "counting.ts", folder, shadow, prng, killsMax: 100, killingMs: 6000, lifeMsMax: 60 },
      recover: () => {
        for (const table of tables) table.recover();
      },
      isEnough: () => tables[1]!.figures().evictions > 0 && totalOf(shadow) > countsMin,
    });
    expect(errors).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(killsMin);
    for (const table of tables) {
      table.recover();
      expect(checkTable(table)).toEqual([]);
      expect(table.figures().timeouts).toBe(0);
    }
    judge(tables[0]!, shadow, kills);
    expect(totalOf(shadow)).toBeGreaterThan(countsMin);
    expect(tables[1]!.figures().evictions).toBeGreaterThan(0);
  },
  killingTestMs,
);

/** What all processes together have begun to count, or done: of one key, or of all. */
function sumOf(shadow: Int32Array, of: "begun" | "done", key: number): number {
  return Array.from({ length: slots }, (_, slot) => shadow[shadowOf(slot)[of] + key]!).reduce(
    (one, other) => one + other,
  );
}

function totalOf(shadow: Int32Array): number {
  return Array.from({ length: keys }, (_, key) => sumOf(shadow, "done", key)).reduce((one, other) => one + other);
}

function judge(table: StickTable, shadow: Int32Array, kills: number): void {
  const now = Date.now() % 2 ** 32;
  let open = 0;
  for (let key = 0; key < keys; key++) {
    table.key.setInteger(key);
    const [begun, done] = [sumOf(shadow, "begun", key), sumOf(shadow, "done", key)];
    const [count, current, , connections] = table.columns.map((_, column) => table.read(column, 0, now));
    expect([key, current]).toEqual([key, 0]);
    for (const value of [count!, connections!]) {
      expect([key, value >= done]).toEqual([key, true]);
      expect([key, value <= begun]).toEqual([key, true]);
    }
    open += begun - done;
  }
  expect(open).toBeLessThanOrEqual(kills);
}
