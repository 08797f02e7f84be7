// Processes that count in one table are killed at random moments and replaced, under load. Each keeps a shadow of what it has
// begun and done to count; in the end no lock is held, every link of the table is right, nothing is held, and each counter
// lies between what was done and what was begun, which differ by one for each process killed at most.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { checkTable } from "../../src/memory/sticktable/check.ts";
import type { StickTable } from "../../src/memory/sticktable.ts";
import {
  churned,
  counted,
  create,
  createTable,
  keys,
  shadowOf,
  shadowWords,
  sharedFolder,
  slots,
  stopWord,
} from "./shared.ts";

/** As many as come to pass in that time: a hundred in two seconds where nothing else runs. */
const killsMax = 100;
const killsMin = 10;
const killingMs = 6000;
const lifeMsMax = 60;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`killed processes wedge nothing and lose nothing (SEED=${seed})`, async () => {
  const prng = new Prng(seed);
  const tables = [createTable(folder, counted, seed), createTable(folder, churned, seed)];
  const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);
  const errors: string[] = [];
  const children = new Set<Bun.Subprocess>();
  let kills = 0;
  const endMs = performance.now() + killingMs;

  const spawn = (slot: number): Bun.Subprocess<"ignore", "ignore", "pipe"> => {
    const program = join(import.meta.dir, "counting.ts");
    const child = Bun.spawn([process.execPath, program, folder, String(slot), String(prng.u32())], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.add(child);
    return child;
  };

  /** One slot: a process that counts, killed and replaced until all kills are done; the last one may end by itself. */
  const keepBusy = async (slot: number): Promise<void> => {
    for (;;) {
      const { beats } = shadowOf(slot);
      const before = shadow[beats]!;
      const child = spawn(slot);
      // From its first counts on.
      while (Atomics.load(shadow, beats) === before && child.exitCode === null) await Bun.sleep(1);
      const isLast = kills >= killsMax || performance.now() > endMs;
      if (isLast) Atomics.store(shadow, stopWord, 1);
      else {
        await Bun.sleep(prng.next() * lifeMsMax);
        child.kill("SIGKILL");
        kills++;
      }
      const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
      if (stderr !== "") errors.push(stderr);
      children.delete(child);
      // As control does when it is told of the end of a worker.
      for (const table of tables) table.recover();
      if (isLast || Atomics.load(shadow, stopWord) === 1) return;
    }
  };

  try {
    await Promise.all(Array.from({ length: slots }, (_, slot) => keepBusy(slot)));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  expect(errors).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(killsMin);
  for (const table of tables) {
    table.recover();
    expect(checkTable(table)).toEqual([]);
    expect(table.figures().timeouts).toBe(0);
  }
  judge(tables[0]!, shadow, kills);
  expect(tables[1]!.figures().evictions).toBeGreaterThan(0);
}, 20_000);

function judge(table: StickTable, shadow: Int32Array, kills: number): void {
  const now = Date.now() % 2 ** 32;
  let open = 0;
  let total = 0;
  for (let key = 0; key < keys; key++) {
    table.key.setInteger(key);
    const sum = (of: "begun" | "done"): number =>
      Array.from({ length: slots }, (_, slot) => shadow[shadowOf(slot)[of] + key]!).reduce((one, other) => one + other);
    const [begun, done] = [sum("begun"), sum("done")];
    const [count, current, , connections] = table.columns.map((_, column) => table.read(column, 0, now));
    expect([key, current]).toEqual([key, 0]);
    for (const value of [count!, connections!]) {
      expect([key, value >= done]).toEqual([key, true]);
      expect([key, value <= begun]).toEqual([key, true]);
    }
    open += begun - done;
    total += done;
  }
  expect(open).toBeLessThanOrEqual(kills);
  expect(total).toBeGreaterThan(10_000);
}
