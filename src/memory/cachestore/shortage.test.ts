import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { cacheState } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import type { Owner } from "../owners.ts";
import { checkStore } from "./check.fixture.ts";
import type { StoreShape } from "./layout.ts";
import { body, found, keyOf, put, read, start, stateOf, TrialPages } from "./sample.fixture.ts";

const shape: StoreShape = { bytesMax: 8 * 2 ** 20, objectBytesMax: 2 ** 19, policy: "tinylfu", isShared: false };
const mib = 2 ** 20;

interface World {
  readonly pages: TrialPages;
  readonly open: (id: number) => CacheStore;
  readonly alive: Set<number>;
}

/** A file of which nothing but its fixed part has memory, on a system that has so many more bytes. */
function worldOf(moreBytes: number, policy: StoreShape["policy"] = "tinylfu"): World {
  const bytes = new Uint8Array(CacheStore.bytesFor(shape));
  const fixed = CacheStore.fixedBytesFor(shape);
  CacheStore.format(bytes, { ...shape, policy }, 99, false);
  const pages = new TrialPages(bytes, fixed);
  pages.pagesMax = Math.ceil((fixed + moreBytes) / 4096);
  const alive = new Set<number>();
  const open = (id: number): CacheStore => {
    alive.add(id);
    const owner: Owner = { id, startedAt: 7, isAlive: (other) => alive.has(other), relax: () => {} };
    return new CacheStore(bytes, "cache", owner, pages);
  };
  return { pages, open, alive };
}

test("an empty cache has no memory but for its fixed part, and asks for more as it fills", () => {
  const { pages, open } = worldOf(Number.POSITIVE_INFINITY);
  const store = open(1);
  expect([store.figures().bytesReady, store.figures().bytesUsed]).toEqual([0, 0]);
  expect(put(store, keyOf("/a"), body(9000))).toBe(true);
  expect([store.figures().bytesReady, store.figures().isShort]).toEqual([mib, false]);
  for (let index = 0; index < 3000; index++) put(store, keyOf(`/${index}`), body(3000, index));
  const { bytesReady, bytesMax, evictions } = store.figures();
  expect([bytesReady, evictions > 0]).toEqual([bytesMax, true]);
  expect([pages.overrun, checkStore(store)]).toEqual([0, []]);
});

test.each(["tinylfu", "lru", "lfu"] as const)(
  "where the system has no more, what is stored makes room, and no page is touched that has no memory (%s)",
  (policy) => {
    const { pages, open } = worldOf(2.5 * mib, policy);
    const [one, other] = [open(1), open(2)];
    const prng = new Prng(5);
    for (let index = 0; index < 3000; index++)
      put(index % 2 === 0 ? one : other, keyOf(`/${index}`), body(prng.below(20_000), index));
    const { bytesReady, isShort, entries, evictions } = one.figures();
    expect([bytesReady, isShort, entries > 50, evictions > 1000]).toEqual([2 * mib, true, true, true]);
    expect([pages.overrun, checkStore(one)]).toEqual([0, []]);
    const entry = found(other, keyOf("/new"), put(other, keyOf("/new"), body(9000, 1)) ? start : start);
    expect(read(entry).bytes).toEqual(body(9000, 1));
    entry.release();
  },
);

test("who was refused asks again after a second, not with each response; and grows when there is memory again", () => {
  const { pages, open } = worldOf(1.5 * mib);
  const store = open(1);
  for (let index = 0; index < 1000; index++) put(store, keyOf(`/${index}`), body(3000, index));
  expect([pages.refusals, store.figures().isShort]).toEqual([1, true]);
  pages.pagesMax = Number.POSITIVE_INFINITY;
  for (let index = 0; index < 1000; index++) put(store, keyOf(`/${index}`), body(3000, index));
  expect(store.figures().bytesReady).toBe(mib);
  for (let index = 0; index < 100; index++) {
    const draft = store.replace(keyOf(`/later${index}`), start + 1001);
    if (draft.begin(factsOf(3000), new Uint8Array(20), 0, 20, new Uint8Array())) draft.append(body(3000), 0, 3000);
    draft.finish();
  }
  const { bytesReady, isShort } = store.figures();
  expect([bytesReady > mib, isShort]).toEqual([true, false]);
});

const factsOf = (bodyBytes: number) => ({
  ...{ status: 200, flags: 0, bornMs: start, storedMs: start, freshForMs: 60_000, staleWhileRevalidateMs: 0 },
  ...{ staleIfErrorMs: 0, lastModifiedMs: start, etagStart: 0, etagEnd: 0, reason: 0, bodyBytes },
});

test("without any memory nothing is stored, and nobody is ended", () => {
  const { pages, open } = worldOf(0);
  const store = open(1);
  expect(put(store, keyOf("/a"), body(100))).toBe(false);
  expect([stateOf(store, keyOf("/a")), store.figures().misfits > 0, pages.overrun]).toEqual([0, true, 0]);
});

test("a shard that is taken over keeps what has memory, and gives out nothing else", () => {
  const { pages, open, alive } = worldOf(2.5 * mib);
  const [dead, store] = [open(1), open(2)];
  for (let index = 0; index < 600; index++) put(store, keyOf(`/${index}`), body(9000, index));
  const { bytesReady } = store.figures();
  for (let shard = 0; shard < store.parts.shard.layout.shards; shard++) dead.parts.shard.open(shard);
  alive.delete(1);
  expect(stateOf(store, keyOf("/1"))).toBe(0);
  expect([store.figures().wipes > 0, store.figures().bytesReady]).toEqual([true, bytesReady]);
  for (let index = 0; index < 600; index++) put(store, keyOf(`/${index}`), body(9000, index));
  expect([pages.overrun, store.figures().bytesReady]).toEqual([0, bytesReady]);
});

test("what was emptied for good takes nothing more, by whoever still fills it", () => {
  const { pages, open } = worldOf(4 * mib);
  const [control, worker] = [open(1), open(2)];
  for (let index = 0; index < 300; index++) put(worker, keyOf(`/${index}`), body(9000, index));
  const draft = worker.lease(keyOf("/late"), start, 1000)!;
  control.empty();
  pages.pagesMax = 0;
  expect(draft.begin(factsOf(-1), new Uint8Array(20), 0, 20, new Uint8Array())).toBe(false);
  expect([put(worker, keyOf("/b"), body(100_000)), pages.overrun]).toEqual([false, 0]);
  expect(stateOf(worker, keyOf("/1"))).not.toBe(cacheState.whole);
});

test("pages that were lent are had anew when they are written over, or not written at all", () => {
  const { pages, open } = worldOf(1.2 * mib);
  const store = open(1);
  for (let round = 0; round < 40; round++) {
    if (!put(store, keyOf(`/${round}`), body(70_000, round))) continue;
    const entry = found(store, keyOf(`/${round}`));
    for (let at = 0; entry.run(at); at += entry.runEnd - entry.runStart) pages.take(entry);
    entry.release();
  }
  expect([pages.detachedBytes > 0, pages.overrun, pages.spoilt, checkStore(store)]).toEqual([true, 0, 0, []]);
});
