import { afterAll, describe, expect, test } from "bun:test";
import type { CacheSummary, KeyAnswer, StoredAnswer, WhyAnswer } from "../control/cache/answer.ts";
import { cacheList, cachePurge, cachesText, purgedText } from "./caches.ts";
import { cacheWhy, whyText } from "./cachewhy.ts";

const pages: CacheSummary = {
  ...{ name: "pages", memory: "shared", policy: "tinylfu", objectBytesMax: 2 ** 23, redis: false, pools: ["app", "b"] },
  remote: null,
  holds: {
    ...{ entries: 1204, marks: 7, fetching: 1, bytes: 2 ** 26, bytesMax: 2 ** 27 },
    ...{ evictions: 12, refusals: 3, misfits: 1 },
  },
};
const own: CacheSummary = {
  ...pages,
  name: "own",
  memory: "worker",
  policy: "lru",
  redis: true,
  remote: { address: "10.0.0.1:6379", state: "up", reason: null, since: null, refusal: null, isOwing: false },
  pools: [],
  holds: null,
};

const stored: StoredAnswer = {
  ...{ variant: {}, isChosen: true, state: "stored", status: 200, isFresh: true, freshForMs: 50_000 },
  ...{ lifetimeMs: 60_000, lifetimeFrom: "max-age", ageMs: 10_000, storedAt: "2026-01-01T00:00:00.000Z" },
  ...{ staleWhileRevalidateMs: 20_000, staleIfErrorMs: 3_600_000, mustRevalidate: false, noCache: false },
  ...{ isPurged: false, etag: '"abc"', lastModified: "2025-12-01T00:00:00.000Z", tags: ["shoes", "red"] },
  ...{ hits: 3, bodyBytes: 12_345, roomBytes: 13_312 },
};
const key: KeyAnswer = {
  ...{ cache: "pages", pools: ["app"], key: "http://shop.test/a", outcome: "hit", vary: [], pass: null, others: 0 },
  ...{ because: "it is fresh for another 50s", stored: [stored] },
};
const answer: WhyAnswer = { method: "GET", url: "http://shop.test/a", keys: [key], notes: [] };

test("caches are listed, those that nobody can look into too", () => {
  expect(cachesText([pages, own])).toMatchInlineSnapshot(`
    "  CACHE  POLICY      MEMORY                 FULL  RESPONSES  EVICTED  REFUSED  LARGEST  POOLS
      pages  tinylfu     64.0 MiB of 128.0 MiB  50 %       1204       12        4  8.0 MiB  app b
      own    lru, redis  (each worker's own)       -          -        -        -  8.0 MiB  (none)

    of own each worker has its own (memory: worker), which cannot be looked into from outside; sluice_cache_* in /metrics counts what they answer"
  `);
  const away = { ...own.remote!, state: "away", reason: "no answer", since: "2026-01-01T00:00:00.000Z" } as const;
  expect(cachesText([{ ...own, remote: away }])).toContain("lru, redis (away)");
});

describe("why", () => {
  test("the verdict comes first, then what it follows from", () => {
    expect(whyText(answer)).toMatchInlineSnapshot(`
      "GET http://shop.test/a

        hit: it is fresh for another 50s

        cache      pages, of pool app
        stored     200, 12.1 KiB, 2026-01-01T00:00:00Z, 3 hits
        age        10s
        fresh      1m by max-age, 50s left
        stale      shown for 20s while it is asked for anew, shown for 1h when its server fails
        validator  "abc", 2025-12-01T00:00:00Z
        tags       shoes red"
    `);
  });

  test("variants, what is on its way and what adds to the key are told", () => {
    const variants: StoredAnswer[] = [
      { ...stored, variant: { "accept-encoding": "gzip" }, isFresh: false, freshForMs: -6000, mustRevalidate: true },
      { ...stored, variant: { "accept-encoding": null }, isChosen: false, isFresh: false, hits: 1 },
      { ...stored, variant: { "accept-encoding": "br" }, isChosen: false, state: "fetching" },
    ];
    const because = "it went stale 6s ago: it is asked for anew before it is shown";
    expect(
      whyText({
        ...answer,
        keys: [
          {
            ...key,
            ...{ outcome: "revalidate", because, vary: ["accept-encoding"], stored: variants, others: 1 },
            ...{ key: "http://shop.test/a, x-tenant: one", pools: ["app", "b"] },
          },
        ],
        notes: ["where path == '/x' holds, pool app does not ask its cache (bypass)"],
      }),
    ).toMatchInlineSnapshot(`
      "GET http://shop.test/a

        revalidate: it went stale 6s ago: it is asked for anew before it is shown

        cache      pages, of pools app, b
        key        http://shop.test/a, x-tenant: one
        vary       accept-encoding
        stored     200, 12.1 KiB, 2026-01-01T00:00:00Z, 3 hits
        age        10s
        fresh      1m by max-age, over since 6s
        stale      never shown (must-revalidate)
        variant    accept-encoding: gzip
        validator  "abc", 2025-12-01T00:00:00Z
        tags       shoes red

        other variants:
          no accept-encoding  200, 12.1 KiB, stale, 1 hit
          accept-encoding: br  on its way

        1 response for this URL under other fields or cookies of the key, or of other pools

        note: where path == '/x' holds, pool app does not ask its cache (bypass)"
    `);
  });

  test("where nothing is there, little is said", () => {
    const because =
      "nothing is stored under its key: nobody has asked for it, it may not be stored (Cache-Status says why), or it has been evicted or purged";
    expect(whyText({ ...answer, keys: [{ ...key, outcome: "miss", because, stored: [] }] })).toMatchInlineSnapshot(`
      "GET http://shop.test/a

        miss: nothing is stored under its key: nobody has asked for it, it may not be stored (Cache-Status says why), or it has been evicted or purged

        cache      pages, of pool app"
    `);
    expect(whyText({ ...answer, keys: [], notes: ["it comes to pool b, which has no cache"] })).toMatchInlineSnapshot(`
      "GET http://shop.test/a
        nothing can be told of it:

        note: it comes to pool b, which has no cache"
    `);
  });
});

test("what a purge has done is said", () => {
  const purged = { purged: 0, soft: false, caches: { pages: 0 }, told: [], unreached: [], removed: [] };
  expect(purgedText(purged)).toBe("purged no responses");
  expect(purgedText({ ...purged, purged: 1, caches: { pages: 1, b: 0 } })).toBe("purged 1 response in pages");
  expect(purgedText({ ...purged, purged: 3, soft: true, caches: { pages: 2, b: 1 } })).toBe(
    "3 responses in pages, b are stale from now on",
  );
  expect(purgedText({ ...purged, purged: 1, soft: true, caches: { pages: 1 }, removed: ["pages"] })).toBe(
    "1 response in pages is stale from now on\nin the Redis behind pages it is gone, not stale",
  );
  expect(purgedText({ ...purged, told: ["own"] })).toBe(
    "purged no responses; workers are told to do so in their own caches (own)",
  );
  expect(purgedText({ ...purged, unreached: ["pages"] })).toBe(
    "purged no responses\nthe Redis behind pages is away: it is purged there as soon as it is back, and until then what it holds may come back",
  );
});

describe("the commands", () => {
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(`${request.method} ${pathname}${decodeURIComponent(search)} ${await request.text()}`.trim());
      if (pathname === "/api/v1/caches") return Response.json({ caches: [pages] });
      if (pathname === "/api/v1/cache/why") return Response.json(answer);
      if (search === "" && asked.at(-1)!.includes("nonsense"))
        return Response.json({ error: '"tag" must be one tag' }, { status: 422 });
      return Response.json({ purged: 2, soft: true, caches: { pages: 2 }, told: [], unreached: [], removed: [] });
    },
  });
  afterAll(() => server.stop(true));
  const remote = { admin: `127.0.0.1:${server.port}` };
  const out: string[] = [];
  const err: string[] = [];
  const writer = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    note: (text: string) => void err.push(text),
  };
  const said = (): string => [...out.splice(0), ...err.splice(0).map((text) => `! ${text}`)].join("\n");

  test("ask the running Sluice, and answer with 0", async () => {
    expect(await cacheList(remote, writer)).toBe(0);
    expect(said()).toContain("64.0 MiB of 128.0 MiB");
    expect(await cacheWhy(["HEAD", "shop.test/a"], { ...remote, header: ["A: b"], cache: "pages" }, writer)).toBe(0);
    expect(said()).toContain("hit: it is fresh");
    expect(await cachePurge({ ...remote, tag: "shoes", soft: true, cache: "pages" }, writer)).toBe(0);
    expect(said()).toBe("2 responses in pages are stale from now on");
    expect(asked.splice(0)).toEqual([
      "GET /api/v1/caches",
      "GET /api/v1/cache/why?url=shop.test/a&method=HEAD&cache=pages&header=A:+b",
      'POST /api/v1/cache/purge {"tag":"shoes","soft":true,"cache":"pages"}',
    ]);
  });

  test("as JSON they are what the admin interface says", async () => {
    await cacheWhy(["shop.test/a"], { ...remote, json: true }, writer);
    expect(JSON.parse(said())).toEqual(answer);
    await cacheList({ ...remote, json: true }, writer);
    expect(JSON.parse(said())).toEqual({ caches: [pages] });
  });

  test("tell what is wrong in the words of the command line", async () => {
    expect(await cachePurge(remote, writer)).toBe(2);
    expect(said()).toStartWith("! sluice: say what is to be purged by one of these: --url URL");
    expect(await cachePurge({ ...remote, url: "a", all: true }, writer)).toBe(2);
    said();
    expect(await cachePurge({ ...remote, tag: "nonsense" }, writer)).toBe(2);
    expect(said()).toBe("! sluice: --tag must be one tag");
    expect(await cacheWhy(["a", "b", "c"], remote, writer)).toBe(2);
    expect(said()).toContain("quote a URL");
  });

  test("without a Sluice they end with 1", async () => {
    const gone = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    const nobody = { admin: `127.0.0.1:${gone.port}` };
    await gone.stop(true);
    expect(await cacheList(nobody, writer)).toBe(1);
    expect(await cacheWhy(["a.test"], nobody, writer)).toBe(1);
    expect(await cachePurge({ ...nobody, all: true }, writer)).toBe(1);
    expect(said().match(/is Sluice running\?/g)).toHaveLength(3);
  });
});
