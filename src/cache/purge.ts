// What a purge takes away: all variants of a URL, all that begins with some text, all that has a tag, everything. A URL is
// looked up by its key, as each pool would write it; the rest is found by going through the cache, in steps between which
// others have their turn. It knows what stands in keys and tags, and nothing of who asks. A fetch that is under way is not
// stored when it comes, wherever it might be meant.

import type { Plan } from "../config/plan.ts";
import { type CacheKey, cacheState } from "../memory/cache.ts";
import type { StoreVerdict, StoreView } from "../memory/cachestore/walk.ts";
import type { CacheStore } from "../memory/cachestore.ts";
import { purgeTimeouts } from "../memory/remotecache.ts";
import { Key } from "./key.ts";
import { CachePolicy } from "./policy.ts";
import { reason } from "./storing.ts";

export type PurgeKind = "url" | "prefix" | "tag" | "all";

export interface Purge {
  readonly kind: PurgeKind;
  /** The URL, the beginning of one, or the tag as tags.ts writes it; "" with all. */
  readonly text: string;
  /** What is stored is stale from now on, and may be shown as stale things may. */
  readonly isSoft: boolean;
}

/** Nodes and buckets looked at in a step: about a tenth of a ms, under the lock of a shard. */
const looksMax = 256;
/** So often in a row a shard could not be had: somebody holds it for good. */
const triesMax = 50;

/**
 * Answers how many responses it was about. `heldUntilMs`: until then a second level may still be told what was asked for before the
 * purge, and is not asked for what was purged by its key (see `heldUntil`); 0 where there is none. Of the wall clock, as `nowMs`.
 */
export function* purgeSteps(
  store: CacheStore,
  purge: Purge,
  policies: readonly CachePolicy[],
  nowMs = 0,
  heldUntilMs = 0,
): Generator<void, number> {
  const texts = purge.kind === "url" || purge.kind === "prefix" ? spellings(purge, policies) : [encode(purge.text)];
  let count = 0;
  if (purge.kind === "url")
    for (const bytes of texts) {
      const key = { bytes, firstEnd: bytes.length, end: bytes.length };
      count += store.purge(key, purge.isSoft);
      if (heldUntilMs > 0 && isNothing(store, key, nowMs)) store.markPass(key, reason.invalidated, heldUntilMs);
    }
  // What fields and cookies add to a key is not known: these are found by their beginning.
  if (purge.kind === "url" && !policies.some((policy) => policy.keyFields.length + policy.keyCookies.length > 0))
    return count;
  const isMeant = meaning(purge, texts);
  const visit = (view: StoreView): StoreVerdict => {
    if (!isMeant(view)) return "keep";
    if (view.state === cacheState.whole || view.state === cacheState.filling) count++;
    return purge.isSoft ? "outdate" : "remove";
  };
  let cursor = 0;
  for (let tries = 0; cursor !== -1 && tries < triesMax; ) {
    const next = store.walk(cursor, looksMax, visit);
    tries = next === cursor ? tries + 1 : 0;
    cursor = next;
    yield;
  }
  return count;
}

/** What was purged softly is still there, and nobody is asked for it elsewhere. */
function isNothing(store: CacheStore, key: CacheKey, nowMs: number): boolean {
  const entry = store.find(key, nowMs);
  entry?.release();
  return entry === null;
}

/** Until when a second level of that cache may be told late of what is purged now; 0 where it has none. */
export function heldUntil({ caches }: Pick<Plan, "caches">, name: string, nowMs: number): number {
  const redis = caches.find((cache) => cache.name === name)?.redis ?? null;
  return redis === null ? 0 : nowMs + redis.timeoutMs * purgeTimeouts;
}

/** Of the pools that use the cache of that name. */
export function policiesOf({ caches, pools }: Pick<Plan, "caches" | "pools">, name: string): CachePolicy[] {
  return pools.flatMap(({ cache }) => {
    const used = cache === null ? undefined : caches[cache.cache];
    return cache !== null && used?.name === name ? [new CachePolicy(cache, used.objectBytesMax)] : [];
  });
}

/** First parts of all keys that a URL may have; null where fields and cookies add to them what is not known. */
export function keysOf(purge: Pick<Purge, "kind" | "text">, policies: readonly CachePolicy[]): Uint8Array[] | null {
  const isKnown = policies.every(({ keyFields, keyCookies }) => keyFields.length + keyCookies.length === 0);
  return isKnown ? spellings(purge, policies) : null;
}

/** All ways to write it in a key; none when it is no URL. Without a scheme it is meant with either. */
export function spellings(
  { kind, text }: Pick<Purge, "kind" | "text">,
  policies: readonly CachePolicy[],
): Uint8Array[] {
  const key = new Key();
  const urls = /^https?:\/\//i.test(text) ? [text] : [`http://${text}`, `https://${text}`];
  const found = new Map<string, Uint8Array>();
  // Where a URL is meant as a whole its parameters are those of a policy; the beginning of one is taken as it is.
  for (const url of urls)
    for (const policy of kind === "url" ? [null, ...policies] : [null])
      if (key.writeUrl(url, policy)) {
        const bytes = key.bytes.slice(0, key.end);
        found.set(String.fromCharCode(...bytes), bytes);
      }
  return [...found.values()];
}

function meaning({ kind }: Purge, texts: readonly Uint8Array[]): (view: StoreView) => boolean {
  switch (kind) {
    case "all":
      return () => true;
    case "tag":
      // Nobody knows yet which tags a response on its way will have.
      return (view) => view.state === cacheState.fetching || texts.some((tag) => hasTag(view, tag));
    case "prefix":
      return (view) => texts.some((text) => begins(view, text));
    case "url":
      return (view) => texts.some((text) => begins(view, text) && isExtended(view, text.length));
  }
}

function begins({ bytes, firstStart, firstEnd }: StoreView, text: Uint8Array): boolean {
  if (firstEnd - firstStart < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[firstStart + at] !== text[at]) return false;
  return true;
}

/** By the value of a field or cookie, a pool's name or another host, behind a URL of that length. */
function isExtended({ bytes, firstStart, firstEnd }: StoreView, length: number): boolean {
  return firstStart + length < firstEnd && bytes[firstStart + length]! <= 3;
}

const space = 0x20;

function hasTag({ bytes, tagsStart, tagsEnd }: StoreView, tag: Uint8Array): boolean {
  for (let at = tagsStart; at < tagsEnd; at++) {
    const start = at;
    while (at < tagsEnd && bytes[at] !== space) at++;
    if (at - start === tag.length && tag.every((octet, index) => bytes[start + index] === octet)) return true;
  }
  return false;
}

function encode(text: string): Uint8Array {
  // Tags are kept as latin-1.
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
