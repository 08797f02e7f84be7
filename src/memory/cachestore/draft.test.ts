// What a response on its way in may count on: room that does not run out, and a place that is its own.

import { expect, test } from "bun:test";
import { CacheStore } from "../cachestore.ts";
import { checkStore } from "./check.ts";
import { body, bytesOf, facts, found, keyOf, put, read, start } from "./trial.ts";

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
