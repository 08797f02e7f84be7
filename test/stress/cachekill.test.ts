// Processes that share one cache are killed at random moments and replaced, under load. Each looks at every byte that it reads; in
// the end no lock is held, every unit is free or somebody's once, and nothing is held by anybody.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { checkStore } from "../../src/memory/cachestore/check.fixture.ts";
import { CacheStore } from "../../src/memory/cachestore.ts";
import { processOwner } from "../../src/owner.ts";
import { canLend, filePages } from "../../src/pages.ts";
import { killingTestMs, killProcesses, killsMin } from "./killing.ts";
import { cached, create, lentWord, shadowWords, sharedFolder } from "./shared.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  `killed processes wedge nothing, and nobody reads what was not stored (SEED=${seed})`,
  async () => {
    const prng = new Prng(seed);
    const bytes = create(folder, "cached", CacheStore.bytesFor(cached));
    CacheStore.format(bytes, cached, seed);
    const store = new CacheStore(
      bytes,
      "cached",
      processOwner(),
      filePages(bytes, { path: join(folder, "cached"), inode: statSync(join(folder, "cached")).ino }),
    );
    const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);

    const needsLent = canLend(folder);
    // There is not room for all, and some of it was lent and looked at.
    const isEnough = (): boolean => {
      const { evictions, refusals, misfits } = store.figures();
      return evictions + refusals + misfits > 0 && (!needsLent || Atomics.load(shadow, lentWord) > 0);
    };
    const { kills, errors } = await killProcesses({
      ...{ program: "caching.ts", folder, shadow, prng, killsMax: 60, killingMs: 6000, lifeMsMax: 100 },
      recover: () => store.recover(),
      isEnough,
    });
    expect(errors).toEqual([]);
    expect(isEnough()).toBe(true);
    expect(kills).toBeGreaterThanOrEqual(killsMin);
    store.recover();
    expect(checkStore(store)).toEqual([]);
    store.walk(0, 1_000_000, () => "remove");
    expect(store.figures()).toMatchObject({ bytesUsed: 0, entries: 0, marks: 0, fetching: 0 });
  },
  killingTestMs,
);
