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
  const first = await new Goproxy(room).start(lines);
  expect(await body(`${first.url}/kept`, { headers: { host: "a.test" } })).toBe("answer 1");
  await until("it to be in Redis", async () => {
    const { out } = await ran([find("redis-cli")!, "-p", String(redis.port), "DBSIZE"]);
    return Number(out.trim()) > 0;
  });
  await first.stop();
  // Another folder is another Sluice, with nothing in its memory.
  await using elsewhere = new Room();
  const second = await new Goproxy(elsewhere).start(lines);
  expect(await body(`${second.url}/kept`, { headers: { host: "a.test" } })).toBe("answer 1");
  await redis.stop();
  expect(await body(`${second.url}/kept`, { headers: { host: "a.test" } })).toBe("answer 1");
  expect([await body(`${second.url}/new`), await body(`${second.url}/new`)]).toEqual(["answer 2", "answer 2"]);
  const back = await Redis.start(room, redis.port);
  await until("new answers to be in Redis again", async () => {
    await body(`${second.url}/${crypto.randomUUID()}`);
    const { out } = await ran([find("redis-cli")!, "-p", String(back.port), "DBSIZE"]);
    return Number(out.trim()) > 0;
  });
});
