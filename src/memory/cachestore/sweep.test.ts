// What nobody can be shown any more makes room before anything that is alive, whatever the policy, and what may still be of use does not.

import { expect, test } from "bun:test";
import { type CacheFacts, cacheFlag } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import { checkStore } from "./check.fixture.ts";
import { body, bytesOf, facts, keyOf, start } from "./sample.fixture.ts";

const policies = ["tinylfu", "lru", "lfu"] as const;
const plain: CacheFacts = { ...facts, etagStart: 0, etagEnd: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
const count = 19;
const content = body(40_000);

function isThere(store: CacheStore, name: string, nowMs: number): boolean {
  const entry = store.find(keyOf(name), nowMs);
  entry?.release();
  return entry !== null;
}

/** Asked for, and stored where it was not found. */
function ask(store: CacheStore, name: string, nowMs: number, more: Partial<CacheFacts> = {}): void {
  if (isThere(store, name, nowMs)) return;
  const draft = store.lease(keyOf(name), nowMs, 1000)!;
  const head = bytesOf("HTTP/1.1 200 OK");
  const told = { ...plain, bornMs: nowMs, storedMs: nowMs, freshForMs: 60_000, bodyBytes: content.length, ...more };
  if (draft.begin(told, head, 0, head.length, bytesOf("")) && draft.append(content, 0, content.length)) draft.finish();
}

/** A cache full of what was asked for ten times, and of so many others that were asked for since, once each: how many of those are there. */
function admitted(policy: (typeof policies)[number], lateMs: number, more: Partial<CacheFacts> = {}): number {
  const store = CacheStore.inMemory({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 17, policy });
  for (let round = 0; round < 10; round++)
    for (let index = 0; index < count; index++) ask(store, `/old/${index}`, start, { freshForMs: 2000, ...more });
  for (let index = 0; index < count; index++) ask(store, `/new/${index}`, start + lateMs);
  expect(checkStore(store)).toEqual([]);
  let there = 0;
  for (let index = 0; index < count; index++) if (isThere(store, `/new/${index}`, start + lateMs)) there++;
  return there;
}

for (const policy of policies)
  test(`${policy}: what is dead goes first, however often it was asked for`, () => {
    expect(admitted(policy, 3000)).toBe(count);
  });

test("what is fresh, may be shown stale or can be asked for anew is no more dead than its policy says", () => {
  const alive = admitted("tinylfu", 1000);
  expect(alive).toBeLessThan(count / 2);
  for (const more of [
    { staleWhileRevalidateMs: 10_000 },
    { staleIfErrorMs: 10_000 },
    { flags: cacheFlag.hasEtag, etagStart: 1, etagEnd: 3 },
    { flags: cacheFlag.hasLastModified },
    { staleIfErrorMs: 10_000, flags: cacheFlag.isPurged },
  ])
    expect(admitted("tinylfu", 3000, more)).toBe(alive);
  expect(admitted("tinylfu", 20_000, { staleIfErrorMs: 10_000 })).toBe(count);
});

test("what was purged softly, and cannot be shown or asked for anew, is dead at once", () => {
  expect(admitted("tinylfu", 1000, { flags: cacheFlag.isPurged })).toBe(count);
});

test("what is dead and held is left to who holds it", () => {
  const store = CacheStore.inMemory({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 17, policy: "lru" });
  for (let index = 0; index < count; index++) ask(store, `/old/${index}`, start, { freshForMs: 2000 });
  const held = [0, 1, 2].map((index) => store.find(keyOf(`/old/${index}`), start)!);
  for (let index = 0; index < count; index++) ask(store, `/new/${index}`, start + 3000);
  for (const entry of held) {
    expect([entry.isWhole, entry.written]).toEqual([true, content.length]);
    entry.release();
  }
  expect(checkStore(store)).toEqual([]);
});

test("what another machine says of the time does not make dead what is fresh here", () => {
  const popularLeft = (aheadMs: number): number => {
    const store = CacheStore.inMemory({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 17, policy: "tinylfu" });
    for (let round = 0; round < 10; round++)
      for (let index = 0; index < count; index++) ask(store, `/old/${index}`, start);
    // As from a second level, stored by a machine whose clock is ahead.
    const told = { storedMs: start + aheadMs, bornMs: start + aheadMs };
    for (let index = 0; index < count; index++) ask(store, `/remote/${index}`, start, told);
    let left = 0;
    for (let index = 0; index < count; index++) if (isThere(store, `/old/${index}`, start)) left++;
    return left;
  };
  expect(popularLeft(0)).toBeGreaterThan(count / 2);
  expect(popularLeft(100_000)).toBe(popularLeft(0));
});
