// What a response on its way in may count on: room that does not run out, and a place that is its own.

import { expect, test } from "bun:test";
import type { CacheDraft } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import { checkStore } from "./check.fixture.ts";
import { body, bytesOf, facts, found, keyOf, put, read, StoreWorld, start } from "./sample.fixture.ts";

const open = (): CacheStore => CacheStore.inMemory({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 18, policy: "lru" });

test("where names stand nothing is fetched but variants", () => {
  const store = open();
  store.markVary(keyOf("/"), bytesOf("accept"));
  expect(store.lease(keyOf("/"), start, 1000)).toBeNull();
  store.lease(keyOf("/", "text/html"), start, 1000)!.drop();
});

test("a body whose length is known finds all its room at the start, or none: nothing breaks off later for want of it", () => {
  const store = open();
  const [head, content] = [bytesOf("HTTP/1.1 200 OK"), body(200_000)];
  const draft = store.lease(keyOf("/known"), start, 1000)!;
  expect(draft.begin({ ...facts, bodyBytes: 200_000 }, head, 0, head.length, bytesOf(""))).toBe(true);
  const along = found(store, keyOf("/known"));
  const held = [];
  for (let index = 0; put(store, keyOf(`/${index}`), body(60_000, index), { bodyBytes: 60_000 }); index++)
    held.push(found(store, keyOf(`/${index}`)));
  expect(held.length).toBeGreaterThan(8);
  const late = store.lease(keyOf("/late"), start, 1000)!;
  expect(late.begin({ ...facts, bodyBytes: 200_000 }, head, 0, head.length, bytesOf(""))).toBe(false);
  for (let at = 0; at < 200_000; at += 10_000) expect(draft.append(content, at, at + 10_000)).toBe(true);
  draft.finish();
  expect([along.isWhole, read(along).bytes]).toEqual([true, content]);
  for (const entry of [along, ...held]) entry.release();
  expect(checkStore(store)).toEqual([]);
});

test("room for a long body is taken piece by piece, ahead of its bytes, and told when all of it is there", () => {
  const store = CacheStore.inMemory({ bytesMax: 2 ** 26, objectBytesMax: 2 ** 23, policy: "lru" });
  const length = 3 * 2 ** 20;
  const head = bytesOf("HTTP/1.1 200 OK");
  const content = body(10_000);
  const draft = store.lease(keyOf("/long"), start, 1000)!;
  draft.begin({ ...facts, bodyBytes: length }, head, 0, head.length, bytesOf(""));
  const along = found(store, keyOf("/long"));
  const roomy = [along.isRoomy];
  for (let count = 0; count < 3; count++) {
    draft.append(content, 0, 10_000);
    roomy.push(along.isRoomy);
  }
  expect(roomy).toEqual([false, false, true, true]);
  along.release();
  draft.drop();
  const unknown = store.lease(keyOf("/unknown"), start, 1000)!;
  unknown.begin(facts, head, 0, head.length, bytesOf(""));
  const other = found(store, keyOf("/unknown"));
  expect(other.isRoomy).toBe(false);
  other.release();
  unknown.drop();
  expect(checkStore(store)).toEqual([]);
});

/** Two processes of one file: while the other one holds the lock of its only shard, nothing is let go of. */
function two(): { one: CacheStore; locked(call: () => void): void } {
  const world = new StoreWorld({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 18, policy: "lru" });
  const [one, other] = [world.open(1), world.open(2)];
  const locked = (call: () => void): void => {
    expect(other.parts.shard.open(0)).toBe(true);
    call();
    other.parts.shard.close();
  };
  return { one, locked };
}

function begun(store: CacheStore, name: string): CacheDraft {
  const draft = store.lease(keyOf(name), start, 1000)!;
  const head = bytesOf("HTTP/1.1 200 OK");
  expect(draft.begin({ ...facts, bodyBytes: 100_000 }, head, 0, head.length, bytesOf(""))).toBe(true);
  expect(draft.append(body(1000), 0, 1000)).toBe(true);
  return draft;
}

test("drafts that are dropped while another process does not let go of the shard leave nothing behind", () => {
  const { one, locked } = two();
  for (let index = 0; index < 40; index++) {
    const draft = begun(one, `/unique/${index}`);
    locked(() => draft.drop());
    put(one, keyOf("/small"), body(10), { bodyBytes: 10 });
    found(one, keyOf("/small")).release();
  }
  expect([one.figures().fetching, checkStore(one)]).toEqual([0, []]);
  expect(put(one, keyOf("/new"), body(50_000), { bodyBytes: 50_000 })).toBe(true);
});

test("what such a draft was read along by goes with its last reader", () => {
  const { one, locked } = two();
  const draft = begun(one, "/read");
  const along = found(one, keyOf("/read"));
  locked(() => draft.drop());
  expect([along.isBroken, read(along).bytes]).toEqual([true, body(1000)]);
  one.settle();
  expect(one.figures().fetching).toBe(1);
  along.release();
  expect([one.figures().fetching, checkStore(one)]).toEqual([0, []]);
});

test("what could not be let go of is let go of by the next look, also where nobody asks for anything", () => {
  const { one, locked } = two();
  const draft = begun(one, "/");
  locked(() => {
    draft.drop();
    one.settle();
  });
  expect(one.figures().fetching).toBe(1);
  one.settle();
  expect([one.figures().fetching, checkStore(one)]).toEqual([0, []]);
});
