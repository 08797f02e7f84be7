// Processes that share one cache are killed at random moments and replaced, under load. Each looks at every byte that it reads; in
// the end no lock is held, every unit is free or somebody's once, and nothing is held by anybody.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { checkStore } from "../../src/memory/cachestore/check.ts";
import { CacheStore } from "../../src/memory/cachestore.ts";
import { processOwner } from "../../src/owner.ts";
import { canLend, filePages } from "../../src/pages.ts";
import { cached, create, lentWord, shadowOf, shadowWords, sharedFolder, slots, stopWord } from "./shared.ts";

const killsMax = 60;
const killsMin = 10;
const killingMs = 6000;
const lifeMsMax = 100;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`killed processes wedge nothing, and nobody reads what was not stored (SEED=${seed})`, async () => {
  const prng = new Prng(seed);
  const bytes = create(folder, "cached", CacheStore.bytesFor(cached));
  CacheStore.format(bytes, cached, seed);
  const store = new CacheStore(bytes, "cached", processOwner(), filePages(bytes));
  const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);
  const errors: string[] = [];
  const children = new Set<Bun.Subprocess>();
  let kills = 0;
  const endMs = performance.now() + killingMs;

  /** One slot: a process that is killed and replaced until all kills are done; the last one may end by itself. */
  const keepBusy = async (slot: number): Promise<void> => {
    for (let isLast = false; !isLast; ) {
      const { beats } = shadowOf(slot);
      const before = shadow[beats]!;
      const program = join(import.meta.dir, "caching.ts");
      const child = Bun.spawn([process.execPath, program, folder, String(slot), String(prng.u32())], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      children.add(child);
      // From its first steps on.
      while (Atomics.load(shadow, beats) === before && child.exitCode === null) await Bun.sleep(1);
      isLast = kills >= killsMax || performance.now() > endMs || Atomics.load(shadow, stopWord) === 1;
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
      store.recover();
    }
  };

  try {
    await Promise.all(Array.from({ length: slots }, (_, slot) => keepBusy(slot)));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  expect(errors).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(killsMin);
  if (canLend(folder)) expect(shadow[lentWord]).toBeGreaterThan(0);
  store.recover();
  expect(checkStore(store)).toEqual([]);
  store.walk(0, 1_000_000, () => "remove");
  expect(store.figures()).toMatchObject({ bytesUsed: 0, entries: 0, marks: 0, fetching: 0 });
  // There was not room for all.
  const { evictions, refusals, misfits } = store.figures();
  expect(evictions + refusals + misfits).toBeGreaterThan(0);
}, 20_000);
