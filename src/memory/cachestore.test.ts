// What a cache does for one process, call by call. What several do to one at once, and what is left of those that are killed, is
// in cachestore/*.test.ts and test/stress.

import { afterEach, expect, test } from "bun:test";
import { cacheFlag, cacheState } from "./cache.ts";
import { checkStore } from "./cachestore/check.fixture.ts";
import type { StoreShape } from "./cachestore/layout.ts";
import {
  body,
  bytesOf,
  facts,
  fill,
  found,
  headOf,
  keyOf,
  put,
  read,
  start,
  stateOf,
  textOf,
} from "./cachestore/sample.fixture.ts";
import { CacheStore } from "./cachestore.ts";

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
  expect(draft.begin(facts, bytesOf("head"), 0, 4, new Uint8Array())).toBe(true);
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

test("variants are found by both parts of the key, and neither takes bytes of the other", () => {
  const store = open();
  for (const [first, variant] of [
    ["/a", ""],
    ["/a", "gzip"],
    ["/ag", "zip"],
    ["/agzip", ""],
    ["/a", "\0"],
  ] as const)
    expect(put(store, keyOf(first, variant), bytesOf(`${first}|${variant}`))).toBe(true);
  const entry = found(store, keyOf("/ag", "zip"));
  expect(textOf(read(entry).bytes, 0, 99)).toBe("/ag|zip");
  entry.release();
  expect([stateOf(store, keyOf("/a", "br")), stateOf(store, keyOf("/agz", "ip"))]).toEqual([0, 0]);
  expect(store.purge(keyOf("/a"), false)).toBe(3);
  expect([store.figures().entries, stateOf(store, keyOf("/a", "gzip")), stateOf(store, keyOf("/agzip"))]).toEqual([
    2, 0, 3,
  ]);
});

test("a lease whose time is over is nothing, and what comes by it later is not stored", () => {
  const store = open();
  const key = keyOf("/late");
  const late = store.lease(key, start, 1000)!;
  const waiting = found(store, key, start + 999);
  expect(store.find(key, start + 1000)).toBeNull();
  expect(waiting.isBroken).toBe(true);
  waiting.release();
  const next = store.lease(key, start + 1000, 1000)!;
  expect(fill(late, "late", body(10))).toBe(false);
  expect(late.append(body(10), 0, 10)).toBe(false);
  late.finish();
  expect(fill(next, "next", body(10))).toBe(true);
  const entry = found(store, key, start + 1001);
  expect(headOf(entry)).toBe("next");
  entry.release();
});

test("a draft that is dropped, too short or too long leaves nothing, and who read along is told", () => {
  const store = open();
  const key = keyOf("/cut");
  const end = (act: (draft: NonNullable<ReturnType<CacheStore["lease"]>>) => void): boolean => {
    const draft = store.lease(key, start, 1000)!;
    draft.begin({ ...facts, bodyBytes: 1000 }, bytesOf("head"), 0, 4, new Uint8Array());
    draft.append(body(400), 0, 400);
    const along = found(store, key);
    act(draft);
    const { isBroken, isWhole } = along;
    along.release();
    return isBroken && !isWhole && store.find(key, start) === null;
  };
  expect(end((draft) => draft.drop())).toBe(true);
  expect(end((draft) => draft.finish())).toBe(true);
  expect(end((draft) => void draft.append(body(601), 0, 601))).toBe(true);
  expect(store.figures().bytesUsed).toBe(0);
});

test("what is larger than an object may be is refused when that is known", () => {
  const store = open();
  const key = keyOf("/large");
  expect(put(store, key, body(2 ** 18), { bodyBytes: 2 ** 18 })).toBe(false);
  expect(put(store, key, body(2 ** 18))).toBe(false);
  expect([store.figures().misfits, store.figures().bytesUsed]).toEqual([2, 0]);
  expect(put(store, key, body(2 ** 18 - 100), { bodyBytes: 2 ** 18 - 100 })).toBe(true);
});

test("what is stale may be fetched anew, and is found again when nothing comes of it", () => {
  const store = open();
  const key = keyOf("/stale");
  const stale = start + facts.freshForMs;
  put(store, key, body(100));
  expect(store.lease(key, stale - 1, 1000)).toBeNull();
  const draft = store.lease(key, stale, 1000)!;
  expect(stateOf(store, key, stale)).toBe(cacheState.fetching);
  draft.drop();
  expect(stateOf(store, key, stale)).toBe(cacheState.whole);
  expect(fill(store.lease(key, stale, 1000)!, "new", body(50), { bornMs: stale })).toBe(true);
  expect([store.figures().entries, store.lease(key, stale, 1000)]).toEqual([1, null]);
});

test("one asks for it anew, alone: until it says so, its time is over, or another comes in its place", () => {
  const store = open();
  const key = keyOf("/claimed");
  put(store, key, body(100));
  const stale = start + facts.freshForMs;
  const [one, other] = [found(store, key), found(store, key)];
  expect([one.claim(start, 1000), other.claim(start, 1000), one.claim(start, 1000)]).toEqual([true, false, false]);
  one.giveUp();
  expect(one.claim(stale, 1000)).toBe(true);
  expect(store.lease(key, stale + 999, 1000)).toBeNull();
  one.giveUp();
  expect(one.claim(start, 1000)).toBe(true);
  expect(other.claim(start + 1000, 1000)).toBe(true);
  // It is no longer its task.
  one.giveUp();
  expect(one.claim(start + 1500, 1000)).toBe(false);
  other.giveUp();
  expect(one.claim(start + 1500, 1000)).toBe(true);
  // Whoever lets go of it has given up.
  one.release();
  expect(other.claim(start + 1500, 99_000)).toBe(true);
  const draft = store.replace(key, start + 1500);
  const third = found(store, key, start + 1500);
  expect(third.state).toBe(cacheState.fetching);
  draft.begin(facts, bytesOf("x"), 0, 1, new Uint8Array());
  draft.drop();
  third.release();
  const fourth = found(store, key, start + 1500);
  expect(fourth.claim(start + 1500, 1000)).toBe(true);
  fourth.release();
  other.release();
});

test("who has found it stale asks for nothing when it has been made good since, or another is in its place", () => {
  const store = open();
  const key = keyOf("/found");
  put(store, key, body(100));
  const [one, other] = [found(store, key), found(store, key)];
  expect(one.claim(start, 1000)).toBe(true);
  one.freshen({ ...facts, bornMs: start + 1 }, bytesOf("head"), 0, 4);
  one.release();
  expect(other.claim(start, 1000)).toBe(false);
  other.release();
  const third = found(store, key);
  expect(fill(store.replace(key, start), "new", body(50))).toBe(true);
  expect(third.claim(start, 1000)).toBe(false);
  third.release();
  const fourth = found(store, key);
  expect(fourth.claim(start, 1000)).toBe(true);
  fourth.release();
});

test("a response that is still good has another head and other facts, for all but those who read the former head", () => {
  const store = open();
  const key = keyOf("/good");
  put(store, key, body(3000), { bodyBytes: 3000 });
  const used = store.figures().bytesUsed;
  const renew = (head: string, ageMs: number): void => {
    const entry = found(store, key);
    entry.claim(start, 1000);
    entry.freshen({ ...facts, bornMs: start + ageMs, bodyBytes: -1 }, bytesOf(`??${head}`), 2, head.length + 2);
    expect([headOf(entry), entry.facts.bornMs, entry.facts.bodyBytes]).toEqual([head, start + ageMs, 3000]);
    expect(read(entry).bytes).toEqual(body(3000));
    entry.release();
  };
  renew("HTTP/1.1 200 Ok", 1);
  expect(store.figures().bytesUsed).toBe(used);
  const reader = found(store, key);
  renew("short", 2);
  renew("long ".repeat(300), 3);
  renew("other".repeat(300), 4);
  expect([headOf(reader), reader.facts.bornMs, read(reader).bytes]).toEqual(["HTTP/1.1 200 Ok", start + 1, body(3000)]);
  expect(checkStore(store)).toEqual([]);
  reader.release();
  for (let age = 5; age < 50; age++) renew("again".repeat(age), age);
  expect(store.figures().bytesUsed).toBeLessThan(used + 4096);
});

test("heads that readers hold do not pile up: the response is fetched anew instead", () => {
  const store = open();
  const key = keyOf("/renewed");
  put(store, key, body(10));
  const reader = found(store, key);
  let renewals = 0;
  for (let entry = store.find(key, start); entry !== null && renewals < 100; entry = store.find(key, start)) {
    entry.freshen(facts, bytesOf(`head ${renewals++}`), 0, 6);
    entry.release();
  }
  expect([renewals, headOf(reader)]).toEqual([18, "HTTP/1.1 200 OK"]);
  reader.release();
  expect(store.figures().bytesUsed).toBe(0);
});

test("marks stand in the place of what was there: pass for its time, vary until something else is said", () => {
  const store = open();
  const key = keyOf("/marked");
  const draft = store.lease(key, start, 1000)!;
  store.markPass(key, 7, start + 500);
  expect(fill(draft, "late", body(10))).toBe(false);
  const pass = found(store, key, start + 499);
  expect([pass.state, pass.facts.reason]).toEqual([cacheState.pass, 7]);
  pass.release();
  expect(store.find(key, start + 500)).toBeNull();
  store.markVary(key, bytesOf("accept-encoding, accept-language"));
  const vary = found(store, key);
  expect([vary.state, headOf(vary)]).toEqual([cacheState.vary, "accept-encoding, accept-language"]);
  vary.release();
  expect(store.figures().marks).toBe(1);
  expect(put(store, key, body(10))).toBe(true);
  expect([stateOf(store, key), store.figures().marks]).toEqual([cacheState.whole, 0]);
});

test("variants under the same names stay when they are named again, under others they are gone", () => {
  const store = open();
  const key = keyOf("/vary");
  const lease = store.lease(key, start, 1000)!;
  store.markVary(key, bytesOf("accept-encoding"));
  expect(lease.isLost).toBe(true);
  put(store, keyOf("/vary", "gzip"), body(10));
  store.markVary(key, bytesOf("accept-encoding"));
  lease.drop();
  expect([stateOf(store, key), stateOf(store, keyOf("/vary", "gzip"))]).toEqual([cacheState.vary, cacheState.whole]);
  store.markVary(key, bytesOf("accept-languages"));
  expect(stateOf(store, keyOf("/vary", "gzip"))).toBe(0);
  expect(store.figures()).toMatchObject({ entries: 0, marks: 1, fetching: 0 });
});

test("marks take no more than their share, however many there are", () => {
  const store = open();
  for (let index = 0; index < 5000; index++) store.markPass(keyOf(`/pass/${index}`), 1, start + 1000);
  expect([stateOf(store, keyOf("/pass/4999")), stateOf(store, keyOf("/pass/0"))]).toEqual([cacheState.pass, 0]);
  const { bytesUsed, bytesMax } = store.figures();
  expect(bytesUsed).toBeLessThanOrEqual(bytesMax / 8);
});

test("a hundred and twenty-eight variants of one first part: one more, and the oldest goes", () => {
  const store = open();
  for (let index = 0; index < 200; index++) put(store, keyOf("/one", `variant ${index}`), body(10));
  expect([store.figures().entries, stateOf(store, keyOf("/one", "variant 199"))]).toEqual([128, cacheState.whole]);
  expect(stateOf(store, keyOf("/one", "variant 71"))).toBe(0);
});

test("purged hard they are gone, purged soft they are stale; what is under way is for those who wait, and not stored", () => {
  const store = open();
  const key = keyOf("/purged");
  put(store, key, body(100));
  put(store, keyOf("/purged", "v"), body(100));
  const reader = found(store, key);
  const draft = store.replace(keyOf("/purged", "w"), start);
  draft.begin(facts, bytesOf("head"), 0, 4, new Uint8Array());
  const along = found(store, keyOf("/purged", "w"));
  expect(store.purge(key, true)).toBe(3);
  const soft = found(store, key);
  expect([soft.facts.flags & cacheFlag.isPurged, reader.facts.flags]).toEqual([cacheFlag.isPurged, 0]);
  soft.release();
  expect([store.lease(key, start, 1)?.drop(), store.purge(key, false), store.find(key, start)]).toEqual([
    undefined,
    2,
    null,
  ]);
  draft.append(body(20_000), 0, 20_000);
  draft.finish();
  expect([along.isWhole, along.isBroken, read(along).bytes]).toEqual([true, false, body(20_000)]);
  expect([store.find(keyOf("/purged", "w"), start), read(reader).bytes]).toEqual([null, body(100)]);
  expect(checkStore(store)).toEqual([]);
  along.release();
  reader.release();
  expect(store.figures().bytesUsed).toBe(0);
});

test("what was purged on its way and is read by nobody is not filled any further", () => {
  const store = open();
  const draft = store.lease(keyOf("/purged"), start, 1000)!;
  draft.begin(facts, bytesOf("head"), 0, 4, new Uint8Array());
  draft.append(body(5000), 0, 5000);
  expect([draft.isLost, store.purge(keyOf("/purged"), true), draft.isLost]).toEqual([false, 1, true]);
  expect(draft.append(body(50_000), 0, 50_000)).toBe(false);
  expect(store.figures().bytesUsed).toBe(0);
});

test("what was purged while it was asked for anew does not become fresh by an older answer", () => {
  const store = open();
  const key = keyOf("/purged");
  put(store, key, body(100));
  const entry = found(store, key);
  entry.claim(start, 1000);
  store.purge(key, true);
  entry.freshen(facts, bytesOf("head"), 0, 4);
  expect(entry.facts.flags).toBe(cacheFlag.isPurged);
  entry.outdate();
  entry.claim(start, 1000);
  entry.freshen(facts, bytesOf("head"), 0, 4);
  expect(entry.facts.flags).toBe(0);
  entry.release();
});

test("what is held stays as it was, whatever comes after it", () => {
  const store = open();
  put(store, keyOf("/held"), body(50_000, 9));
  const held = found(store, keyOf("/held"));
  held.remove();
  for (let index = 0; index < 100; index++) put(store, keyOf(`/other/${index}`), body(60_000, index));
  expect(read(held).bytes).toEqual(body(50_000, 9));
  expect(store.figures().evictions).toBeGreaterThan(50);
  held.release();
});

test("where everything is held nothing finds room, and nothing is lost", () => {
  const store = open();
  const held = [];
  for (let index = 0; put(store, keyOf(`/${index}`), body(60_000, index)); index++)
    held.push(found(store, keyOf(`/${index}`)));
  expect(held.length).toBeGreaterThan(10);
  expect([put(store, keyOf("/more"), body(60_000)), store.figures().misfits > 0]).toEqual([false, true]);
  held.forEach((entry, index) => {
    expect(read(entry).bytes).toEqual(body(60_000, index));
    entry.release();
  });
  expect(put(store, keyOf("/more"), body(60_000))).toBe(true);
});

test("who walks meets everything once, with its key, tags and size, and may remove and outdate", () => {
  const store = CacheStore.inMemory({ ...shape, bytesMax: 2 ** 24, objectBytesMax: 2 ** 16 });
  opened.push(store);
  for (let index = 0; index < 300; index++)
    put(store, keyOf(`/walk/${index}`, index % 2 === 0 ? "even" : ""), body(index), {}, `number all n${index % 3}`);
  const fetching = store.lease(keyOf("/walk/fetching"), start, 1000)!;
  const seen: string[] = [];
  let slices = 0;
  for (let cursor = 0; cursor >= 0; slices++)
    cursor = store.walk(cursor, 100, (view) => {
      const key = `${textOf(view.bytes, view.firstStart, view.firstEnd)}|${textOf(view.bytes, view.variantStart, view.variantEnd)}`;
      seen.push(key);
      const tags = textOf(view.bytes, view.tagsStart, view.tagsEnd);
      if (view.state === cacheState.fetching) return tags === "" ? "outdate" : "keep";
      const index = Number(/\d+/.exec(key)![0]);
      expect([key, tags, view.bodyBytes]).toEqual([
        `/walk/${index}|${index % 2 === 0 ? "even" : ""}`,
        `number all n${index % 3}`,
        index,
      ]);
      return tags.endsWith("n1") ? "remove" : tags.endsWith("n2") ? "outdate" : "keep";
    });
  expect([slices > 10, seen.length, new Set(seen).size]).toEqual([true, 301, 301]);
  expect(store.figures()).toMatchObject({ entries: 200, fetching: 0 });
  expect(fill(fetching, "late", body(10))).toBe(false);
  const [kept, outdated] = [found(store, keyOf("/walk/3")), found(store, keyOf("/walk/5"))];
  expect([kept.facts.flags, outdated.facts.flags]).toEqual([0, cacheFlag.isPurged]);
  kept.release();
  outdated.release();
});

test("entries are used again: finding and letting go makes no more of them", () => {
  const store = open();
  put(store, keyOf("/a"), body(10));
  const entry = found(store, keyOf("/a"));
  entry.release();
  expect(found(store, keyOf("/a"))).toBe(entry);
  expect(entry.hits).toBe(2);
  entry.release();
  expect(() => entry.release()).toThrow("an entry is released once");
});

test("a file is taken up again only by the shape that it has", () => {
  const whole: StoreShape = { ...shape, isShared: true };
  const bytes = new Uint8Array(CacheStore.bytesFor(whole));
  expect(CacheStore.isFormatted(bytes, whole)).toBe(false);
  CacheStore.format(bytes, whole, 5);
  expect(CacheStore.isFormatted(bytes, whole)).toBe(true);
  for (const more of [
    { bytesMax: 2 ** 21 },
    { objectBytesMax: 2 ** 17 },
    { policy: "lfu" },
    { isShared: false },
  ] as const)
    expect(CacheStore.isFormatted(bytes, { ...whole, ...more })).toBe(false);
  expect(CacheStore.isFormatted(bytes.subarray(0, bytes.length - 8), whole)).toBe(false);
});

test("there are as many shards as leave each room for eight of the largest objects, and none takes more than half a shard", () => {
  const shardsOf = (bytesMax: number, objectBytesMax: number): [number, number] => {
    const { parts, objectBytesMax: most } = CacheStore.inMemory({ ...shape, bytesMax, objectBytesMax });
    return [parts.shard.layout.shards, most];
  };
  expect(shardsOf(2 ** 26, 2 ** 16)).toEqual([16, 2 ** 16]);
  expect(shardsOf(2 ** 26, 2 ** 20)).toEqual([8, 2 ** 20]);
  expect(shardsOf(2 ** 20, 2 ** 16)).toEqual([1, 2 ** 16]);
  const [one, most] = shardsOf(2 ** 20, 2 ** 26);
  expect([one, most < 2 ** 19, most > 2 ** 18]).toEqual([1, true, true]);
});
