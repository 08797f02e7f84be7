// What /api/v1/caches and /api/v1/cache answer (../../cache/answer.ts), as schemas. Shapes only.
// Each schema is typed by the interface that answers are made by, so that neither changes without
// the other; those with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type {
  CacheSummary,
  CachesAnswer,
  KeyAnswer,
  PurgedAnswer,
  StoredAnswer,
  WhyAnswer,
} from "../../cache/answer.ts";
import { redisStatus } from "./status.ts";

const cacheSummary: z.ZodType<CacheSummary> = z
  .strictObject({
    name: z.string(),
    memory: z
      .enum(["shared", "worker"])
      .describe("worker: each worker has one of its own, and nobody else can look into it."),
    policy: z.enum(["tinylfu", "lru", "lfu"]),
    objectBytesMax: z.number(),
    redis: z.boolean(),
    remote: redisStatus.nullable(),
    pools: z.array(z.string()).describe("Pools that use it."),
    holds: z
      .strictObject({
        entries: z.int(),
        marks: z.int(),
        fetching: z.int(),
        bytes: z.number(),
        bytesMax: z.number(),
        evictions: z.number(),
        refusals: z.number(),
        misfits: z.number(),
      })
      .nullable(),
  })
  .meta({ id: "Cache", description: "A cache, what it holds and how full it is." });

const storedAnswer: z.ZodType<StoredAnswer> = z
  .strictObject({
    variant: z.record(z.string(), z.string().nullable()),
    isChosen: z.boolean().describe("It is what the request that is asked about would be shown."),
    state: z.enum(["fetching", "filling", "stored"]),
    status: z.int(),
    isFresh: z.boolean(),
    freshForMs: z.number().describe("Less than 0: stale for so long."),
    lifetimeMs: z.number(),
    lifetimeFrom: z.string().describe("Who says how long it is fresh."),
    ageMs: z.number(),
    storedAt: z.string(),
    staleWhileRevalidateMs: z.number(),
    staleIfErrorMs: z.number(),
    mustRevalidate: z.boolean(),
    noCache: z.boolean(),
    isPurged: z.boolean(),
    etag: z.string().nullable(),
    lastModified: z.string().nullable(),
    tags: z.array(z.string()),
    hits: z.number(),
    bodyBytes: z.number(),
    roomBytes: z.number(),
  })
  .meta({ id: "StoredResponse", description: "A response that stands under a key of a cache." });

const keyAnswer: z.ZodType<KeyAnswer> = z.strictObject({
  cache: z.string(),
  pools: z.array(z.string()),
  key: z.string(),
  outcome: z.enum(["hit", "stale", "revalidate", "reload", "miss", "wait", "pass", "timeout", "method", "bypass"]),
  because: z.string(),
  vary: z.array(z.string()),
  pass: z.strictObject({ reason: z.string(), text: z.string() }).nullable(),
  stored: z.array(storedAnswer),
  others: z.int().describe("Responses for the same URL under keys with other fields or cookies."),
});

export const cachesAnswer: z.ZodType<CachesAnswer> = z.strictObject({ caches: z.array(cacheSummary) });

export const whyAnswer: z.ZodType<WhyAnswer> = z.strictObject({
  method: z.string(),
  url: z.string(),
  keys: z.array(keyAnswer),
  notes: z.array(z.string()),
});

export const purgedAnswer: z.ZodType<PurgedAnswer> = z.strictObject({
  purged: z.int(),
  soft: z.boolean(),
  caches: z.record(z.string(), z.int()).describe("How many, by cache."),
  told: z.array(z.string()).describe("Caches that each worker has for itself: how much it was is not known."),
  unreached: z.array(z.string()).describe("Caches whose Redis is away: it is purged there as soon as it is back."),
  removed: z.array(z.string()).describe("Caches of a soft purge that have a Redis: there it is gone."),
});

/** What is asked of /api/v1/cache/why; ../../cache/request.ts reads it. */
export const whyWanted: z.ZodType = z.strictObject({
  url: z.string().describe("https://example.com/path"),
  header: z.array(z.string()).exactOptional().describe('"name: value"; may be there more than once.'),
  method: z.string().exactOptional().describe("GET where it is not said."),
  listener: z.string().exactOptional().describe("That it comes to; where the port of the URL does not say so."),
  cache: z.string().exactOptional().describe("Only this one."),
});

/** What is to be purged; ../../cache/purging.ts reads it. */
export const purgeWanted: z.ZodType = z
  .strictObject({
    url: z.string().exactOptional(),
    prefix: z.string().exactOptional(),
    tag: z.string().exactOptional(),
    all: z.boolean().exactOptional(),
    soft: z.boolean().exactOptional().describe("What is purged is stale from now on, and not gone."),
    cache: z.string().exactOptional().describe("Only in this one."),
  })
  .describe("Just one of url, prefix, tag and all.");
