// What the tests of a cache have in common: keys and bodies that are made of a name, responses stored in one call and read in
// another, processes that live and die at a word.

import type { CacheDraft, CacheEntry, CacheFacts, CacheKey } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import { SharedWords } from "../sharedwords.ts";
import type { StoreShape } from "./layout.ts";
import type { StorePages } from "./pages.ts";

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

const pageBytes = 4096;

/** A page, or what of it was lent: what stood there then. */
interface Lent {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** The pages of the file, lent to sockets that hold on to them for as long as the test goes on. */
export class TrialPages implements StorePages {
  readonly descriptor = 3;
  canDetach = true;
  detachedBytes = 0;
  /** Pages that the system has for this file; those that were given count. */
  pagesMax: number = Number.POSITIVE_INFINITY;
  refusals = 0;
  /** Pages that were given at any time. */
  granted = 0;
  /** Those that have memory; null where all do. */
  readonly #had: Set<number> | null;
  readonly #bytes: Uint8Array;
  /** By pages; what was taken out of the file can come to no harm. */
  readonly #lent: Map<number, Lent[]> = new Map();

  /** `had`: so many bytes at the beginning have memory; all, where it is not told. */
  constructor(bytes: Uint8Array, had?: number) {
    this.#bytes = bytes;
    this.#had =
      had === undefined ? null : new Set(Array.from({ length: Math.ceil(had / pageBytes) }, (_, page) => page));
  }

  /** The run that an entry has just shown, as a line takes it; false where it may not. */
  take(entry: CacheEntry): boolean {
    if (entry.lend() !== this.descriptor) return false;
    this.hold(entry.runStart, entry.runEnd);
    return true;
  }

  hold(start: number, end: number): void {
    while (start < end) {
      const page = Math.floor(start / pageBytes);
      const stop = Math.min(end, (page + 1) * pageBytes);
      this.#lent.set(page, [...(this.#lent.get(page) ?? []), { start, bytes: this.#bytes.slice(start, stop) }]);
      start = stop;
    }
  }

  detach(start: number, bytes: number): boolean {
    if (start % pageBytes !== 0 || bytes % pageBytes !== 0 || bytes <= 0) throw new Error("these are no whole pages");
    if (!this.canDetach) return false;
    for (let page = start / pageBytes; page < (start + bytes) / pageBytes; page++) {
      if (this.#isSpoilt(page)) throw new Error("bytes were written over that were lent");
      this.#lent.delete(page);
      this.#had?.delete(page);
    }
    this.#bytes.fill(0, start, start + bytes);
    this.detachedBytes += bytes;
    return true;
  }

  reserve(start: number, bytes: number): boolean {
    if (this.#had === null) return true;
    const added: number[] = [];
    for (let page = Math.floor(start / pageBytes); page < (start + bytes) / pageBytes; page++)
      if (!this.#had.has(page)) added.push(page);
    if (this.#had.size + added.length > this.pagesMax) {
      this.refusals++;
      return false;
    }
    for (const page of added) this.#had.add(page);
    this.granted += added.length;
    return true;
  }

  /** Pages that were written to though they have no memory: each would have ended its process. */
  get overrun(): number {
    let count = 0;
    for (let page = 0; this.#had !== null && page < this.#bytes.length / pageBytes; page++)
      if (
        !this.#had.has(page) &&
        this.#bytes.subarray(page * pageBytes, (page + 1) * pageBytes).some((byte) => byte !== 0)
      )
        count++;
    return count;
  }

  /** How many pages are not what they were when they were lent: to be asked at any time. */
  get spoilt(): number {
    return [...this.#lent.keys()].filter((page) => this.#isSpoilt(page)).length;
  }

  #isSpoilt(page: number): boolean {
    const lent = this.#lent.get(page) ?? [];
    return lent.some(
      ({ start, bytes }) => Buffer.compare(this.#bytes.subarray(start, start + bytes.length), bytes) !== 0,
    );
  }
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

  /** Those of the file, as the processes that are opened from now on can lend them. */
  pages: StorePages | null = null;

  open(id: number, memory: SharedWords = new SharedWords(this.bytes)): CacheStore {
    this.alive.add(id);
    const isAlive = (other: number, at: number): boolean => at === 7 * other && this.alive.has(other);
    return new CacheStore(this.bytes, "cache", { id, startedAt: 7 * id, isAlive, relax() {} }, this.pages, memory);
  }

  kill(id: number): void {
    this.alive.delete(id);
  }
}
