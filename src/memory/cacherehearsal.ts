// A cache as an explanation may use it: what is read stands in the cache that is in use, what would be written is forgotten. So a
// request that is only played through finds what a client's would find, and leaves nothing behind but a count of having looked.

import {
  type Cache,
  type CacheDraft,
  type CacheEntry,
  type CacheFacts,
  type CacheKey,
  cacheState,
  draftEnd,
} from "./cache.ts";

/** Takes everything, and it is gone. */
const rehearsedDraft: CacheDraft = {
  isLost: false,
  ending: draftEnd.none,
  begin: () => true,
  append: () => true,
  finish: () => {},
  drop: () => {},
};

export class CacheRehearsal implements Cache {
  readonly #actual: Cache;

  constructor(actual: Cache) {
    this.#actual = actual;
  }

  get name(): string {
    return this.#actual.name;
  }

  get objectBytesMax(): number {
    return this.#actual.objectBytesMax;
  }

  find(key: CacheKey, nowMs: number): CacheEntry | null {
    const entry = this.#actual.find(key, nowMs);
    // Whoever is played cannot wait for what others fetch: that time does not pass here.
    if (entry?.state === cacheState.fetching || entry?.state === cacheState.filling) {
      entry.release();
      return null;
    }
    return entry === null ? null : new RehearsedEntry(entry);
  }

  lease(): CacheDraft {
    return rehearsedDraft;
  }

  replace(): CacheDraft {
    return rehearsedDraft;
  }

  markPass(): void {}

  markVary(): void {}

  purge(): number {
    return 0;
  }
}

class RehearsedEntry implements CacheEntry {
  readonly #actual: CacheEntry;

  constructor(actual: CacheEntry) {
    this.#actual = actual;
  }

  get state(): number {
    return this.#actual.state;
  }
  get facts(): CacheFacts {
    return this.#actual.facts;
  }
  get bytes(): Uint8Array {
    return this.#actual.bytes;
  }
  get headStart(): number {
    return this.#actual.headStart;
  }
  get headEnd(): number {
    return this.#actual.headEnd;
  }
  get written(): number {
    return this.#actual.written;
  }
  get hits(): number {
    return this.#actual.hits;
  }
  get isBroken(): boolean {
    return this.#actual.isBroken;
  }
  get isWhole(): boolean {
    return this.#actual.isWhole;
  }
  get isRoomy(): boolean {
    return this.#actual.isRoomy;
  }
  get runStart(): number {
    return this.#actual.runStart;
  }
  get runEnd(): number {
    return this.#actual.runEnd;
  }
  run(at: number): boolean {
    return this.#actual.run(at);
  }
  lend(): number {
    return -1;
  }
  claim(): boolean {
    return true;
  }
  freshen(): void {}
  giveUp(): void {}
  outdate(): void {}
  remove(): void {}
  release(): void {
    this.#actual.release();
  }
}
