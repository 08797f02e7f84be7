import { describe, expect, test } from "bun:test";
import { cached } from "../../../test/playbook/caching.ts";
import { makePlan } from "../../../test/playbook/plan.ts";
import type { Purge } from "../../cache/purge.ts";
import { reason } from "../../cache/storing.ts";
import { cacheFlag, cacheState } from "../../memory/cache.ts";
import { body, found, put, start, stateOf } from "../../memory/cachestore/sample.fixture.ts";
import { CacheStore } from "../../memory/cachestore.ts";
import { carryOut, readPurge } from "./purging.ts";

const url = "http://shop.test/a";

test.each([
  [{ url }, { kind: "url", text: url, isSoft: false }],
  [
    { prefix: "shop.test/", soft: true },
    { kind: "prefix", text: "shop.test/", isSoft: true },
  ],
  [{ tag: " Shoes " }, { kind: "tag", text: "shoes", isSoft: false }],
  [
    { all: true, url: false },
    { kind: "all", text: "", isSoft: false },
  ],
])("%p is understood", (body, purge) => {
  expect(readPurge(body)).toEqual({ ok: true, value: { purge: purge as Purge, cache: null } });
});

test.each([
  [{}, 'one of these: "url"'],
  [{ url, all: true }, 'one of these: "url"'],
  [{ url: "/a" }, '"url" must be such as'],
  [{ prefix: 5 }, '"prefix" must be a text'],
  [{ tag: "two words" }, '"tag" must be one tag'],
  [{ all: "yes" }, '"all" must be true'],
  [{ all: true, soft: 1 }, '"soft" must be true or false'],
  [{ all: true, cache: 1 }, '"cache" must be the name'],
  [{ al: true }, 'did you mean "all"?'],
])("%p is refused", (body, problem) => {
  expect(readPurge(body)).toMatchObject({ ok: false, message: expect.stringContaining(problem) });
});

test("what control cannot look into is told of; the rest is counted", async () => {
  const store = CacheStore.inMemory({ bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "lru" }, "pages");
  const bytes = new TextEncoder().encode(url);
  store.markPass({ bytes, firstEnd: bytes.length, end: bytes.length }, 1, 1000);
  const told: string[] = [];
  const place = {
    plan: makePlan(),
    storeOf: (name: string) => (name === "pages" ? store : null),
    tell: (cache: string) => void told.push(cache),
    remoteOf: () => null,
    nowMs: () => 0,
  };
  const purged = await carryOut({ kind: "all", text: "", isSoft: false }, ["pages", "own"], place);
  expect(purged).toEqual({ purged: 0, soft: false, caches: { pages: 0 }, told: ["own"], unreached: [], removed: [] });
  expect(told).toEqual(["own"]);
  expect(store.figures().marks).toBe(0);
});

test("what lies behind a cache goes first: by its key, or else all of it; what is away is told", async () => {
  const did: string[] = [];
  const remote = {
    remove: async (firsts: readonly Uint8Array[]) => {
      did.push(...firsts.map((first) => new TextDecoder().decode(first)));
      return true;
    },
    forget: async () => {
      did.push("all");
      return false;
    },
  };
  const storeOf = (): null => {
    did.push("then the cache");
    return null;
  };
  const place = { plan: makePlan(), storeOf, tell: () => {}, remoteOf: () => remote, nowMs: () => 0 };
  const purged = await carryOut({ kind: "url", text: url, isSoft: false }, ["pages"], place);
  expect(did.splice(0)).toEqual([url, "then the cache"]);
  expect(purged.unreached).toEqual([]);
  for (const kind of ["prefix", "tag", "all"] as const) {
    const { unreached } = await carryOut({ kind, text: url, isSoft: true }, ["pages"], place);
    expect([did.splice(0), unreached]).toEqual([["all", "then the cache"], ["pages"]]);
  }
});

describe("what was purged by its key beside a Redis, where it may still be on its way to,", () => {
  const redis = { url: "redis://127.0.0.1", prefix: "", timeoutMs: 50, connectionsMax: 1 };
  const plan = makePlan(cached({}, {}, { redis }));
  const bytes = new TextEncoder().encode(url);
  const key = { bytes, firstEnd: bytes.length, end: bytes.length };
  const remote = { remove: async () => true, forget: async () => true };
  const make = (): CacheStore => {
    const store = CacheStore.inMemory({ bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "lru" }, "pages");
    put(store, key, body(10));
    return store;
  };
  const carriedOut = (store: CacheStore, kind: "url" | "all", isSoft: boolean): Promise<unknown> => {
    const place = { plan, storeOf: () => store, tell: () => {}, remoteOf: () => remote, nowMs: () => start };
    return carryOut({ kind, text: kind === "all" ? "" : url, isSoft }, ["pages"], place);
  };

  test("is not asked for there for five timeouts, as after a request that invalidates it", async () => {
    const store = make();
    expect(await carriedOut(store, "url", false)).toMatchObject({ removed: [] });
    const mark = store.find(key, start + 249)!;
    expect([mark.state, mark.facts.reason]).toEqual([cacheState.pass, reason.invalidated]);
    mark.release();
    expect(store.find(key, start + 251)).toBeNull();
  });

  test("and softly, is stale where it is, and not asked for where it is not", async () => {
    const store = make();
    expect(await carriedOut(store, "url", true)).toMatchObject({ purged: 1, unreached: [], removed: ["pages"] });
    expect([stateOf(store, key), found(store, key).facts.flags & cacheFlag.isPurged]).toEqual([
      cacheState.whole,
      cacheFlag.isPurged,
    ]);
    store.purge(key, false);
    await carriedOut(store, "url", true);
    expect(stateOf(store, key)).toBe(cacheState.pass);
  });

  test("needs none of that with all the rest: what is written there before counts as nothing then", async () => {
    const store = make();
    await carriedOut(store, "all", false);
    expect(store.find(key, start)).toBeNull();
  });
});
