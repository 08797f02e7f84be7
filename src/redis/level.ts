// A second level for a cache, in Redis: one value for each response, under a hash of its key, with what Redis needs to forget it by
// itself. Variants lie under the generation that the mark of their first part names, so that they are gone with it. All values
// carry an epoch: whoever purges by prefix or tag, which Redis cannot find, begins another one, and what is older is nothing.

import type { CacheEntry, CacheKey } from "../memory/cache.ts";
import type { RemoteCache, RemoteFound, RemoteQuestion } from "../memory/remotecache.ts";
import type { RedisLink } from "./link.ts";
import { type Read, readValue, writeVary, writeWhole } from "./value.ts";

const none = new Uint8Array(0);
/** A mark outlives its variants, of which the longest kept is not known when it is made. */
const markMsMin = 24 * 60 * 60 * 1000;

/** What is asked of Redis here. */
export type Link = Pick<RedisLink, "plan" | "read" | "write" | "remove" | "increment">;

export class RedisLevel implements RemoteCache {
  readonly timeoutMs: number;
  readonly #link: Link;
  readonly #prefix: string;
  /** Calls into a flow go through this: it looks after the clock, and after our own mistakes. */
  readonly #tell: (call: () => void) => void;
  /** As it was when something was last asked for. */
  #epoch = 0;
  /** Marks on their way, by the keys of what they stand under: variants come after them. */
  readonly #marking = new Map<string, Promise<void>>();

  /** `name`: the cache's. Several may share one Redis. */
  constructor(link: Link, name: string, tell: (call: () => void) => void) {
    this.#link = link;
    this.#prefix = `${link.plan.prefix}${name}:`;
    this.#tell = tell;
    // Three questions one after the other at most, and each has this time.
    this.timeoutMs = link.plan.timeoutMs * 2;
  }

  fetch(key: CacheKey, done: (found: RemoteFound | null) => void): RemoteQuestion {
    let isWanted = true;
    const { first, second } = partsOf(key);
    void this.#find(first, second).then((found) => {
      if (isWanted) this.#tell(() => done(found));
    });
    return {
      cancel: () => {
        isWanted = false;
      },
    };
  }

  store(key: CacheKey, entry: CacheEntry, tags: Uint8Array, keepMs: number): void {
    const { first, second } = partsOf(key);
    const { facts, headStart, headEnd, written } = entry;
    const head = entry.bytes.slice(headStart, headEnd);
    const parts = { first, second, facts, head, tags, bodyBytes: written };
    const { bytes, bodyAt } = writeWhole(parts, this.#epoch);
    for (let at = 0; at < written; at += entry.runEnd - entry.runStart) {
      if (!entry.run(at)) return;
      bytes.set(entry.bytes.subarray(entry.runStart, entry.runEnd), bodyAt + at);
    }
    void this.#write(first, second, bytes, keepMs);
  }

  storeVary(key: CacheKey, names: Uint8Array, keepMs: number): void {
    const { first } = partsOf(key);
    const own = this.#keyOf(first);
    const marked = this.#mark(first, names.slice(), Math.max(keepMs, markMsMin)).then(() => {
      if (this.#marking.get(own) === marked) this.#marking.delete(own);
    });
    this.#marking.set(own, marked);
  }

  purge(key: CacheKey): void {
    void this.#link.remove(this.#keyOf(partsOf(key).first));
  }

  /** As `purge`, of first parts as bytes; done when it returns. False: Redis is away. */
  async remove(firsts: readonly Uint8Array[]): Promise<boolean> {
    const removed = await Promise.all(firsts.map((first) => this.#link.remove(this.#keyOf(first))));
    return removed.every((isDone) => isDone);
  }

  /** All that is stored up to now is nothing any more. False: Redis is away. */
  async forget(): Promise<boolean> {
    const epoch = await this.#link.increment(this.#epochKey);
    if (epoch !== null) this.#epoch = epoch;
    return epoch !== null;
  }

  async #find(first: Uint8Array, second: Uint8Array): Promise<RemoteFound | null> {
    const own = await this.#read(first, this.#keyOf(first), none);
    if (own === null || second.length === 0 || own.generation === null) return own?.found ?? null;
    const variant = await this.#read(first, this.#variantKeyOf(first, second, own.generation), second);
    return variant?.found ?? null;
  }

  async #read(first: Uint8Array, key: string, second: Uint8Array): Promise<Read | null> {
    const values = await this.#link.read([this.#epochKey, key]);
    if (values === null) return null;
    const [epoch, value] = values;
    this.#epoch = epochIn(epoch ?? null);
    return value === null || value === undefined ? null : readValue(value, first, second, this.#epoch);
  }

  async #write(first: Uint8Array, second: Uint8Array, bytes: Uint8Array, keepMs: number): Promise<void> {
    const key = this.#keyOf(first);
    if (second.length === 0) return this.#link.write(key, bytes, keepMs);
    await this.#marking.get(key);
    const own = await this.#read(first, key, none);
    if (own === null || own.generation === null) return;
    await this.#link.write(this.#variantKeyOf(first, second, own.generation), bytes, keepMs);
  }

  /** A mark that says the same stays, for its variants hang on it. */
  async #mark(first: Uint8Array, names: Uint8Array, keepMs: number): Promise<void> {
    const key = this.#keyOf(first);
    const own = await this.#read(first, key, none);
    const isSame = own?.found.kind === "vary" && Buffer.compare(own.found.names, names) === 0;
    const generation = isSame ? own.generation! : crypto.getRandomValues(new Uint32Array(1))[0]!;
    await this.#link.write(key, writeVary(first, names, generation, this.#epoch), keepMs);
  }

  get #epochKey(): string {
    return `${this.#prefix}epoch`;
  }

  #keyOf(first: Uint8Array): string {
    return this.#prefix + digestOf(first);
  }

  #variantKeyOf(first: Uint8Array, second: Uint8Array, generation: number): string {
    return `${this.#keyOf(first)}:${generation.toString(16)}:${digestOf(second)}`;
  }
}

function partsOf({ bytes, firstEnd, end }: CacheKey): { first: Uint8Array; second: Uint8Array } {
  return { first: bytes.slice(0, firstEnd), second: bytes.slice(firstEnd, end) };
}

/** Nobody finds two keys with one digest; who reads compares the keys all the same. */
function digestOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("base64url").slice(0, 32);
}

function epochIn(value: Uint8Array | null): number {
  const epoch = value === null ? 0 : Number(Buffer.from(value).toString("latin1"));
  return Number.isSafeInteger(epoch) ? epoch : 0;
}
