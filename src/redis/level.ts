// A second level for a cache, in Redis: one value for each response, under a hash of its key, with what Redis needs to forget it by
// itself. Variants lie under the generation that the mark of their first part names, so that they are gone with it. All values
// carry an epoch: whoever purges by prefix or tag, which Redis cannot find, begins another one, and what is older is nothing. What
// could not be taken away while Redis was away is taken away before anything is asked for again.

import type { CacheEntry, CacheKey } from "../memory/cache.ts";
import { purgeTimeouts, type RemoteCache, type RemoteFound, type RemoteQuestion } from "../memory/remotecache.ts";
import { Latecomers } from "./latecomers.ts";
import type { LinkState, RedisLink } from "./link.ts";
import { type Read, readValue, writeVary, writeWhole } from "./value.ts";

const none = new Uint8Array(0);
const away = { kind: "away" } as const;
const late = { kind: "late" } as const;
/** A mark outlives its variants, of which the longest kept is not known when it is made. */
const markMsMin = 24 * 60 * 60 * 1000;

/** What is asked of Redis here. */
export type Link = Pick<RedisLink, "plan" | "state" | "read" | "takes" | "write" | "remove" | "increment">;

/** So often it is tried to take away what was left. */
const settleMs = 1_000;
/** More keys are not remembered for a Redis that is away: then all that it has is nothing. */
export const owedMax = 10_000;

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
  /** Keys that are to be taken away, and could not be; too many of them: all. */
  readonly #owed = new Set<string>();
  #owesAll = false;
  #settling: ReturnType<typeof setTimeout> | null = null;
  readonly #latecomers: Latecomers;
  #isClosed = false;

  /** `name`: the cache's. Several may share one Redis. */
  constructor(link: Link, name: string, tell: (call: () => void) => void) {
    this.#link = link;
    this.#prefix = `${link.plan.prefix}${name}:`;
    this.#tell = tell;
    this.timeoutMs = link.plan.timeoutMs;
    const periodMs = (this.timeoutMs * (purgeTimeouts - 1)) / 2;
    this.#latecomers = new Latecomers(periodMs, (keys) => void link.remove(keys));
  }

  fetch(key: CacheKey, withinMs: number, done: (found: RemoteFound | null) => void): RemoteQuestion {
    let isWanted = true;
    const tell = (found: RemoteFound | null): void => {
      clearTimeout(timer);
      if (isWanted) this.#tell(() => done(found));
      isWanted = false;
    };
    const timer = setTimeout(tell, withinMs, late);
    const { first, second } = partsOf(key);
    void this.#find(first, second).then(tell);
    return {
      cancel: () => {
        clearTimeout(timer);
        isWanted = false;
      },
    };
  }

  store(key: CacheKey, entry: CacheEntry, tags: Uint8Array, keepMs: number): void {
    const { facts, headStart, headEnd, written } = entry;
    if (!this.#link.takes(headEnd - headStart + written)) return;
    const { first, second } = partsOf(key);
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
    void this.remove([partsOf(key).first]);
  }

  /** As `purge`, of first parts as bytes; done when it returns. False: Redis is away; it is done as soon as it is back. */
  async remove(firsts: readonly Uint8Array[]): Promise<boolean> {
    const keys = firsts.map((first) => this.#keyOf(first));
    this.#latecomers.add(keys);
    if (keys.length === 0 || (await this.#link.remove(keys))) return true;
    for (const key of keys) this.#owed.add(key);
    if (this.#owed.size > owedMax) {
      this.#owed.clear();
      this.#owesAll = true;
    }
    this.#settleLater();
    return false;
  }

  /** All that is stored up to now is nothing any more. False: Redis is away; it will be so as soon as it is back. */
  async forget(): Promise<boolean> {
    const epoch = await this.#link.increment(this.#epochKey);
    this.#owesAll = epoch === null;
    if (epoch === null) this.#settleLater();
    else this.#epoch = epoch;
    return epoch !== null;
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** It is not asked any more. */
  close(): void {
    this.#isClosed = true;
    this.#latecomers.close();
    if (this.#settling !== null) clearTimeout(this.#settling);
  }

  /** There is something to be taken away that could not be. */
  get isOwing(): boolean {
    return this.#owesAll || this.#owed.size > 0;
  }

  /** Others may ask for it sooner than we do. */
  #settleLater(): void {
    if (this.#settling !== null || this.#isClosed) return;
    this.#settling = setTimeout(async () => {
      const isSettled = !this.isOwing || (await this.#settle());
      this.#settling = null;
      if (!isSettled) this.#settleLater();
    }, settleMs);
    this.#settling.unref();
  }

  /** What was to be taken away while it could not be. False: it is still away. */
  async #settle(): Promise<boolean> {
    if (this.#owesAll && !(await this.forget())) return false;
    if (this.#owed.size === 0) return true;
    const keys = [...this.#owed];
    if (!(await this.#link.remove(keys))) return false;
    for (const key of keys) this.#owed.delete(key);
    return true;
  }

  async #find(first: Uint8Array, second: Uint8Array): Promise<RemoteFound | null> {
    const own = await this.#read(first, this.#keyOf(first), none);
    if (own === "away") return away;
    if (own === null || second.length === 0 || own.generation === null) return own?.found ?? null;
    const variant = await this.#read(first, this.#variantKeyOf(first, second, own.generation), second);
    return variant === "away" ? away : (variant?.found ?? null);
  }

  async #read(first: Uint8Array, key: string, second: Uint8Array): Promise<Read | "away" | null> {
    if (this.isOwing && !(await this.#settle())) return "away";
    const answer = await this.#link.read(this.#epochKey, key);
    if (answer === null) return "away";
    this.#epoch = answer.count;
    return answer.value === null ? null : readValue(answer.value, first, second, this.#epoch);
  }

  async #write(first: Uint8Array, second: Uint8Array, bytes: Uint8Array, keepMs: number): Promise<void> {
    const key = this.#keyOf(first);
    if (second.length === 0) return this.#link.write(key, bytes, keepMs);
    await this.#marking.get(key);
    const own = await this.#read(first, key, none);
    if (own === null || own === "away" || own.generation === null) return;
    await this.#link.write(this.#variantKeyOf(first, second, own.generation), bytes, keepMs);
  }

  /** A mark that says the same stays, for its variants hang on it. */
  async #mark(first: Uint8Array, names: Uint8Array, keepMs: number): Promise<void> {
    const key = this.#keyOf(first);
    const own = await this.#read(first, key, none);
    if (own === "away") return;
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
