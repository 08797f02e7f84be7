import { expect, test } from "bun:test";
import { makePlan } from "../../../test/playbook/plan.ts";
import type { Purge } from "../../cache/purge.ts";
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
  };
  const purged = await carryOut({ kind: "all", text: "", isSoft: false }, ["pages", "own"], place);
  expect(purged).toEqual({ purged: 0, soft: false, caches: { pages: 0 }, told: ["own"], unreached: [] });
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
  const place = { plan: makePlan(), storeOf, tell: () => {}, remoteOf: () => remote };
  const purged = await carryOut({ kind: "url", text: url, isSoft: false }, ["pages"], place);
  expect(did.splice(0)).toEqual([url, "then the cache"]);
  expect(purged.unreached).toEqual([]);
  for (const kind of ["prefix", "tag", "all"] as const) {
    const { unreached } = await carryOut({ kind, text: url, isSoft: true }, ["pages"], place);
    expect([did.splice(0), unreached]).toEqual([["all", "then the cache"], ["pages"]]);
  }
});
