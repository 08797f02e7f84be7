import { describe, expect, test } from "bun:test";
import { makePlan } from "../../../test/playbook/plan.ts";
import { misread, read } from "../../base/reading.ts";
import { Key } from "../../cache/key.ts";
import { CachePolicy } from "../../cache/policy.ts";
import { reason } from "../../cache/storing.ts";
import { compilePoolCache } from "../../config/compilecontent.ts";
import { judge } from "../../config/judge.ts";
import type { Plan } from "../../config/plan.ts";
import type { Asked } from "../../flow/question.ts";
import { type CacheFacts, type CacheKey, cacheFlag } from "../../memory/cache.ts";
import { CacheStore } from "../../memory/cachestore.ts";
import type { CachesAnswer, KeyAnswer, PurgedAnswer, WhyAnswer } from "../cache/answer.ts";
import type { Way } from "../explaining.ts";
import { cacheOperations } from "./caches.ts";
import { routesOfOperations } from "./router.ts";

const nowMs = Date.UTC(2026, 0, 1);
const shape = { bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "tinylfu" } as const;

/** A plan with two caches, one of them of each worker's own, and pools with these sections. */
function planOf(pools: Record<string, object>): Plan {
  const { config } = judge({
    listeners: { web: { listen: ":80", use: Object.keys(pools)[0] } },
    caches: { pages: {}, own: { memory: "worker" } },
    pools: Object.fromEntries(Object.entries(pools).map(([name, cache]) => [name, { servers: ["s:1"], cache }])),
  });
  const plain = makePlan();
  const caches = [
    { ...shape, name: "pages", isShared: true, redis: null },
    { ...shape, name: "own", isShared: false, redis: null },
  ];
  return {
    ...plain,
    caches,
    pools: Object.entries(config!.pools).map(([name, { cache }]) => {
      return { ...plain.pools[0]!, name, cache: compilePoolCache(name, cache, config!) };
    }),
  };
}

class Stage {
  readonly store: CacheStore = CacheStore.inMemory(shape, "pages");
  readonly told: unknown[] = [];
  readonly plan: Plan;
  way: Way | string = "several listeners could be meant";
  asked: Asked | null = null;

  constructor(pools: Record<string, object> = { app: { in: "pages" } }) {
    this.plan = planOf(pools);
  }

  async ask(path: string, body?: object): Promise<{ status: number; answer: unknown }> {
    const routes = routesOfOperations(
      cacheOperations({
        plan: () => this.plan,
        storeOf: (name) => (name === "pages" ? this.store : null),
        tell: (cache, purge) => void this.told.push({ cache, ...purge }),
        remoteOf: () => null,
        wayOf: async (asked) => {
          this.asked = asked;
          return typeof this.way === "string" ? misread(this.way) : read(this.way);
        },
        nowMs: () => nowMs,
      }),
    );
    const method = body === undefined ? "GET" : "POST";
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const request = new Request(`http://admin${path}`, { method, ...init });
    const response = (await routes(request, new URL(request.url).pathname))!;
    return { status: response.status, answer: await response.json() };
  }

  async why(url: string, ...headers: string[]): Promise<WhyAnswer> {
    const query = new URLSearchParams({ url });
    for (const header of headers) query.append("header", header);
    return (await this.ask(`/api/v1/cache/why?${query}`)).answer as WhyAnswer;
  }

  async key(url: string, ...headers: string[]): Promise<KeyAnswer> {
    const { keys } = await this.why(url, ...headers);
    expect(keys).toHaveLength(1);
    return keys[0]!;
  }

  async purge(body: object): Promise<PurgedAnswer> {
    return (await this.ask("/api/v1/cache/purge", body)).answer as PurgedAnswer;
  }

  /** `lines`: of the head. `second`: of the variant. */
  put(url: string, lines: readonly string[], own: Partial<CacheFacts> = {}, second = "", tags = ""): this {
    return this.putUnder(keyOf(url, second), lines, own, tags);
  }

  /** Under the key of a pool that shares its cache. */
  putOf(scope: string, url: string, lines: readonly string[]): this {
    const first = Buffer.from(`${url}\x02${scope}`);
    return this.putUnder({ bytes: first, firstEnd: first.length, end: first.length }, lines);
  }

  putUnder(key: CacheKey, lines: readonly string[], own: Partial<CacheFacts> = {}, tags = ""): this {
    const head = new TextEncoder().encode(`HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`);
    const facts: CacheFacts = {
      ...{ status: 200, flags: 0, bornMs: nowMs - 10_000, storedMs: nowMs - 10_000, freshForMs: 60_000 },
      ...{ staleWhileRevalidateMs: 0, staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0 },
      ...{ reason: 0, bodyBytes: 5, ...own },
    };
    const draft = this.store.lease(key, nowMs, 1000)!;
    draft.begin(facts, head, 0, head.length, new TextEncoder().encode(tags));
    draft.append(new TextEncoder().encode("hello"), 0, 5);
    draft.finish();
    return this;
  }
}

function keyOf(url: string, second = ""): CacheKey {
  const key = new Key();
  key.writeUrl(url, null);
  const first = key.bytes.slice(0, key.end);
  return {
    bytes: Buffer.concat([first, new TextEncoder().encode(second)]),
    firstEnd: first.length,
    end: first.length + second.length,
  };
}

const page = "http://shop.test/a";

test("caches are listed with what they hold, as far as anybody can look", async () => {
  const stage = new Stage({ app: { in: "pages" }, other: { in: "own" } }).put(page, []);
  const { status, answer } = await stage.ask("/api/v1/caches");
  expect(status).toBe(200);
  expect((answer as CachesAnswer).caches).toMatchObject([
    { name: "pages", memory: "shared", policy: "tinylfu", pools: ["app"], holds: { entries: 1, evictions: 0 } },
    { name: "own", memory: "worker", pools: ["other"], holds: null },
  ]);
});

describe("why", () => {
  test("what is fresh is a hit, and it is told for how long and who says so", async () => {
    const key = await new Stage().put(page, ["Cache-Control: max-age=60"], {}, "", "shoes red").key(page);
    expect(key).toMatchObject({ cache: "pages", pools: ["app"], key: page, outcome: "hit" });
    expect(key.because).toBe("it is fresh for another 50s");
    expect(key.stored).toMatchObject([
      {
        ...{ isChosen: true, state: "stored", status: 200, isFresh: true, ageMs: 10_000, freshForMs: 50_000 },
        ...{ lifetimeFrom: "max-age", storedAt: "2025-12-31T23:59:50.000Z", tags: ["shoes", "red"], bodyBytes: 5 },
      },
    ]);
    expect(key.stored[0]!.hits).toBe(0);
  });

  test("asking is no hit", async () => {
    const stage = new Stage().put(page, []);
    await stage.key(page);
    expect((await stage.key(page)).stored[0]!.hits).toBe(0);
  });

  test("what is stale is shown, asked for anew, or both, as its facts allow", async () => {
    const late = { freshForMs: 4000 };
    const told = async (own: Partial<CacheFacts>, ...headers: string[]): Promise<string> => {
      const { outcome, because } = await new Stage().put(page, [], { ...late, ...own }).key(page, ...headers);
      return `${outcome}: ${because}`;
    };
    expect(await told({})).toBe("revalidate: it went stale 6s ago: it is asked for anew before it is shown");
    expect(await told({ staleIfErrorMs: 60_000 })).toEndWith("; should that fail, it is shown (stale-if-error)");
    expect(await told({ staleWhileRevalidateMs: 60_000 })).toStartWith("stale: it went stale 6s ago, and is shown");
    expect(await told({}, "Cache-Control: max-stale")).toEndWith("takes it like that (max-stale)");
    expect(await told({ freshForMs: 60_000, flags: cacheFlag.isPurged })).toStartWith("revalidate: it was purged");
    expect(await told({ freshForMs: 60_000, flags: cacheFlag.alwaysRevalidate })).toContain("it says no-cache");
    expect(await told({ freshForMs: 60_000 }, "Cache-Control: no-cache")).toStartWith("reload: the request wants");
    expect(await told({}, "Cache-Control: only-if-cached")).toStartWith("timeout: the request says only-if-cached");
  });

  test("a variant is chosen by what Vary names, and the others are told too", async () => {
    const stage = new Stage();
    stage.store.markVary(keyOf(page), new TextEncoder().encode("accept-language"));
    stage.put(page, [], {}, "accept-language:de\0").put(page, [], {}, "accept-language\0");
    const german = await stage.key(page, "Accept-Language: DE");
    expect(german).toMatchObject({ outcome: "hit", vary: ["accept-language"] });
    expect(german.stored.filter(({ isChosen }) => isChosen).map(({ variant }) => variant)).toEqual([
      { "accept-language": "de" },
    ]);
    expect((await stage.key(page)).stored.find(({ isChosen }) => isChosen)!.variant).toEqual({
      "accept-language": null,
    });
    const other = await stage.key(page, "Accept-Language: fr");
    expect(other).toMatchObject({ outcome: "miss" });
    expect(other.because).toContain("other values of the fields that Vary names");
  });

  test("what is never stored is told with the reason", async () => {
    const stage = new Stage();
    stage.store.markPass(keyOf(page), reason.setCookie, nowMs + 1000);
    expect(await stage.key(page)).toMatchObject({
      outcome: "pass",
      because: "it is not stored: the response sets a cookie",
      pass: { reason: "set-cookie" },
      stored: [],
    });
  });

  test("what somebody is asking for is waited for", async () => {
    const stage = new Stage();
    stage.store.lease(keyOf(page), nowMs, 1000);
    expect(await stage.key(page)).toMatchObject({ outcome: "wait", stored: [{ state: "fetching" }] });
    const impatient = new Stage({ app: { in: "pages", collapse: false } });
    impatient.store.lease(keyOf(page), nowMs, 1000);
    expect(await impatient.key(page)).toMatchObject({ outcome: "miss" });
  });

  test("nothing is nothing, and other methods are never looked up", async () => {
    const stage = new Stage().put(page, []);
    expect(await stage.key("http://shop.test/b")).toMatchObject({ outcome: "miss", stored: [] });
    const { answer } = await stage.ask(`/api/v1/cache/why?url=${page}&method=POST`);
    expect((answer as WhyAnswer).keys[0]).toMatchObject({ outcome: "method" });
  });

  test("each pool that shares a cache has keys of its own", async () => {
    const stage = new Stage({
      app: { in: "pages" },
      same: { in: "pages" },
      other: { in: "pages", key: { query: false, headers: ["X-Tenant"], cookies: ["who"] } },
    }).putOf("app", `${page}?id=1`, []);
    const { keys } = await stage.why(`${page}?id=1`, "X-Tenant: one");
    expect(keys.map(({ pools, key, outcome }) => [pools, key, outcome])).toEqual([
      [["app"], `${page}?id=1, pool app`, "hit"],
      [["same"], `${page}?id=1, pool same`, "miss"],
      [["other"], `${page}, x-tenant: one, no cookie who, pool other`, "miss"],
    ]);
    expect(keys.map(({ others }) => others)).toEqual([0, 1, 0]);
    stage.way = { pool: "other", text: "", bypass: null, assumption: null };
    expect((await stage.why(`${page}?id=1`)).keys.map(({ pools }) => pools)).toEqual([["other"]]);
  });

  test("the same URL under other fields is counted", async () => {
    const stage = new Stage({ app: { in: "pages", key: { headers: ["x-tenant"] } } });
    const policy = new CachePolicy(stage.plan.pools[0]!.cache!, 1);
    expect(policy.keyFields).toHaveLength(1);
    const draft = stage.store.lease({ ...keyOf(`${page}`), ...extended(page, "\u0001two") }, nowMs, 1000)!;
    draft.begin(
      { ...zero, status: 200, freshForMs: 1000, bornMs: nowMs, storedMs: nowMs, bodyBytes: 0 },
      new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"),
      0,
      19,
      new Uint8Array(0),
    );
    draft.finish();
    expect(await stage.key(page, "X-Tenant: one")).toMatchObject({ outcome: "miss", stored: [], others: 1 });
  });

  test("what cannot be looked into, and what stands in the way, is said", async () => {
    const stage = new Stage({ app: { in: "own", bypass: "path == '/x'" }, plain: { in: "pages" } });
    stage.way = { pool: "app", text: "", bypass: null, assumption: null };
    expect(await stage.why(page)).toMatchObject({
      keys: [],
      notes: [
        "pool app has the cache own, of which each worker has its own, and none can be looked into from outside: Cache-Status of an answer says what became of it",
      ],
    });
    stage.way = "none is at port 80, and two could be meant";
    expect((await stage.why(page)).notes[0]).toBe(
      "every pool's cache is looked into, for the pool is not known: none is at port 80, and two could be meant",
    );
    expect((await stage.why(page)).notes).toContain(
      "where path == '/x' holds, pool app does not ask its cache (bypass)",
    );
    stage.way = { pool: null, text: "rule abusers denies it", bypass: null, assumption: null };
    expect((await stage.why(page)).notes[0]).toBe("it comes to no pool: rule abusers denies it");
    stage.way = { pool: "plain", text: "", bypass: null, assumption: "it comes to listener web, the only one for it" };
    expect((await stage.why(page)).notes).toEqual(["taken for granted: it comes to listener web, the only one for it"]);
  });

  test("the listener that it comes to can be named", async () => {
    const stage = new Stage();
    const { name } = stage.plan.listeners[0]!;
    const of = (listener: string) => stage.ask(`/api/v1/cache/why?url=${page}&listener=${listener}`);
    expect((await of(name)).status).toBe(200);
    expect(stage.asked).toMatchObject({ listener: name, url: page });
    expect(await of(`${name}x`)).toEqual({
      ...{ status: 404, answer: { error: `there is no listener ${name}x of mode http; did you mean "${name}"?` } },
    });
  });

  test("where a bypass holds for it that is the verdict, whatever is stored", async () => {
    const stage = new Stage().put(page, []);
    stage.way = { pool: "app", text: "", bypass: "The cache was told to stay out of it.", assumption: null };
    expect(await stage.key(page)).toMatchObject({
      ...{ outcome: "bypass", because: "the cache was told to stay out of it" },
      stored: [{ isFresh: true }],
    });
  });

  test("a Redis behind the cache is named, for nobody looks into it here", async () => {
    const stage = new Stage();
    stage.way = { pool: "app", text: "", bypass: null, assumption: null };
    expect((await stage.why(page)).notes).toEqual([]);
    Object.assign(stage.plan.caches[0]!, { redis: { url: "redis://127.0.0.1:6379/0" } });
    expect((await stage.why(page)).notes).toEqual([
      "the Redis behind pages is not looked into: where nothing is in memory, the request asks there first",
    ]);
  });

  test("what cannot be read is told", async () => {
    const stage = new Stage();
    const error = async (query: string): Promise<unknown> => (await stage.ask(`/api/v1/cache/why${query}`)).answer;
    expect(await error("")).toEqual({ error: "say which: ?url=https://example.com/path" });
    expect(await error("?url=ftp://x")).toMatchObject({ error: expect.stringContaining("url must be such as") });
    expect(await error(`?url=${page}&header=x`)).toMatchObject({ error: expect.stringContaining("name: value") });
    expect(await error(`?url=${page}&cache=pagse`)).toEqual({
      error: 'there is no cache pagse; did you mean "pages"?',
    });
    expect(await error(`?uri=${page}`)).toMatchObject({ error: expect.stringContaining('did you mean "url"?') });
  });
});

describe("purge", () => {
  test("says how many, and tells workers of caches of their own", async () => {
    const stage = new Stage().put(page, [], {}, "", "shoes").put(`${page}?id=1`, []);
    expect(await stage.purge({ url: page })).toEqual({
      purged: 1,
      soft: false,
      caches: { pages: 1 },
      told: ["own"],
      unreached: [],
      removed: [],
    });
    expect(stage.told).toEqual([{ cache: "own", kind: "url", text: page, isSoft: false }]);
    expect(await stage.purge({ prefix: "shop.test/", soft: true, cache: "pages" })).toMatchObject({
      purged: 1,
      soft: true,
      told: [],
    });
    expect((await stage.key(`${page}?id=1`)).stored).toMatchObject([{ isPurged: true }]);
    expect(await stage.purge({ all: true })).toMatchObject({ purged: 1 });
  });

  test("a tag is meant whatever its case", async () => {
    const stage = new Stage().put(page, [], {}, "", "shoes");
    expect(await stage.purge({ tag: "Shoes" })).toMatchObject({ purged: 1 });
  });

  test("what cannot be read, or is no cache, is refused", async () => {
    const stage = new Stage();
    expect(await stage.ask("/api/v1/cache/purge", {})).toMatchObject({ status: 422 });
    expect(await stage.ask("/api/v1/cache/purge", { all: true, cache: "pags" })).toEqual({
      status: 404,
      answer: { error: 'there is no cache pags; did you mean "pages"?' },
    });
  });
});

const zero: CacheFacts = {
  ...{ status: 0, flags: 0, bornMs: 0, storedMs: 0, freshForMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
  ...{ lastModifiedMs: 0, etagStart: 0, etagEnd: 0, reason: 0, bodyBytes: 0 },
};

function extended(url: string, extra: string): CacheKey {
  const bytes = new TextEncoder().encode(`${url}${extra}`);
  return { bytes, firstEnd: bytes.length, end: bytes.length };
}
