// The keys of caches, and of how a pool uses one. What may be stored at all is RFC 9111's business (cache/); here an operator says
// where it is kept, how much of it, and what the RFC leaves to whoever runs a cache.

import { z } from "zod";
import { misread, type Reading } from "../base/reading.ts";
import { type RedisPlace, readRedisPlace, redisDescription, redisExpected } from "../base/redisplace.ts";
import type { CacheInput, PoolCacheInput } from "./input.ts";
import type { StatusRange } from "./plan.ts";
import { expression } from "./ruleschema.ts";
import { readStatusRanges } from "./statusrange.ts";
import { choice, count, duration, flag, list, says, section, share, size, text, token, words } from "./term.ts";
import type { Cache, PoolCache } from "./types.ts";

/** The client that caches use (redis/link.ts) begins in the first database of a socket, and cannot be told of another. */
function readCachePlace(text: string): Reading<RedisPlace> {
  const reading = readRedisPlace(text);
  if (!reading.ok || reading.value.path === null || reading.value.database === 0) return reading;
  return misread("must not choose a database behind a socket: a cache uses the first one there; write another prefix");
}

const redis = section({
  url: text(redisExpected, readCachePlace).describe(redisDescription),
  prefix: words("a text without spaces, at most 100 characters", /^[\x21-\x7e]{0,100}$/)
    .default("sluice:")
    .describe("What every key begins with, so that others may use the same Redis."),
  timeout: duration("1ms", "10s")
    .default("50ms")
    .describe("What a request waits for it at most; then it goes on as if nothing were there."),
  connections: count(1, 100).default(2).describe("Connections kept by each worker."),
}).meta({ id: "CacheRedis", description: "A second level, which outlives Sluice and may be shared by several." });

export const cache: z.ZodType<Cache, CacheInput> = section({
  size: size("1mb", "1tb")
    .optional()
    .describe(
      "Memory for what is stored, heads and bodies. Absent: 128mb, or half of what is free in /dev/shm where that is less.",
    ),
  objectSize: size("4kb", "16gb")
    .optional()
    .describe("Largest response that is stored, head and body. Absent: a sixteenth of size, at most 64mb."),
  policy: choice(["tinylfu", "lru", "lfu"])
    .default("tinylfu")
    .describe(
      "What makes room: tinylfu keeps what is asked for often and recently and is not washed out by a scan; lru what was asked for last; lfu what is asked for often.",
    ),
  memory: choice(["shared", "worker"])
    .default("shared")
    .describe("One memory for all workers, or one for each of them, which divides size by their number."),
  redis: z
    .union([text(redisExpected, readCachePlace), redis], { error: says(`${redisExpected}, or a section with url`) })
    .optional()
    .describe("A Redis as second level: its address, or a section with more. When it is away, traffic goes on."),
}).meta({
  id: "Cache",
  description: "A memory for responses, shared by all workers, which outlives reloads and restarts.",
});

const fieldName = words("the name of a header field", token);

/** "404", "500-599", or a whole class as "5xx". */
export function readStatuses(text: string): Reading<StatusRange[]> {
  return readStatusRanges(text.replaceAll(/([1-5])xx/g, "$100-$199"));
}

const query = section({
  include: list(z.string({ error: says("a parameter's name") }), "parameters")
    .optional()
    .describe("Only these parameters are part of the key."),
  exclude: list(z.string({ error: says("a parameter's name") }), "parameters")
    .default([])
    .describe('Not these; "utm_*" stands for all that begin so.'),
  sort: flag().default(false).describe("Their order does not count."),
}).meta({ id: "CacheQuery", description: "What of the query is part of the key." });

const key = section({
  query: z
    .union([z.literal(false), query], { error: says("false, or a section with include, exclude or sort") })
    .prefault({})
    .describe("What of the query is part of the key; false: nothing of it."),
  headers: list(fieldName, "header fields").default([]).describe("Request fields whose values are part of the key."),
  cookies: list(fieldName, "cookies").default([]).describe("Cookies whose values are part of the key."),
}).meta({
  id: "CacheKey",
  description: "What a response is stored by, beside scheme, host, path, and what its Vary says.",
});

const poolCacheSection = section({
  in: z
    .string({ error: says("the name of a cache") })
    .optional()
    .describe("Which cache, by its name under caches; absent: the only one, or one of the usual size."),
  ttl: duration("0s", "3650d")
    .optional()
    .describe(
      "Forced: how long a response is fresh, whatever it says itself. What must not be stored is not stored all the same.",
    ),
  defaultTtl: duration("0s", "3650d").optional().describe("How long a response is fresh that does not say it itself."),
  heuristic: z
    .union([z.literal(false), share(0, 1)], { error: says("false, or a number from 0 to 1") })
    .default(0.1)
    .describe(
      "The share of its age since Last-Modified for which a response is fresh that says nothing else (RFC 9111 section 4.2.2); false guesses nothing.",
    ),
  heuristicMax: duration("0s", "3650d").default("1d").describe("A guess is never longer."),
  negative: z
    .record(text('a status such as "404", or "5xx"', readStatuses), duration("0s", "365d"), {
      error: says('a section such as { "404": "10s", "5xx": "1s" }'),
    })
    .default({})
    .describe(
      'How long responses with such a status are kept that do not say it themselves: { "404": "10s", "5xx": "1s" }. A range leaves out what is about one client, such as 401 and 429; these have to be named.',
    ),
  staleWhileRevalidate: duration("0s", "365d")
    .default("0s")
    .describe("A stale response is shown for so long while it is asked for anew, unless it says otherwise (RFC 5861)."),
  staleIfError: duration("0s", "365d")
    .default("0s")
    .describe("A stale response is shown for so long when its server fails, unless it says otherwise (RFC 5861)."),
  requests: choice(["honor", "ignore"])
    .default("honor")
    .describe(
      "Whether Cache-Control and Pragma of requests are honoured, as RFC 9111 has it, or a reload gets the stored one.",
    ),
  setCookie: choice(["pass", "drop"])
    .default("pass")
    .describe("A response that sets a cookie is not stored, or stored and sent without the cookie."),
  key: key.prefault({}),
  bypass: expression
    .optional()
    .describe("A condition on the request: where it holds, nothing is looked up and nothing stored."),
  collapse: z
    .union([z.literal(false), duration("1ms", "10m")], { error: says('false, or a duration such as "5s"') })
    .default("10s")
    .describe(
      "Of many requests for what is not there one goes to a server; the others wait for its answer, no longer than this. false: all go.",
    ),
  passFor: duration("0s", "1d")
    .default("30s")
    .describe("After a response that cannot be stored, requests for the same do not wait for each other for so long."),
  tags: list(fieldName, "header fields")
    .default(["surrogate-key", "cache-tag"])
    .describe("Response fields that hold tags, by which `sluice cache purge --tag` finds them."),
  status: flag().default(true).describe("Send Cache-Status (RFC 9211): hit or not, and why."),
}).meta({ id: "PoolCache", description: "Responses of this pool are cached, as RFC 9111 says for a shared cache." });

export const poolCache: z.ZodType<PoolCache, PoolCacheInput> = poolCacheSection;

/** In a pool: true, a cache's name, or a section. */
export const poolCacheOrName: z.ZodType<boolean | string | PoolCache, boolean | string | PoolCacheInput> = z.union(
  [z.boolean(), z.string(), poolCache],
  { error: says("true, the name of a cache, or a section with keys such as in, ttl, key") },
);
