// goproxy's cache_type = "redis": answers outlive Sluice in a real Redis, and whether it is there is nobody's business but the log's.

import { expect, setDefaultTimeout } from "bun:test";
import { Goproxy } from "./harness/goproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const withRedis = testWith(["redis-server", "redis-cli"]);

async function body(url: string, init: RequestInit = {}): Promise<string> {
  return (await fetch(url, init)).text();
}

withRedis("answers are in Redis, outlive Sluice, and a Redis that goes away is not noticed by anybody", async () => {
  await using room = new Room();
  const origin: Origin = new Origin(room, () => ok(`answer ${origin.asked.length}`));
  const redis = await Redis.start(room);
  const lines = `reverse = true
proxy_pass = ["${origin.address}"]
cache = true\ncache_timeout = 60\ncache_type = "redis"
[redis]
redis_host = "${redis.address}"
redis_pass = ""
max_idle = 5
idle_timeout = 10
max_active = 10`;
  const connected = async (): Promise<number> =>
    Number(/connected_clients:(\d+)/.exec(await redis.ask("INFO", "clients"))?.[1]);
  /** With its connections to Redis, two for each process, so that the first answer is asked for there. */
  const started = async (within: Room): Promise<Goproxy> => {
    const before = await connected();
    const goproxy = await new Goproxy(within).start(lines);
    const wanted = before + 2 * (1 + (await goproxy.workers()));
    await until("its connections to Redis", async () => (await connected()) >= wanted);
    return goproxy;
  };
  const paths = Array.from({ length: 8 }, (_, index) => `/kept/${index}`);
  const bodies = async ({ url }: Goproxy): Promise<string[]> => {
    const all: string[] = [];
    for (const path of paths) all.push(await body(`${url}${path}`, { headers: { host: "a.test" } }));
    return all;
  };
  const first = await started(room);
  const kept = await bodies(first);
  expect(kept).toEqual(paths.map((_, index) => `answer ${index + 1}`));
  await until("them to be in Redis", async () => Number(await redis.ask("DBSIZE")) >= paths.length);
  await first.stop();
  // Another folder is another Sluice, with nothing in its memory.
  await using elsewhere = new Room();
  const second = await started(elsewhere);
  const shown = await bodies(second);
  // One that a busy machine brings too late is asked for at the server; each is what the first had, or that.
  expect(shown.filter((each, index) => each === kept[index]).length).toBeGreaterThan(paths.length / 2);
  expect(new Set(shown).size).toBe(paths.length);
  await redis.stop();
  expect(await bodies(second)).toEqual(shown);
  const made = await body(`${second.url}/new`);
  expect([made, await body(`${second.url}/new`)]).toEqual([`answer ${origin.asked.length}`, made]);
  const back = await Redis.start(room, redis.port);
  await until("new answers to be in Redis again", async () => {
    await body(`${second.url}/${crypto.randomUUID()}`);
    const { out } = await ran([find("redis-cli")!, "-p", String(back.port), "DBSIZE"]);
    return Number(out.trim()) > 0;
  });
});
