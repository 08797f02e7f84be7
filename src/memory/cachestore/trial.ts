// What the tests of a cache have in common: keys and bodies that are made of a name, responses stored in one call and read in
// another, processes that live and die at a word.

import type { CacheDraft, CacheEntry, CacheFacts, CacheKey } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import { SharedWords } from "../sharedwords.ts";
import type { StoreShape } from "./layout.ts";

export const start = 1_700_000_000_000;

export const facts: CacheFacts = {
  status: 200,
  flags: 0,
  bornMs: start,
  storedMs: start + 1,
  freshForMs: 60_000,
  staleWhileRevalidateMs: 1000,
  staleIfErrorMs: 2000,
  lastModifiedMs: start - 5000,
  etagStart: 3,
  etagEnd: 9,
  reason: 0,
  bodyBytes: -1,
};

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  new TextDecoder().decode(bytes.slice(start, end));

export function keyOf(first: string, variant = ""): CacheKey {
  const bytes = bytesOf(first + variant);
  return { bytes, firstEnd: bytesOf(first).length, end: bytes.length };
}

/** A body that differs at every place. */
export function body(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = index * 31 + (index >>> 8) * 7 + seed;
  return bytes;
}

/** False where it found no room. */
export function fill(
  draft: CacheDraft,
  head: string,
  content: Uint8Array,
  more: Partial<CacheFacts> = {},
  tags = "",
): boolean {
  const bytes = bytesOf(head);
  if (!draft.begin({ ...facts, ...more }, bytes, 0, bytes.length, bytesOf(tags))) return false;
  for (let at = 0; at < content.length; at += 10_000)
    if (!draft.append(content, at, Math.min(at + 10_000, content.length))) return false;
  draft.finish();
  return true;
}

export function put(
  store: CacheStore,
  key: CacheKey,
  content: Uint8Array,
  more: Partial<CacheFacts> = {},
  tags = "",
): boolean {
  return fill(store.replace(key, start), "HTTP/1.1 200 OK", content, more, tags);
}

export function headOf(entry: CacheEntry): string {
  return textOf(entry.bytes, entry.headStart, entry.headEnd);
}

/** What is there of the body, and in how many pieces. */
export function read(entry: CacheEntry, from = 0): { bytes: Uint8Array; pieces: number } {
  const bytes = new Uint8Array(Math.max(entry.written - from, 0));
  let [at, pieces] = [from, 0];
  for (; entry.run(at); at += entry.runEnd - entry.runStart, pieces++)
    bytes.set(entry.bytes.subarray(entry.runStart, entry.runEnd), at - from);
  return { bytes: bytes.subarray(0, at - from), pieces };
}

export function found(store: CacheStore, key: CacheKey, nowMs: number = start): CacheEntry {
  const entry = store.find(key, nowMs);
  if (entry === null) throw new Error("nothing was found");
  return entry;
}

/** Without holding it; 0 where there is nothing. */
export function stateOf(store: CacheStore, key: CacheKey, nowMs: number = start): number {
  const entry = store.find(key, nowMs);
  const state = entry?.state ?? 0;
  entry?.release();
  return state;
}

/** One file and the processes that have it open. */
export class StoreWorld {
  readonly bytes: Uint8Array;
  readonly alive: Set<number> = new Set();

  constructor(shape: Omit<StoreShape, "isShared">) {
    const whole = { ...shape, isShared: false };
    this.bytes = new Uint8Array(CacheStore.bytesFor(whole));
    CacheStore.format(this.bytes, whole, 99);
  }

  open(id: number, memory: SharedWords = new SharedWords(this.bytes)): CacheStore {
    this.alive.add(id);
    const isAlive = (other: number, at: number): boolean => at === 7 * other && this.alive.has(other);
    return new CacheStore(this.bytes, "cache", { id, startedAt: 7 * id, isAlive, relax() {} }, memory);
  }

  kill(id: number): void {
    this.alive.delete(id);
  }
}
