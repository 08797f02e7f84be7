// Copies of what stands in a cache under a URL, for whoever asks about it: gathered by going through the cache in steps, so that
// nothing counts as asked for that nobody has asked for, and nobody waits. Every variant is found, and every key that fields
// and cookies make of the URL.

import { type CacheFacts, cacheState } from "../../memory/cache.ts";
import type { StoreView } from "../../memory/cachestore/walk.ts";
import type { CacheStore } from "../../memory/cachestore.ts";
import type { Steps } from "../../memory/listranges.ts";

/** One node, as it was when it was met. */
export interface Standing {
  /** Both parts of its key, latin-1. */
  readonly first: string;
  readonly variant: string;
  readonly state: number;
  readonly facts: CacheFacts;
  /** The head, or the names of a mark. */
  readonly head: Uint8Array;
  readonly tags: string;
  readonly hits: number;
  readonly bodyBytes: number;
  readonly roomBytes: number;
}

/** Nodes and buckets looked at in a step. */
const looksMax = 512;
/** More under one URL are not told. */
const standingsMax = 1000;
/** So often in a row a shard could not be had. */
const triesMax = 50;

/** `url`: what the first part of a key begins with, latin-1; what follows there are values of fields and cookies, and the pool. */
export function* standingSteps(store: CacheStore, url: string): Steps<Standing[]> {
  const wanted = Buffer.from(url, "latin1");
  const found: Standing[] = [];
  let cursor = 0;
  for (let tries = 0; cursor !== -1 && tries < triesMax; ) {
    const next = store.walk(cursor, looksMax, (view) => {
      if (found.length < standingsMax && isOf(view, wanted)) found.push(copyOf(view));
      return "keep";
    });
    tries = next === cursor ? tries + 1 : 0;
    cursor = next;
    yield;
  }
  return found;
}

function isOf({ bytes, firstStart, firstEnd }: StoreView, url: Uint8Array): boolean {
  const end = firstStart + url.length;
  if (end > firstEnd || (end < firstEnd && bytes[end]! > 2)) return false;
  for (let at = 0; at < url.length; at++) if (bytes[firstStart + at] !== url[at]) return false;
  return true;
}

function copyOf(view: StoreView): Standing {
  const { bytes, facts, state, hits, bodyBytes, roomBytes } = view;
  const text = (start: number, end: number): string => Buffer.from(bytes.subarray(start, end)).toString("latin1");
  const { status, flags, bornMs, storedMs, freshForMs, staleWhileRevalidateMs, staleIfErrorMs } = facts;
  const { lastModifiedMs, etagStart, etagEnd, reason } = facts;
  return {
    first: text(view.firstStart, view.firstEnd),
    variant: text(view.variantStart, view.variantEnd),
    state,
    facts: {
      ...{ status, flags, bornMs, storedMs, freshForMs, staleWhileRevalidateMs, staleIfErrorMs },
      ...{ lastModifiedMs, etagStart, etagEnd, reason, bodyBytes: facts.bodyBytes },
    },
    head: bytes.slice(view.headStart, view.headEnd),
    tags: text(view.tagsStart, view.tagsEnd),
    ...{ hits, bodyBytes, roomBytes },
  };
}

/** Whether it is a response, or will be. */
export function isResponse({ state }: Standing): boolean {
  return state === cacheState.whole || state === cacheState.filling || state === cacheState.fetching;
}
