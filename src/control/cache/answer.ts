// What the admin interface answers about caches, and what `sluice cache` shows. The shapes are public; fields are added, not
// changed. Durations are milliseconds, times RFC 3339. Nothing of a body or of a head is in it but what its freshness, its
// variant and its validators follow from.

import type { RedisStatus } from "../cachestatus.ts";

export interface CacheSummary {
  readonly name: string;
  /** "worker": each worker has one of its own, and nobody else can look into it. */
  readonly memory: "shared" | "worker";
  readonly policy: "tinylfu" | "lru" | "lfu";
  /** Head and body of one response. */
  readonly objectBytesMax: number;
  readonly redis: boolean;
  /** How it stands with that; null without. */
  readonly remote: RedisStatus | null;
  /** Pools that use it. */
  readonly pools: readonly string[];
  /** What it holds; null where nobody can look into it. */
  readonly holds: {
    /** Responses; what is remembered beside them; what is on its way. */
    readonly entries: number;
    readonly marks: number;
    readonly fetching: number;
    readonly bytes: number;
    readonly bytesMax: number;
    /** Responses dropped to make room; not let in by the policy; too large or without room. */
    readonly evictions: number;
    readonly refusals: number;
    readonly misfits: number;
  } | null;
}

export interface CachesAnswer {
  readonly caches: readonly CacheSummary[];
}

/** A response that stands under a key. */
export interface StoredAnswer {
  /** Values of the fields that Vary names, in one spelling; null where the field was absent. */
  readonly variant: Readonly<Record<string, string | null>>;
  /** It is what the request that is asked about would be shown. */
  readonly isChosen: boolean;
  /** "filling": its head is there, the body is on its way. */
  readonly state: "fetching" | "filling" | "stored";
  readonly status: number;
  readonly isFresh: boolean;
  /** What is left of its lifetime; less than 0: stale for so long. */
  readonly freshForMs: number;
  readonly lifetimeMs: number;
  /** Who says how long it is fresh: "max-age", "Expires", "ttl of the pool", ... */
  readonly lifetimeFrom: string;
  readonly ageMs: number;
  /** RFC 3339. */
  readonly storedAt: string;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** must-revalidate and its like; no-cache; a soft purge. */
  readonly mustRevalidate: boolean;
  readonly noCache: boolean;
  readonly isPurged: boolean;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly tags: readonly string[];
  readonly hits: number;
  readonly bodyBytes: number;
  /** What it takes of the cache. */
  readonly roomBytes: number;
}

/** What stands under one key of one cache. */
export interface KeyAnswer {
  readonly cache: string;
  /** Whose requests have this key. */
  readonly pools: readonly string[];
  /** In words: the URL, then fields and cookies that the pool adds. */
  readonly key: string;
  /** What becomes of the request here: a word for programs, a sentence for people. */
  readonly outcome:
    | "hit"
    | "stale"
    | "revalidate"
    | "reload"
    | "miss"
    | "wait"
    | "pass"
    | "timeout"
    | "method"
    | "bypass";
  readonly because: string;
  /** Names of the fields that choose a variant. */
  readonly vary: readonly string[];
  /** Why it is not stored, and until when others do not wait for each other; null where that is not known. */
  readonly pass: { readonly reason: string; readonly text: string } | null;
  readonly stored: readonly StoredAnswer[];
  /** Responses for the same URL under keys with other fields or cookies. */
  readonly others: number;
}

export interface WhyAnswer {
  readonly method: string;
  readonly url: string;
  readonly keys: readonly KeyAnswer[];
  /** What else there is to be known. */
  readonly notes: readonly string[];
}

export interface PurgedAnswer {
  /** Responses that are gone, or stale from now on. */
  readonly purged: number;
  readonly soft: boolean;
  /** By cache. */
  readonly caches: Readonly<Record<string, number>>;
  /** Caches that each worker has for itself: they are told, and how much it was is not known. */
  readonly told: readonly string[];
  /** Caches whose Redis is away: it is purged there as soon as it is back, and until then what it holds may come back. */
  readonly unreached: readonly string[];
  /** Caches of a soft purge that have a Redis: there it is gone, for what is stale is not told from the rest there. */
  readonly removed: readonly string[];
}
