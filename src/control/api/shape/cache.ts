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
    name: z.string().describe("Its name in the config."),
    memory: z
      .enum(["shared", "worker"])
      .describe("worker: each worker has one of its own, and nobody else can look into it."),
    policy: z.enum(["tinylfu", "lru", "lfu"]).describe("Which responses make room for others."),
    objectBytesMax: z.number().describe("The most that one response may have, head and body."),
    redis: z.boolean().describe("It has a Redis behind it."),
    remote: redisStatus.nullable().describe("How it stands with that; null without."),
    pools: z.array(z.string()).describe("Pools that use it."),
    holds: z
      .strictObject({
        entries: z.int().describe("Whole responses."),
        marks: z.int().describe("What is remembered beside them: what may not be stored, and what varies."),
        fetching: z.int().describe("Responses on their way."),
        bytes: z.number().describe("Memory that they take."),
        bytesMax: z.number().describe("The most that they may take."),
        evictions: z.number().describe("Responses that made room for others."),
        refusals: z.number().describe("Responses that the policy did not let in."),
        misfits: z.number().describe("Responses that were too large, or without room."),
      })
      .nullable()
      .describe("What it holds; null where nobody can look into it."),
  })
  .meta({ id: "Cache", description: "A cache, what it holds and how full it is." });

const storedAnswer: z.ZodType<StoredAnswer> = z
  .strictObject({
    variant: z
      .record(z.string(), z.string().nullable())
      .describe("Values of the fields that Vary names; null where the field was absent."),
    isChosen: z.boolean().describe("It is what the request that is asked about would be shown."),
    state: z
      .enum(["fetching", "filling", "stored"])
      .describe("fetching: asked for; filling: its head is there, and its body comes."),
    status: z.int().describe("Of the response."),
    isFresh: z.boolean().describe("It may be shown without asking."),
    freshForMs: z.number().describe("Less than 0: stale for so long."),
    lifetimeMs: z.number().describe("How long it is fresh from the start."),
    lifetimeFrom: z.string().describe("Who says how long it is fresh."),
    ageMs: z.number().describe("How old it is."),
    storedAt: z.string().describe("When it was stored."),
    staleWhileRevalidateMs: z.number().describe("How long it may be shown stale while it is asked for anew."),
    staleIfErrorMs: z.number().describe("How long it may be shown stale when its server fails."),
    mustRevalidate: z.boolean().describe("It may not be shown stale (must-revalidate and its like)."),
    noCache: z.boolean().describe("It is asked for anew each time (no-cache)."),
    isPurged: z.boolean().describe("It was purged softly, and is stale since."),
    etag: z.string().nullable().describe("Its ETag; null without."),
    lastModified: z.string().nullable().describe("Its Last-Modified; null without."),
    tags: z.array(z.string()).describe("By which it may be purged."),
    hits: z.number().describe("How often it was shown."),
    bodyBytes: z.number().describe("Length of its body."),
    roomBytes: z.number().describe("What it takes of the cache."),
  })
  .meta({ id: "StoredResponse", description: "A response that stands under a key of a cache." });

const keyAnswer: z.ZodType<KeyAnswer> = z.strictObject({
  cache: z.string().describe("The cache."),
  pools: z.array(z.string()).describe("Whose requests have this key."),
  key: z.string().describe("In words: the URL, then fields and cookies that the pool adds."),
  outcome: z
    .enum(["hit", "stale", "revalidate", "reload", "miss", "wait", "pass", "timeout", "method", "bypass"])
    .describe("What becomes of the request here."),
  because: z.string().describe("Why, in a sentence."),
  vary: z.array(z.string()).describe("Fields that choose a variant."),
  pass: z
    .strictObject({ reason: z.string().describe("As a word."), text: z.string().describe("In a sentence.") })
    .nullable()
    .describe("Why it is not stored; null where that is not known."),
  stored: z.array(storedAnswer).describe("What stands under the key."),
  others: z.int().describe("Responses for the same URL under keys with other fields or cookies."),
});

export const cachesAnswer: z.ZodType<CachesAnswer> = z.strictObject({
  caches: z.array(cacheSummary).describe("In the order of the config."),
});

export const whyAnswer: z.ZodType<WhyAnswer> = z.strictObject({
  method: z.string().describe("As it was asked about."),
  url: z.string().describe("As it counts for keys."),
  keys: z.array(keyAnswer).describe("Each key that the request may have."),
  notes: z.array(z.string()).describe("What else there is to be known."),
});

export const purgedAnswer: z.ZodType<PurgedAnswer> = z.strictObject({
  purged: z.int().describe("Responses that are gone, or stale from now on."),
  soft: z.boolean().describe("They are stale from now on, and not gone."),
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
    url: z.string().exactOptional().describe("All variants of this URL; without a scheme, of http and https."),
    prefix: z.string().exactOptional().describe("All whose URL begins like this."),
    tag: z.string().exactOptional().describe("All that have this tag (Surrogate-Key, Cache-Tag)."),
    all: z.boolean().exactOptional().describe("Everything."),
    soft: z.boolean().exactOptional().describe("What is purged is stale from now on, and not gone."),
    cache: z.string().exactOptional().describe("Only in this one."),
  })
  .describe("Just one of url, prefix, tag and all.");
