// What a cache does for one process, call by call. What several do to one at once, and what is left of those that are killed, is
// in cachestore/*.test.ts and test/stress.

import { afterEach, expect, test } from "bun:test";
import { type CacheDraft, type CacheEntry, type CacheFacts, type CacheKey, cacheState } from "./cache.ts";
import { checkStore } from "./cachestore/check.ts";
import type { StoreShape } from "./cachestore/layout.ts";
import { CacheStore } from "./cachestore.ts";

const start = 1_700_000_000_000;
const shape = { bytesMax: 2 ** 20, objectBytesMax: 2 ** 18, policy: "lru" } as const;
let opened: CacheStore[] = [];

function open(more: Partial<StoreShape> = {}): CacheStore {
  const store = CacheStore.inMemory({ ...shape, ...more });
  opened.push(store);
  return store;
}

afterEach(() => {
  for (const store of opened) expect(checkStore(store)).toEqual([]);
  opened = [];
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const none = new Uint8Array();

function keyOf(first: string, variant = ""): CacheKey {
  return { bytes: bytesOf(`${first}${variant}`), firstEnd: first.length, end: first.length + variant.length };
}

const facts: CacheFacts = {
  status: 200,
  flags: 0,
  bornMs: start,
  storedMs: start + 1,
  freshForMs: 60_000,
  staleWhileRevalidateMs: 1000,
  staleIfErrorMs: 2000,
  lastModifiedMs: start - 5000,
  etagStart: 3,
  etagEnd: 9,
  reason: 0,
  bodyBytes: -1,
};

/** A body that differs at every place. */
function body(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >>> 8) * 7 + seed) & 0xff);
}

function fill(draft: CacheDraft | null, head: string, content: Uint8Array, more: Partial<CacheFacts> = {}): boolean {
  if (draft === null) throw new Error("there is no lease");
  if (!draft.begin({ ...facts, ...more }, bytesOf(head), 0, head.length, none)) return false;
  for (let at = 0; at < content.length; at += 10_000)
    if (!draft.append(content, at, Math.min(at + 10_000, content.length))) return false;
  draft.finish();
  return true;
}

function put(store: CacheStore, key: CacheKey, content: Uint8Array, more: Partial<CacheFacts> = {}): boolean {
  return fill(store.lease(key, start, 1000), "HTTP/1.1 200 OK", content, more);
}

function headOf(entry: CacheEntry): string {
  return new TextDecoder().decode(entry.bytes.slice(entry.headStart, entry.headEnd));
}

/** What is there of the body, and in how many pieces. */
function read(entry: CacheEntry, from = 0): { bytes: Uint8Array; pieces: number } {
  const parts: Uint8Array[] = [];
  let at = from;
  for (; entry.run(at); at += entry.runEnd - entry.runStart)
    parts.push(entry.bytes.slice(entry.runStart, entry.runEnd));
  return { bytes: new Uint8Array(Buffer.concat(parts)), pieces: parts.length };
}

function found(store: CacheStore, key: CacheKey, nowMs = start): CacheEntry {
  const entry = store.find(key, nowMs);
  if (entry === null) throw new Error("nothing was found");
  return entry;
}

/** Without holding it. */
function stateOf(store: CacheStore, key: CacheKey, nowMs = start): number {
  const entry = store.find(key, nowMs);
  entry?.release();
  return entry?.state ?? 0;
}

test("what was stored is found as it was: facts, head, body", () => {
  const store = open();
  for (const length of [0, 1, 200, 512, 5000, 100_000, 260_000]) {
    const key = keyOf(`/of/${length}`);
    expect(put(store, key, body(length), { bodyBytes: length })).toBe(true);
    const entry = found(store, key);
    expect([entry.state, entry.isWhole, entry.isBroken, entry.written]).toEqual([
      cacheState.whole,
      true,
      false,
      length,
    ]);
    expect({ ...entry.facts }).toEqual({ ...facts, bodyBytes: length });
    expect(headOf(entry)).toBe("HTTP/1.1 200 OK");
    const { bytes, pieces } = read(entry);
    expect([bytes, pieces]).toEqual([body(length), Math.ceil(length / 262_000)]);
    for (const from of [1, length >> 1, length - 1])
      if (from > 0) expect(read(entry, from).bytes).toEqual(body(length).slice(from));
    expect(entry.run(length)).toBe(false);
    entry.release();
  }
});

test("a body of unknown length grows, and what it does not need is given back", () => {
  const store = open();
  const before = store.figures().bytesUsed;
  for (const length of [0, 100, 9000, 100_000]) {
    const key = keyOf(`/of/${length}`);
    expect(put(store, key, body(length, 3))).toBe(true);
    const entry = found(store, key);
    expect([read(entry).bytes, entry.facts.bodyBytes]).toEqual([body(length, 3), length]);
    const used = store.figures().bytesUsed - before;
    expect(used).toBeLessThan(length + 4096);
    entry.remove();
    entry.release();
    expect(store.figures().bytesUsed).toBe(before);
  }
});

test("who has the lease is alone; others find it, read along, and see it whole", () => {
  const store = open();
  const key = keyOf("/slow");
  const draft = store.lease(key, start, 1000)!;
  expect(store.lease(key, start, 1000)).toBeNull();
  const waiting = found(store, key);
  expect([waiting.state, waiting.isBroken, waiting.isWhole]).toEqual([cacheState.fetching, false, false]);
  waiting.release();
  expect(draft.begin(facts, bytesOf("head"), 0, 4, none)).toBe(true);
  const along = found(store, key);
  expect([along.state, along.facts.bodyBytes, along.run(0)]).toEqual([cacheState.filling, -1, false]);
  expect(store.lease(key, start, 1000)).toBeNull();
  const content = body(50_000);
  draft.append(content, 0, 20_000);
  expect([along.written, read(along).bytes]).toEqual([20_000, content.slice(0, 20_000)]);
  draft.append(content, 20_000, 50_000);
  expect([along.isWhole, read(along, 20_000).bytes]).toEqual([false, content.slice(20_000)]);
  draft.finish();
  expect([along.isWhole, along.isBroken]).toEqual([true, false]);
  along.release();
});

test("the least recently found goes first, and as many as it takes", () => {
  const store = open();
  const keys = Array.from({ length: 60 }, (_, index) => keyOf(`/${index}`));
  for (const key of keys.slice(0, 40)) put(store, key, body(20_000), { bodyBytes: 20_000 });
  for (const key of keys.slice(0, 10)) expect(stateOf(store, key)).toBe(cacheState.whole);
  for (const key of keys.slice(40)) put(store, key, body(20_000), { bodyBytes: 20_000 });
  const there = keys.map((key, index) => (stateOf(store, key) === 0 ? -1 : index)).filter((index) => index >= 0);
  const gone = 60 - there.length;
  expect(gone).toBeGreaterThan(5);
  expect(there.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(there.slice(10)).toEqual(Array.from({ length: 50 - gone }, (_, index) => 10 + gone + index));
  expect(store.figures().evictions).toBe(gone);
});
