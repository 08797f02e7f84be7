import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CachePlan } from "../config/plan.ts";
import type { Cache, CacheKey } from "../memory/cache.ts";
import { body, found, put } from "../memory/cachestore/sample.fixture.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { Caches } from "./caches.ts";
import type { MappedFile } from "./mappedfiles.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-worker-caches-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan: CachePlan = {
  name: "pages",
  bytesMax: 2 ** 21,
  objectBytesMax: 2 ** 16,
  policy: "tinylfu",
  isShared: true,
  redis: null,
};
const own: CachePlan = { ...plan, name: "own", isShared: false };

function made(name: string): string {
  const path = join(folder, name);
  const bytes = new Uint8Array(CacheStore.bytesFor(plan));
  CacheStore.format(bytes, plan, 1);
  writeFileSync(path, bytes);
  return path;
}

function stage(id = process.pid): Caches {
  return new Caches({ id, startedAt: 1, isAlive: () => true, relax: () => {} }, 2);
}

function key(text: string): CacheKey {
  const bytes = new TextEncoder().encode(text);
  return { bytes, firstEnd: bytes.length, end: bytes.length };
}

function isThere(cache: Cache, text: string): boolean {
  const entry = cache.find(key(text), 1000);
  entry?.release();
  return entry !== null;
}

/** The hash of its first part, which its shard follows from. */
function hashOf(store: CacheStore, wanted: CacheKey): number {
  const { index, shard } = store.parts;
  expect(index.open(wanted)).toBe(true);
  shard.close();
  return index.key.hashFirst;
}

test("workers that map one file find what the others have marked", () => {
  const files = { pages: made("a") };
  const [one, other] = [stage(1), stage(2)];
  one.adopt([plan], files);
  other.adopt([plan], files);
  one.of(plan).markPass(key("/a"), 1, 2000);
  expect(isThere(other.of(plan), "/a")).toBe(true);
  expect(isThere(other.of(plan), "/b")).toBe(false);
});

test("what another process kept us from letting go of is let go of by the next look", () => {
  const files = { pages: made("held") };
  const [one, other] = [stage(1), stage(2)];
  one.adopt([plan], files);
  other.adopt([plan], files);
  const store = one.of(plan) as CacheStore;
  const { shard } = (other.of(plan) as CacheStore).parts;
  const wanted = key("/a");
  const draft = store.lease(wanted, 1000, 1000)!;
  shard.open(shard.shardOfHash(hashOf(store, wanted)));
  draft.drop();
  shard.close();
  expect(store.figures().fetching).toBe(1);
  one.settle();
  expect(store.figures().fetching).toBe(0);
});

test("of files pages are lent, with the file that was mapped; of memory of a worker's own none", () => {
  const path = made("lent");
  const asked: MappedFile[] = [];
  const caches = new Caches({ id: 1, startedAt: 1, isAlive: () => true, relax: () => {} }, 2, (_, file) => {
    asked.push(file);
    return { descriptor: 7, detach: () => true, reserve: () => true };
  });
  caches.adopt([plan, own], { pages: path });
  caches.adopt([plan, own], { pages: path });
  expect(asked).toEqual([{ path, inode: statSync(path).ino }]);
  const lent = [plan, own].map((each) => {
    const cache = caches.of(each) as CacheStore;
    put(cache, key("/a"), body(40_000), { bodyBytes: 40_000 });
    const entry = found(cache, key("/a"));
    return entry.run(0) ? entry.lend() : 0;
  });
  expect(lent).toEqual([7, -1]);
});

test("a cache of each worker's own has no file, is nobody else's, and stays while its size does", () => {
  const [one, other] = [stage(1), stage(2)];
  one.adopt([own], {});
  other.adopt([own], {});
  const before = one.of(own);
  before.markPass(key("/a"), 1, 2000);
  expect(isThere(other.of(own), "/a")).toBe(false);
  one.adopt([own, plan], { pages: made("b") });
  expect(one.of(own)).toBe(before);
  one.adopt([{ ...own, bytesMax: 2 ** 23 }], {});
  expect(one.of(own)).not.toBe(before);
});

test("what is little for all is enough for each", () => {
  const caches = stage();
  caches.adopt([{ ...own, bytesMax: 2 ** 20 }], {});
  expect(caches.of(own).objectBytesMax).toBeGreaterThan(4096);
});

test("a plan whose files cannot all be mapped changes nothing", () => {
  const caches = stage();
  caches.adopt([plan, own], { pages: made("c") });
  const before = [caches.of(plan), caches.of(own)];
  expect(() => caches.adopt([plan, { ...own, bytesMax: 2 ** 23 }], {})).toThrow("no file for it");
  expect([caches.of(plan), caches.of(own)]).toEqual(before);
  expect(caches.of(own)).toBe(before[1]!);
});
