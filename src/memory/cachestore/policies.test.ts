// Who stays and who goes, by policy: the order that each keeps, and how much of ordinary traffic each finds. The traffic is made by
// a seeded generator; the figures that are compared are far apart (bench/micro/cachestore.ts has them).

import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import type { CacheFacts, CacheKey } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import { checkStore } from "./check.fixture.ts";
import type { StorePolicyName } from "./layout.ts";

const now = 1_700_000_000_000;
const facts: CacheFacts = {
  ...{ status: 200, flags: 0, bornMs: now, storedMs: now, freshForMs: 60_000, staleWhileRevalidateMs: 0, reason: 0 },
  ...{ staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0, bodyBytes: 0 },
};
const none = new Uint8Array();
const content = new Uint8Array(200_000);

function open(policy: StorePolicyName, bytesMax: number): CacheStore {
  return CacheStore.inMemory({ bytesMax, objectBytesMax: 200_000, policy });
}

function keyOf(text: string): CacheKey {
  const bytes = new TextEncoder().encode(text);
  return { bytes, firstEnd: bytes.length, end: bytes.length };
}

/** Whether it was found; otherwise it is stored. */
function ask(store: CacheStore, name: string, bodyBytes: number): boolean {
  const key = keyOf(name);
  const entry = store.find(key, now);
  entry?.release();
  if (entry !== null) return true;
  const draft = store.lease(key, now, 1000);
  const isBegun = draft?.begin({ ...facts, bodyBytes }, none, 0, 0, none) ?? false;
  if (isBegun && draft!.append(content, 0, bodyBytes)) draft!.finish();
  return false;
}

/** Without asking for anything. */
function names(store: CacheStore): Set<string> {
  const found = new Set<string>();
  store.walk(0, 1_000_000, (view) => {
    found.add(new TextDecoder().decode(view.bytes.slice(view.firstStart, view.firstEnd)));
    return "keep";
  });
  return found;
}

test("lru: whoever goes is the one that nobody asked for longest", () => {
  const store = open("lru", 300_000);
  const prng = new Prng(5);
  let order: string[] = [];
  for (let step = 0; step < 5000; step++) {
    const name = `/${prng.below(120)}`;
    const isHit = ask(store, name, 3000);
    expect([step, isHit]).toEqual([step, order.includes(name)]);
    order = [...order.filter((each) => each !== name), name];
    const there = names(store);
    const stayed = order.filter((each) => there.has(each));
    expect([step, stayed]).toEqual([step, order.slice(order.length - stayed.length)]);
    order = stayed;
  }
  expect(store.figures().evictions).toBeGreaterThan(1000);
  expect(checkStore(store)).toEqual([]);
});

test("lfu: who was asked for most stays while others pass, until it is forgotten", () => {
  const store = open("lfu", 300_000);
  for (let round = 0; round < 6; round++) for (let index = 0; index < 20; index++) ask(store, `/hot/${index}`, 3000);
  for (let index = 0; index < 300; index++) ask(store, `/once/${index}`, 3000);
  const hot = (): number => [...names(store)].filter((name) => name.startsWith("/hot")).length;
  expect(hot()).toBe(20);
  expect(checkStore(store)).toEqual([]);
  // Others become what everybody asks for.
  for (let round = 0; round < 200; round++) for (let index = 0; index < 60; index++) ask(store, `/new/${index}`, 3000);
  expect(hot()).toBeLessThan(20);
  expect(checkStore(store)).toEqual([]);
});

test("tinylfu: a walk over everything washes nothing out that is asked for again and again", () => {
  const survivors = (policy: StorePolicyName): number => {
    const store = open(policy, 1_000_000);
    // Twice each: that is once more than what is only walked over.
    for (let turn = 0; turn < 200; turn++) ask(store, `/hot/${turn >> 1}`, 5000);
    for (let index = 0; index < 500; index++) ask(store, `/scan/${index}`, 5000);
    expect(checkStore(store)).toEqual([]);
    return [...names(store)].filter((name) => name.startsWith("/hot")).length;
  };
  expect(survivors("tinylfu")).toBeGreaterThan(95);
  expect(survivors("lru")).toBe(0);
});

test("tinylfu: large responses wash nothing out either, and come in when they are asked for enough", () => {
  const store = open("tinylfu", 1_000_000);
  for (let round = 0; round < 4; round++) for (let index = 0; index < 170; index++) ask(store, `/hot/${index}`, 5000);
  const hot = (): number => [...names(store)].filter((name) => name.startsWith("/hot")).length;
  const before = hot();
  for (let index = 0; index < 50; index++) ask(store, `/large/${index}`, 150_000);
  expect([hot() > before - 10, store.figures().refusals > 40]).toEqual([true, true]);
  for (let round = 0; round < 20; round++) ask(store, "/video", 150_000);
  expect(names(store).has("/video")).toBe(true);
  expect(checkStore(store)).toEqual([]);
});

function rankOf(sums: Float64Array, at: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hitRatio(policy: StorePolicyName, scanShare: number): number {
  const objects = 4000;
  const store = open(policy, 1_000_000);
  const prng = new Prng(9);
  const sums = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank++) sums[rank] = sum += (rank + 1) ** -0.9;
  let [asked, hits] = [0, 0];
  for (let request = 0; request < 40_000; request++) {
    if (prng.next() < scanShare) {
      ask(store, `/scan/${request}`, 4000);
      continue;
    }
    const rank = rankOf(sums, prng.next() * sum);
    const isHit = ask(store, `/${rank}`, 500 + ((rank * 7919) % 8000));
    if (request < 20_000) continue;
    asked++;
    if (isHit) hits++;
  }
  expect(checkStore(store)).toEqual([]);
  return hits / asked;
}

test("tinylfu finds more than lru and lfu, and far more when a part of the traffic asks for everything once", () => {
  const [tinylfu, lru, lfu] = (["tinylfu", "lru", "lfu"] as const).map((policy) => hitRatio(policy, 0));
  expect([tinylfu! > lru! + 0.05, tinylfu! > lfu! + 0.02]).toEqual([true, true]);
  const [scanned, lruScanned] = (["tinylfu", "lru"] as const).map((policy) => hitRatio(policy, 0.33));
  expect([scanned! > lruScanned! + 0.1, scanned! > tinylfu! - 0.04]).toEqual([true, true]);
}, 60_000);
