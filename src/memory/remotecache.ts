// What flows see of a cache behind the cache (Redis, Valkey): it is asked when nothing is here, and told of what is stored here. The
// contract only. It may be slow, and it may be away: nothing waits for it longer than it says itself, and nothing fails because
// of it. As memory/cache.ts it knows bytes and times, and nothing of HTTP.
//
// Laws: `done` is told at most once, never during `fetch`, and not after `cancel`; null says that there is nothing. Where the other
// side is away that is told at once after the call, where it is slow when the time is over. Bytes that are given are read during the call only; bytes that are told belong to who is told.

import type { CacheEntry, CacheFacts, CacheKey } from "./cache.ts";

/** What the other side had. */
export type RemoteFound =
  | {
      readonly kind: "whole";
      readonly facts: CacheFacts;
      readonly head: Uint8Array;
      readonly body: Uint8Array;
      /** With a space between them, latin-1. */
      readonly tags: Uint8Array;
    }
  /** Names of the fields that choose a variant, as `Cache.markVary` takes them. Only under a key without a second part. */
  | { readonly kind: "vary"; readonly names: Uint8Array }
  /** Nobody knows: it is away, or asked too much. */
  | { readonly kind: "away" }
  /** It has not answered in time. */
  | { readonly kind: "late" };

/** A question under way. */
export interface RemoteQuestion {
  /** Nobody wants the answer any more. */
  cancel(): void;
}

/** So many times its timeout goes by until a purge holds there: what others were writing meanwhile is taken away once more. */
export const purgeTimeouts = 5;

export interface RemoteCache {
  /** How long who asks waits at most, for all that it asks for. */
  readonly timeoutMs: number;
  fetch(key: CacheKey, withinMs: number, done: (found: RemoteFound | null) => void): RemoteQuestion;
  /** A whole response, for `keepMs` from now. The entry is its caller's. */
  store(key: CacheKey, entry: CacheEntry, tags: Uint8Array, keepMs: number): void;
  storeVary(key: CacheKey, names: Uint8Array, keepMs: number): void;
  /** All variants under the first part. */
  purge(key: CacheKey): void;
}
