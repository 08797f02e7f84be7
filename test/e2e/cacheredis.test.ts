// The second level of caches in a real Redis: what one Sluice has stored another shows, with the server gone; what is purged is gone
// there as well; and whatever becomes of Redis (away, hanging, back, full of other things) costs no answer and hardly any time.

import { expect, setDefaultTimeout } from "bun:test";
import { RedisClient } from "bun";
import type { PurgedAnswer } from "../../src/control/cache/answer.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { openFiles, residentBytes } from "./harness/processes.ts";
import { testWith } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const withRedis = testWith(["redis-server", "redis-cli"]);

/** Fields by path; all else is fresh for long. */
const fieldsFor: Readonly<Record<string, readonly string[]>> = {
  "/vary": ["Cache-Control: max-age=600", "Vary: X-Kind"],
  "/swr": ["Cache-Control: max-age=100, stale-while-revalidate=50"],
  "/etag": ["Cache-Control: max-age=100", 'ETag: "v"'],
  "/short": ["Cache-Control: max-age=100"],
  "/none": ["Cache-Control: no-store"],
  "/shoes": ["Cache-Control: max-age=600", "Surrogate-Key: shoes"],
};

/** Says which path and kind it was asked for, and how often it was asked before. */
function originIn(room: Room): Origin {
  const origin: Origin = new Origin(room, ({ target, fields }) =>
    ok(
      `${target} ${fields.get("x-kind")?.[0] ?? "-"} ${origin.asked.length}`,
      ...(fieldsFor[target] ?? ["Cache-Control: max-age=600"]),
    ),
  );
  return origin;
}

function draftOf(
  origin: Origin,
  redis: string | { url: string; timeout: string },
  more: Partial<Draft> = {},
  size = "8mb",
): Draft {
  return { caches: { pages: { size, redis } }, pools: { app: { servers: [origin.address], cache: "pages" } }, ...more };
}

/** One site, whichever Sluice is asked. */
const host = "shop.test";

/** With time for a machine that has much else to do. */
function at(redis: Redis): { url: string; timeout: string } {
  return { url: `redis://${redis.address}`, timeout: "1s" };
}

/** With its connections to Redis, two for each process, so that the first request is told there. */
async function started(room: Room, redis: Redis, draft: Draft): Promise<Sluice> {
  const connected = async (): Promise<number> =>
    Number(/connected_clients:(\d+)/.exec(await redis.ask("INFO", "clients"))?.[1]);
  const before = await connected();
  const sluice = await Sluice.start(room, draft);
  const processes = 1 + (typeof draft.workers === "number" ? draft.workers : 1);
  await until("its connections to Redis", async () => (await connected()) >= before + 2 * processes);
  return sluice;
}

interface Told {
  readonly status: number;
  readonly body: string;
  /** Of Cache-Status, behind the name. */
  readonly cache: string;
  readonly age: string | null;
}

async function ask(sluice: Sluice, path: string, headers: Record<string, string> = {}): Promise<Told> {
  const response = await fetch(`${sluice.url}${path}`, { headers: { host, ...headers } });
  const cache = (response.headers.get("cache-status") ?? "").replace(/^Sluice; /, "").replace(/; ttl=-?\d+/, "");
  return { status: response.status, body: await response.text(), cache, age: response.headers.get("age") };
}

/** Until so many keys are in Redis. */
function kept(redis: Redis, count: number, pattern = "*"): Promise<string[]> {
  return until(`${count} keys in Redis`, async () => {
    const keys = await redis.keys(pattern);
    return keys.length === count ? keys : null;
  });
}

const remote = "sluice_cache_remote_requests_total";

withRedis("what one Sluice has stored another shows, when the server is gone", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  const draft = draftOf(origin, at(redis));
  const [one, other] = [await started(room, redis, draft), await started(room, redis, draft)];
  expect((await ask(one, "/a")).cache).toBe("fwd=uri-miss; stored");
  for (const kind of ["1", "2"]) await ask(one, "/vary", { "x-kind": kind });
  // /a, the names that /vary is chosen by, and two variants.
  await kept(redis, 4);
  origin.stop();
  const first = await ask(other, "/a");
  expect(first).toMatchObject({ status: 200, body: "/a - 1", cache: "hit; detail=redis" });
  expect(Number(first.age)).toBeGreaterThanOrEqual(0);
  expect((await ask(other, "/a")).cache).toBe("hit");
  expect(await ask(other, "/vary", { "x-kind": "2" })).toMatchObject({ body: "/vary 2 3", cache: "hit; detail=redis" });
  expect(await ask(other, "/vary", { "x-kind": "1" })).toMatchObject({ body: "/vary 1 2", cache: "hit; detail=redis" });
  expect((await ask(other, "/vary", { "x-kind": "3" })).status).toBeGreaterThanOrEqual(502);
  await other.counted(3, remote, { pool: "app", result: "hit" });
  await other.counted(1, remote, { pool: "app", result: "miss" });
  await other.counted(4, "sluice_cache_requests_total", { pool: "app", result: "hit" });
});

withRedis("it is kept there for as long as it is of use", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const sluice = await started(room, redis, draftOf(originIn(room), at(redis)));
  const known = new Set<string>();
  for (const [path, seconds] of [
    ["/short", 100],
    ["/swr", 150],
    // What can be asked for anew is of use for ten minutes after that.
    ["/etag", 700],
  ] as const) {
    await ask(sluice, path);
    const key = (await kept(redis, known.size + 1)).find((each) => !known.has(each))!;
    known.add(key);
    const leftMs = Number(await redis.ask("PTTL", key));
    expect([path, leftMs <= seconds * 1000, leftMs > (seconds - 20) * 1000]).toEqual([path, true, true]);
  }
  await ask(sluice, "/none");
  await ask(sluice, "/after");
  await kept(redis, 4);
});

withRedis("what is purged by URL, prefix, tag or altogether is gone there too", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  const draftFor = (size: string): Draft => draftOf(origin, at(redis), {}, size);
  const sluice = await started(room, redis, draftFor("8mb"));
  let size = 8;
  /** With nothing in its memory, as another Sluice would be. */
  const emptied = (): Promise<void> => sluice.reload(draftFor(`${++size}mb`));
  const cacheOf = async (path: string): Promise<string> => (await ask(sluice, path)).cache;
  const purge = async (...words: readonly string[]): Promise<PurgedAnswer> =>
    JSON.parse((await sluice.cli("cache", "purge", ...words, "--json")).out);
  /** Beside them there is the epoch. */
  const isKept = (count: number): Promise<string[]> => kept(redis, count, `sluice:pages:${"?".repeat(32)}`);
  const paths = ["/a", "/b", "/shoes"];
  for (const path of paths) await ask(sluice, path);
  await isKept(3);

  expect(await purge("--url", `http://${host}/a`)).toMatchObject({ purged: 1, unreached: [] });
  await emptied();
  expect([await cacheOf("/a"), await cacheOf("/b")]).toEqual(["fwd=uri-miss; stored", "hit; detail=redis"]);
  await isKept(3);

  for (const words of [["--prefix", `http://${host}/`], ["--tag", "shoes"], ["--all"]]) {
    expect(await purge(...words)).toMatchObject({ unreached: [] });
    await emptied();
    // Redis finds nothing by prefix or tag: all that it has is nothing.
    for (const path of paths)
      expect([words[0], path, await cacheOf(path)]).toEqual([words[0], path, "fwd=uri-miss; stored"]);
    await until("it to be there again", async () => {
      await emptied();
      return (await cacheOf("/shoes")) === "hit; detail=redis";
    });
  }
});

withRedis("a purge says when Redis is away, and is made up for when it is back", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  const draftFor = (size: string): Draft => draftOf(origin, at(redis), {}, size);
  const sluice = await started(room, redis, draftFor("8mb"));
  for (const path of ["/a", "/b"]) await ask(sluice, path);
  await kept(redis, 2);
  redis.pause();
  const all = await sluice.cli("cache", "purge", "--all");
  expect([all.code, all.out]).toEqual([0, expect.stringContaining("the Redis behind pages is away")]);
  redis.goOn();
  await until("a new epoch", async () => (await redis.ask("GET", "sluice:pages:epoch")) === "1");
  await sluice.reload(draftFor("9mb"));
  expect((await ask(sluice, "/a")).cache).toBe("fwd=uri-miss; stored");
});

withRedis("what is invalidated while Redis is away does not come back with it", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  const draftFor = (size: string): Draft => draftOf(origin, at(redis), {}, size);
  const sluice = await started(room, redis, draftFor("8mb"));
  for (const path of ["/a", "/b"]) await ask(sluice, path);
  const keys = await kept(redis, 2);
  redis.pause();
  await fetch(`${sluice.url}/a`, { method: "POST", headers: { host } });
  await sluice.reload(draftFor("9mb"));
  redis.goOn();
  await until("it to be taken away", async () => (await redis.keys()).length === 1);
  expect(keys).toContain((await redis.keys())[0]!);
  let size = 9;
  await until("Redis to be asked again", async () => {
    await sluice.reload(draftFor(`${++size}mb`));
    return (await ask(sluice, "/b")).cache === "hit; detail=redis";
  });
  expect((await ask(sluice, "/a")).cache).toBe("fwd=uri-miss; stored");
});

/** Asks for something else each time, as fast as it is answered, until stopped. */
class Misses {
  answered = 0;
  slowestMs = 0;
  readonly errors: string[] = [];
  readonly #lanes: Promise<void>[];
  #isStopping = false;

  constructor(sluice: Sluice, lanes = 4) {
    this.#lanes = Array.from({ length: lanes }, async (_, lane) => {
      for (let turn = 0; !this.#isStopping; turn++) {
        const beganMs = performance.now();
        const { status, body } = await ask(sluice, `/${lane}/${turn}`).catch((error) => ({
          status: 0,
          body: `${error}`,
        }));
        this.slowestMs = Math.max(this.slowestMs, performance.now() - beganMs);
        if (status === 200 && body.startsWith(`/${lane}/${turn} `)) this.answered++;
        else this.errors.push(`${status} ${body}`);
      }
    });
  }

  async more(count: number): Promise<void> {
    const wanted = this.answered + count;
    await until(`${count} more answers`, () => this.answered >= wanted || this.errors.length > 0);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
  }
}

/** Far more than a question in vain (50 ms) on a machine that has much else to do, far less than any other timeout. */
const unhurriedMs = 2_000;

withRedis("a Redis that is killed, and started again, under load is noticed by nobody", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  const sluice = await started(room, redis, draftOf(origin, `redis://${redis.address}`, { workers: 2 }));
  const misses = new Misses(sluice);
  await misses.more(50);
  await until("something to be in Redis", async () => (await redis.keys()).length > 10);
  await redis.stop();
  await misses.more(200);
  await until("it to be told", () => sluice.stderr.includes("is away"));
  const back = await Redis.start(room, redis.port);
  await until("something to be in Redis again", async () => (await back.keys()).length > 10, 30_000);
  await misses.stop();
  expect(misses.errors).toEqual([]);
  expect(misses.slowestMs).toBeLessThan(unhurriedMs);
  await until("its return to be told", () => sluice.stderr.includes("is back"));
  expect(await sluice.metric(remote, { pool: "app", result: "away" })).toBeGreaterThan(0);
});

withRedis("a Redis that hangs costs a few requests its timeout, and the others nothing", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  const sluice = await started(room, redis, draftOf(origin, `redis://${redis.address}`, { workers: 2 }));
  const misses = new Misses(sluice);
  await misses.more(50);
  redis.pause();
  await misses.more(500);
  const late = await sluice.metric(remote, { pool: "app", result: "late" });
  const away = await sluice.metric(remote, { pool: "app", result: "away" });
  // Three in a row in each worker, those under way beside them, and one now and then.
  expect([late > 0, late < 60, away > 300]).toEqual([true, true, true]);
  redis.goOn();
  const { answered } = misses;
  const hits = async (): Promise<number> => sluice.metric(remote, { pool: "app", result: "miss" });
  const before = await hits();
  await until("it to be asked again", async () => (await hits()) > before + 50, 30_000);
  await misses.stop();
  expect(misses.answered).toBeGreaterThan(answered);
  expect(misses.errors).toEqual([]);
  expect(misses.slowestMs).toBeLessThan(unhurriedMs);
});

withRedis("while Redis is away, a worker's memory and descriptors stay as they are", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => ok(target.padEnd(100_000, "x"), "Cache-Control: max-age=600"));
  const sluice = await Sluice.start(room, draftOf(origin, `redis://127.0.0.1:${freePort()}`));
  const [worker = 0] = await sluice.workers();
  const round = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn++) await (await fetch(`${sluice.url}/${crypto.randomUUID()}`)).arrayBuffer();
  };
  // The cache is full then, and a collector at leisure has come to its measure. What follows is twice what may be added.
  await round(500);
  const before = { files: openFiles(worker), bytes: residentBytes(worker) };
  await round(1500);
  expect(openFiles(worker)).toBeLessThan(before.files + 10);
  expect(residentBytes(worker)).toBeLessThan(before.bytes + 80 * 2 ** 20);
});

withRedis(
  "what others have written under our keys is not shown, however large, and costs nothing but a miss",
  async () => {
    await using room = new Room();
    const origin = originIn(room);
    const redis = await Redis.start(room);
    const draftFor = (size: string): Draft => draftOf(origin, at(redis), {}, size);
    const sluice = await started(room, redis, draftFor("8mb"));
    await using client = new Closing(redis);
    await ask(sluice, "/a");
    const [key = ""] = await kept(redis, 1);
    const value = (await client.redis.getBuffer(key))!;
    const text = Buffer.from(value).toString("latin1");
    const spoilt = (from: string, to: string): Uint8Array => {
      expect([text.includes(from), from.length]).toEqual([true, to.length]);
      return Uint8Array.from(Buffer.from(text.replace(from, to), "latin1"));
    };
    let size = 8;
    let asked = 1;
    const heads = [
      spoilt("Content-Length: 6", "Content-Length: 1"),
      spoilt("Content-Length: 6", "Content-Length: 9"),
      spoilt("Content-Length: 6", "Content-Lengt : 6"),
      spoilt("HTTP/1.1 200", "HTTP/1.1 100"),
      spoilt("\r\n\r\n", "\r\nAB"),
    ];
    for (const bytes of [...heads, Buffer.from("garbage"), value.slice(0, 50), new Uint8Array(1)]) {
      await client.redis.send("SET", [key, bytes as unknown as string]); // It takes bytes.
      await sluice.reload(draftFor(`${++size}mb`));
      expect(await ask(sluice, "/a")).toMatchObject({ body: `/a - ${++asked}`, cache: "fwd=uri-miss; stored" });
      await until(
        "it to be written over",
        async () => !Buffer.from(bytes).equals((await client.redis.getBuffer(key))!),
      );
    }
    await sluice.counted(heads.length, remote, { pool: "app", result: "invalid" });

    await sluice.reload(draftFor(`${++size}mb`));
    expect((await ask(sluice, "/a")).cache).toBe("hit; detail=redis");

    await client.redis.del(key);
    await client.redis.send("LPUSH", [key, "a list"]);
    await sluice.reload(draftFor(`${++size}mb`));
    expect((await ask(sluice, "/a")).cache).toBe("fwd=uri-miss; stored");

    await until("it to be written over", async () => (await client.redis.type(key)) === "string");
    await client.redis.send("SETRANGE", [key, String(100 * 2 ** 20), "x"]);
    await sluice.reload(draftFor(`${++size}mb`));
    const [worker = 0] = await sluice.workers();
    const before = residentBytes(worker);
    expect((await ask(sluice, "/a")).cache).toBe("fwd=uri-miss; stored");
    expect(residentBytes(worker)).toBeLessThan(before + 50 * 2 ** 20);
    expect(sluice.stderr).not.toContain("is away");
  },
);

/** A client that is closed with its test. */
class Closing implements AsyncDisposable {
  readonly redis: RedisClient;

  constructor({ address }: Redis) {
    this.redis = new RedisClient(`redis://${address}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.close();
  }
}

withRedis("a password is shown to Redis and to nobody else; with a wrong one traffic goes on", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room, freePort(), "opensesame");
  const right = { url: `redis://:opensesame@${redis.address}`, timeout: "1s" };
  const sluice = await started(room, redis, draftOf(origin, right));
  await ask(sluice, "/a");
  await kept(redis, 1);
  const wrong = await Sluice.start(room, draftOf(origin, `redis://:notsesame@${redis.address}`));
  for (let turn = 0; turn < 5; turn++) expect((await ask(wrong, `/${turn}`)).cache).toBe("fwd=uri-miss; stored");
  await until("it to be told", () => wrong.stderr.includes(`Redis ${redis.address} is away`));
  for (const text of [sluice.stderr, wrong.stderr, await wrong.metricsText(), JSON.stringify(await wrong.status())])
    expect(text).not.toContain("sesame");
  expect(await redis.keys()).toHaveLength(1);
});

withRedis("two caches in one Redis, and others beside them, do not meet", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const redis = await Redis.start(room);
  await redis.ask("SET", "others", "1");
  const second = { ...at(redis), prefix: "shop:" };
  const draft: Draft = {
    caches: { one: { redis: second }, two: { redis: second } },
    pools: {
      app: { servers: [origin.address], cache: "one" },
      api: { servers: [origin.address], cache: "two" },
    },
  };
  const sluice = await started(room, redis, draft);
  await ask(sluice, "/a");
  const [one = ""] = await kept(redis, 1, "shop:*");
  expect(one).toStartWith("shop:one:");
  await sluice.reload({ ...draft, listeners: { web: { listen: `127.0.0.1:${sluice.port}`, use: "api" } } });
  expect((await ask(sluice, "/a")).cache).toBe("fwd=uri-miss; stored");
  await kept(redis, 2, "shop:*");
  expect(await kept(redis, 1, "shop:two:*")).toHaveLength(1);
  const purged = JSON.parse((await sluice.cli("cache", "purge", "--all", "--cache", "two", "--json")).out);
  expect(purged).toMatchObject({ unreached: [] });
  expect([await redis.ask("GET", "shop:two:epoch"), await redis.ask("GET", "shop:one:epoch")]).toEqual(["1", ""]);
  expect(await redis.ask("GET", "others")).toBe("1");
});
