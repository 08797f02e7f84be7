import { expect, test } from "bun:test";
import { apart, reverse, type Scene, scene } from "./translated.fixture.ts";

const cached = (lines: string): Scene => reverse(`cache = true\n${lines}`);
const cacheOf = ({ input }: Scene): unknown => input.caches?.["responses"];

test("a pool uses the cache, and cache_timeout is for responses that say nothing", () => {
  const { input } = cached("cache_timeout = 90");
  expect(input.pools?.["servers"]?.cache).toEqual({ in: "responses", defaultTtl: "1m30s", heuristic: false });
  expect(cached("").input.pools?.["servers"]?.cache).toMatchObject({ defaultTtl: "1m" });
  expect(cached("cache_timeout = 0").input.pools?.["servers"]?.cache).toMatchObject({ defaultTtl: "0s" });
  expect(apart(cached("cache_timeout = 999999999999"))).toEqual([
    "error server.cache_timeout must be at most 315360000 seconds",
  ]);
});

test("a forward proxy has a cache too", () => {
  const { input } = scene('[server]\nport = ":1"\nreverse = false\ncache = true\n');
  expect(input.listeners["proxy"]?.proxy).toMatchObject({ cache: { in: "responses" } });
});

test("without cache nothing of it is there", () => {
  const found = reverse("cache = false\ncache_type = 'redis'\n[redis]\nredis_host = 'r:1'\n[mem]\ncapacity = 5");
  expect([found.input.caches, found.input.pools?.["servers"]?.cache]).toEqual([undefined, undefined]);
  expect(apart(found)).toEqual(
    ["server.cache_type", "redis.redis_host", "mem.capacity"].map(
      (key) => `note ${key} does nothing while cache is false, as in goproxy`,
    ),
  );
});

test("in memory, responses are counted in bytes and make room by the policy", () => {
  expect(cacheOf(cached(""))).toEqual({ size: "64000kb", policy: "lru" });
  const found = cached('[mem]\ncapacity = 16384\ncache_replacement_policy = "LFU"');
  expect(cacheOf(found)).toEqual({ size: "1gb", policy: "lfu" });
  expect(apart(found)).toEqual([
    "warning mem.capacity is approximated: room is counted in bytes: 16384 responses are 1gb, with 64kb for each; of smaller ones there is room for more",
  ]);
  expect(cacheOf(cached("[mem]\ncapacity = 1"))).toMatchObject({ size: "1mb" });
  // goproxy takes any number.
  const large = cached("[mem]\ncapacity = 100000");
  expect(cacheOf(large)).toEqual({ size: "4032mb", policy: "lru" });
  expect(apart(large)).toEqual([
    "warning mem.capacity is approximated: room is counted in bytes: 4032mb at most, which is less than 64kb for each of 100000 responses; of smaller ones there is room for more",
  ]);
  expect(cacheOf(cached("[mem]\ncapacity = 999999999999"))).toMatchObject({ size: "4032mb" });
  expect(apart(cached("[mem]\ncapacity = 0"))).toEqual(["error mem.capacity must be at least 1"]);
  expect(apart(cached('[mem]\ncache_replacement_policy = "FIFO"'))).toEqual([
    'warning mem.cache_replacement_policy is approximated: "FIFO" is LRU, as in goproxy; known are "LRU" and "LFU"',
  ]);
});

test("Redis is a second level, with its password whatever is in it", () => {
  const redis = (lines: string): Scene => cached(`cache_type = "redis"\n[redis]\n${lines}`);
  expect(cacheOf(redis('redis_host = "localhost:6379"'))).toEqual({
    redis: { url: "redis://localhost:6379", connections: 2 },
  });
  expect(cacheOf(redis('redis_host = "r"\nredis_pass = "a@b:/ %"\nmax_active = 1'))).toEqual({
    redis: { url: "redis://:a%40b%3A%2F%20%25@r:6379", connections: 1 },
  });
  expect(apart(redis('redis_host = "a b:1"'))).toEqual([
    'error redis.redis_host must be an address such as "localhost:6379", not "a b:1"',
  ]);
  const local = { redis: { url: "redis://localhost:6379", connections: 2 } };
  for (const unsaid of [cached('cache_type = "redis"'), redis("max_idle = 5")]) {
    expect(cacheOf(unsaid)).toEqual(local);
    expect(apart(unsaid)[0]).toBe(
      "warning server.cache_type is taken to mean the Redis at localhost:6379, for there is no redis_host in [redis]",
    );
  }
});

test("another type is memory, and one that is not said beside a Redis is told", () => {
  const other = cached('cache_type = "redes"');
  expect(cacheOf(other)).toMatchObject({ policy: "lru" });
  expect(apart(other)[0]).toEndWith('; did you mean "redis"?');
  const unsaid = cached('[redis]\nredis_host = "r:1"');
  expect(cacheOf(unsaid)).toMatchObject({ policy: "lru" });
  expect(apart(unsaid)[0]).toStartWith("warning redis.redis_host is not used: without cache_type");
});
