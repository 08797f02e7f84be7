// The second level of caches in a real Redis: what one Sluice has stored another shows, with the server gone; what is purged is gone
// there as well; what others write there is not shown. What becomes of it when Redis is away is in cacheredisaway.test.ts.

import { expect, setDefaultTimeout } from "bun:test";
import { RedisClient } from "bun";
import type { PurgedAnswer } from "../../src/control/cache/answer.ts";
import { epochSpan } from "../../src/redis/level.ts";
import { freePort } from "./harness/port.ts";
import { residentBytes } from "./harness/processes.ts";
import { Redis } from "./harness/redis.ts";
import { ask, at, draftOf, host, kept, originIn, remote, started, valuesIn, withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

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
  /** Beside them there is the count of purges. */
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
  expect(await valuesIn(redis)).toHaveLength(1);
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
  const purges = async (cache: string): Promise<number> => Number(await redis.ask("GET", `shop:${cache}:purges`));
  expect([await purges("two"), await purges("one")]).toEqual([epochSpan, 0]);
  expect(await redis.ask("GET", "others")).toBe("1");
});
