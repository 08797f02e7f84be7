// A Redis behind a cache that is away, hangs, or is back: no answer is lost by it and none takes much longer, and what was to be taken
// away there meanwhile does not come back with it.

import { expect, setDefaultTimeout } from "bun:test";
import { epochSpan } from "../../src/redis/level.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { openFiles, residentBytes } from "./harness/processes.ts";
import { Redis } from "./harness/redis.ts";
import { ask, at, draftOf, host, kept, originIn, remote, started, valuesIn, withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

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
  const stateOf = async (): Promise<unknown> => (await sluice.status()).caches[0]!.redis;
  const away = { address: redis.address, state: "away", isOwing: true, since: expect.any(String) };
  await until(
    "it to be found away",
    async () => (await sluice.metric("sluice_cache_remote_up", { cache: "pages" })) === 0,
  );
  expect(await stateOf()).toMatchObject(away);
  expect((await sluice.cli("status")).out).toContain(`${redis.address} away since `);
  redis.goOn();
  await until(
    "it to be found back",
    async () => (await sluice.metric("sluice_cache_remote_up", { cache: "pages" })) === 1,
  );
  // It may have been told so more than once while it did not answer.
  await until("a new epoch", async () => Number(await redis.ask("GET", "sluice:pages:purges")) >= epochSpan);
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
  await until("it to be taken away", async () => (await valuesIn(redis)).length === 1);
  expect(keys).toContain((await valuesIn(redis))[0]!);
  let size = 9;
  await until("Redis to be asked again", async () => {
    await sluice.reload(draftFor(`${++size}mb`));
    return (await ask(sluice, "/b")).cache === "hit; detail=redis";
  });
  expect((await ask(sluice, "/a")).cache).toBe("fwd=uri-miss; stored");
});

withRedis(
  "what was purged does not come back with a Redis that is as it was before, and one that takes nothing says so",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const draftFor = (size: string): Draft => draftOf(originIn(room), at(redis), {}, size);
    const sluice = await started(room, redis, draftFor("8mb"));
    await ask(sluice, "/a");
    await kept(redis, 1);
    expect((await sluice.cli("cache", "purge", "--tag", "shoes")).code).toBe(0);
    // What a snapshot has: what was purged is still there, and the count is as it was.
    await redis.ask("SET", "sluice:pages:purges", "0");
    await sluice.reload(draftFor("9mb"));
    expect((await ask(sluice, "/a")).cache).toStartWith("fwd=uri-miss");
    await until("another epoch", async () => Number(await redis.ask("GET", "sluice:pages:purges")) >= 2 * epochSpan);
    await redis.ask("REPLICAOF", "127.0.0.1", "1");
    const says = `${redis.address} takes nothing: it is a replica`;
    await until("it to be told", async () => (await sluice.cli("status")).out.includes(says));
    expect(await sluice.metric("sluice_cache_remote_refusing", { cache: "pages" })).toBe(1);
  },
);

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
  // What is refused or reset is known at once; a stall of the machine is not to be taken for one of Redis.
  const patient = { url: `redis://${redis.address}`, timeout: "1s" };
  const sluice = await started(room, redis, draftOf(origin, patient, { workers: 2 }));
  const misses = new Misses(sluice);
  await misses.more(50);
  await until("something to be in Redis", async () => (await redis.keys()).length > 10);
  await redis.stop();
  await misses.more(200);
  await until("it to be told", () => sluice.stderr.includes("is away"));
  await until(
    "it to be counted",
    async () => (await sluice.metric("sluice_cache_remote_up", { cache: "pages" })) === 0,
  );
  const back = await Redis.start(room, redis.port);
  await until("something to be in Redis again", async () => (await back.keys()).length > 10, 30_000);
  await misses.stop();
  expect(misses.errors).toEqual([]);
  expect(misses.slowestMs).toBeLessThan(unhurriedMs);
  await until("its return to be told", () => sluice.stderr.includes("is back"));
  // Once, though two workers and control have found out each for itself.
  expect(sluice.stderr.match(/is away|is back/g)).toEqual(["is away", "is back"]);
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
