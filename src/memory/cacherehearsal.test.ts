import { expect, test } from "bun:test";
import { type CacheFacts, type CacheKey, cacheState } from "./cache.ts";
import { CacheRehearsal } from "./cacherehearsal.ts";
import { CacheStore } from "./cachestore.ts";
import { NoCache } from "./nocache.ts";

const nowMs = 1000;
const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
const facts: CacheFacts = {
  ...{ status: 200, flags: 0, bornMs: nowMs, storedMs: nowMs, freshForMs: 60_000, staleWhileRevalidateMs: 0 },
  ...{ staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0, reason: 0, bodyBytes: 2 },
};

function keyOf(text: string): CacheKey {
  const bytes = new TextEncoder().encode(text);
  return { bytes, firstEnd: bytes.length, end: bytes.length };
}

function stage() {
  const store = CacheStore.inMemory({ bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "lru" }, "pages");
  const draft = store.lease(keyOf("/a"), nowMs, 1000)!;
  draft.begin(facts, head, 0, head.length, new Uint8Array(0));
  draft.append(head, 0, 2);
  draft.finish();
  return { store, rehearsal: new CacheRehearsal(store) };
}

test("what is stored is found, with its bytes", () => {
  const { store, rehearsal } = stage();
  const entry = rehearsal.find(keyOf("/a"), nowMs)!;
  expect([entry.state, entry.facts.status, entry.written, entry.isWhole]).toEqual([cacheState.whole, 200, 2, true]);
  expect(entry.run(0)).toBe(true);
  expect(entry.bytes.slice(entry.runStart, entry.runEnd)).toEqual(head.slice(0, 2));
  entry.release();
  expect(rehearsal.find(keyOf("/b"), nowMs)).toBeNull();
  expect([rehearsal.name, rehearsal.objectBytesMax]).toEqual(["pages", store.objectBytesMax]);
});

test("nothing that is said of it changes anything", () => {
  const { store, rehearsal } = stage();
  const entry = rehearsal.find(keyOf("/a"), nowMs)!;
  expect(entry.claim(nowMs, 1000)).toBe(true);
  entry.outdate();
  entry.remove();
  entry.freshen({ ...facts, status: 204 }, head, 0, head.length);
  entry.giveUp();
  entry.release();
  rehearsal.purge();
  rehearsal.markPass();
  rehearsal.markVary();
  for (const draft of [rehearsal.lease(), rehearsal.replace()])
    expect(draft.begin(facts, head, 0, head.length, head)).toBe(true);
  const found = store.find(keyOf("/a"), nowMs)!;
  expect([found.facts.status, found.facts.flags]).toEqual([200, 0]);
  expect(store.figures()).toMatchObject({ entries: 1, marks: 0, fetching: 0 });
});

test("for what others are asking for nobody waits here", () => {
  const { store, rehearsal } = stage();
  const draft = store.lease(keyOf("/c"), nowMs, 1000)!;
  expect(rehearsal.find(keyOf("/c"), nowMs)).toBeNull();
  draft.begin({ ...facts, bodyBytes: -1 }, head, 0, head.length, new Uint8Array(0));
  expect(rehearsal.find(keyOf("/c"), nowMs)).toBeNull();
  draft.drop();
});

test("a cache that keeps nothing has nothing, and takes nothing in", () => {
  const cache = new NoCache({ name: "none", objectBytesMax: 5 });
  expect(cache.find()).toBeNull();
  expect(cache.lease().begin(facts, head, 0, head.length, head)).toBe(false);
  expect(cache.replace().append(head, 0, 1)).toBe(false);
  expect(cache.purge()).toBe(0);
});
