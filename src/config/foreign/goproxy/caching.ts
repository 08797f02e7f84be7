// server.cache with [redis] and [mem]: a cache, and how requests use it. In goproxy a response stays for its s-maxage, then max-age, else for
// cache_timeout; so it does here, where RFC 9111 lets it be kept at all. goproxy counts responses, a cache of ours counts bytes.

import { readServerAddress } from "../../../base/address.ts";
import { formatDuration } from "../../../base/duration.ts";
import { didYouMean } from "../../../base/nearest.ts";
import { formatSize } from "../../../base/size.ts";
import type { CacheInput, ConfigInput, PoolCacheInput } from "../../input.ts";
import { cacheBytesMax } from "../../reviewcache.ts";
import { show } from "../../term.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";
import { keywords } from "./keywords.ts";

export interface Sections {
  readonly server: Table;
  readonly redis: Table;
  readonly mem: Table;
}

export interface Caching {
  readonly cache: ConfigInput["caches"];
  readonly use: PoolCacheInput | undefined;
}

const cacheName = "responses";
/** What a response is taken for: pages, scripts and answers of APIs mostly are smaller, pictures larger. */
const responseBytes = 64 * 1024;
/** What stands in every example of goproxy's. */
const capacityUsual = 1000;
const timeoutUsual = 60;
/** As it stands in goproxy's documentation. */
const hostUsual = "localhost:6379";
const bytesMin = 1024 ** 2;
/** A worker sends commands one after the other without waiting, so that more connections would not be quicker. */
const connectionsMax = 2;
const secondsMax = 3650 * 86_400;

export function cachingOf(sections: Sections, origins: Origins): Caching {
  const { server, redis, mem } = sections;
  const isCached = server.flag("cache") ?? false;
  const type = server.text("cache_type") ?? "memory";
  const isRedis = type === "redis";
  if (!isCached) {
    idle(server, ["cache_timeout", "cache_type"], "while cache is false");
    idle(redis, Object.keys(keywords.redis), "while cache is false");
    idle(mem, Object.keys(keywords.mem), "while cache is false");
    return { cache: undefined, use: undefined };
  }
  if (!isRedis && type !== "memory")
    server.ledger.approximate(
      server.at("cache_type"),
      `${show(type)} is memory, as in goproxy; known are "redis" and "memory"${didYouMean(type, ["redis", "memory"])}`,
    );
  origins.add(["caches", cacheName], server.at("cache"));
  if (!server.has("cache_type") && redis.has("redis_host"))
    server.ledger.judged({
      severity: "warning",
      path: redis.at("redis_host"),
      part: "key",
      message:
        'is not used: without cache_type responses are kept in memory, as in goproxy; write cache_type = "redis"',
    });
  const unused = `with cache_type ${isRedis ? "redis" : "memory"}`;
  if (isRedis) idle(mem, Object.keys(keywords.mem), unused);
  else idle(redis, Object.keys(keywords.redis), unused);
  const cache = isRedis ? redisCache(server, redis, origins) : memoryCache(mem, origins);
  return { cache: { [cacheName]: cache }, use: useOf(server, origins) };
}

function idle(table: Table, keys: readonly string[], when: string): void {
  for (const key of keys) if (table.has(key)) table.ledger.note(table.at(key), `does nothing ${when}, as in goproxy`);
}

/** Memory comes first here too; what Redis holds outlives a restart, and others may share it. */
function redisCache(server: Table, redis: Table, origins: Origins): CacheInput {
  const { ledger } = redis;
  origins.add(
    ["caches", cacheName, "redis"],
    redis.has("redis_host") ? redis.at("redis_host") : server.at("cache_type"),
  );
  const host = redis.text("redis_host");
  if (host === undefined)
    server.ledger.judged({
      severity: "warning",
      path: server.at("cache_type"),
      part: "value",
      message: `is taken to mean the Redis at ${hostUsual}, for there is no redis_host in [redis]`,
    });
  const address = host === undefined ? hostUsual : addressOf(redis, host);
  const password = redis.text("redis_pass");
  const credentials = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  const asked = redis.count("max_active") ?? 0;
  const connections = asked === 0 ? connectionsMax : Math.min(asked, connectionsMax);
  if (redis.has("max_active"))
    ledger.note(
      redis.at("max_active"),
      `each worker has ${connections === 1 ? "one connection" : `${connections} connections`}, on which nothing waits for what was asked before it`,
    );
  for (const key of ["max_idle", "idle_timeout"]) {
    redis.count(key);
    if (redis.has(key)) ledger.note(redis.at(key), "the few connections to Redis are kept open");
  }
  return { redis: { url: `redis://${credentials}${address}`, connections } };
}

function addressOf(redis: Table, host: string): string {
  const reading = readServerAddress(/:\d+$/.test(host) ? host : `${host}:6379`);
  const isTcp = reading.ok && reading.value.address.kind === "tcp" && reading.value.weight === null;
  if (isTcp) return reading.value.name;
  redis.ledger.fault(redis.at("redis_host"), `must be an address such as "localhost:6379", not ${show(host)}`);
  return hostUsual;
}

function memoryCache(mem: Table, origins: Origins): CacheInput {
  const policy = policyOf(mem);
  const capacity = mem.count("capacity") ?? capacityUsual;
  if (capacity === 0) mem.ledger.fault(mem.at("capacity"), "must be at least 1");
  const bytes = Math.min(cacheBytesMax, Math.max(bytesMin, capacity * responseBytes));
  const size = formatSize(bytes);
  const each = formatSize(responseBytes);
  const room =
    bytes < capacity * responseBytes
      ? `${size} at most, which is less than ${each} for each of ${capacity} responses`
      : `${capacity} responses are ${size}, with ${each} for each`;
  if (mem.has("capacity") && capacity > 0) {
    origins.add(["caches", cacheName, "size"], mem.at("capacity"));
    mem.ledger.approximate(
      mem.at("capacity"),
      `room is counted in bytes: ${room}; of smaller ones there is room for more`,
    );
  }
  return { size, policy };
}

function policyOf(mem: Table): "lru" | "lfu" {
  const word = mem.text("cache_replacement_policy") ?? "LRU";
  if (word === "LRU" || word === "LFU") return word === "LRU" ? "lru" : "lfu";
  const meant = word.toUpperCase() === "LFU" ? "LFU" : "LRU";
  mem.ledger.approximate(
    mem.at("cache_replacement_policy"),
    word.toUpperCase() === meant
      ? `${meant} is meant; goproxy reads it in capitals only, and all else as LRU`
      : `${show(word)} is LRU, as in goproxy; known are "LRU" and "LFU"`,
  );
  return meant === "LFU" ? "lfu" : "lru";
}

function useOf(server: Table, origins: Origins): PoolCacheInput {
  const seconds = server.count("cache_timeout") ?? timeoutUsual;
  if (seconds > secondsMax) server.ledger.fault(server.at("cache_timeout"), `must be at most ${secondsMax} seconds`);
  for (const owner of [
    ["pools", "servers"],
    ["listeners", "proxy", "proxy"],
  ])
    origins.add([...owner, "cache", "defaultTtl"], server.at("cache_timeout"));
  const defaultTtl = formatDuration(Math.min(seconds, secondsMax) * 1000);
  // Nothing is guessed from Last-Modified: cache_timeout stands in goproxy where a response says nothing.
  return { in: cacheName, defaultTtl, heuristic: false };
}
