// A second level for a cache, in Redis: one value for each response, under a hash of its key, with what Redis needs to forget it by
// itself. Variants lie under the generation that the mark of their first part names, so that they are gone with it. Every purge raises
// one count: of a URL by one, after it was taken away; of anything else, which Redis cannot find, by so much that another epoch begins. All
// values carry their epoch, and what is of another is nothing. What could not be taken away while Redis was away is taken away before anything
// is asked for again. A count that is lower than before is of a Redis that is as it was a while ago: all that it has is nothing.

import type { CacheEntry, CacheKey } from "../memory/cache.ts";
import { purgeTimeouts, type RemoteCache, type RemoteFound, type RemoteQuestion } from "../memory/remotecache.ts";
import { Latecomers } from "./latecomers.ts";
import type { Counted, LinkState, RedisLink } from "./link.ts";
import { type Read, readValue, writeVary, writeWhole } from "./value.ts";

const none = new Uint8Array(0);
const away = { kind: "away" } as const;
const late = { kind: "late" } as const;
/** A mark outlives its variants, of which the longest kept is not known when it is made. */
const markMsMin = 24 * 60 * 60 * 1000;

export interface RedisLevelOptions {
  /** Calls into a flow go through this: it looks after the clock, and after our own mistakes. */
  readonly tell: (call: () => void) => void;
  /** The count of purges is higher than any before. */
  readonly raised: () => void;
}

/** What is asked of Redis here. */
export type Link = Pick<RedisLink, "plan" | "state" | "read" | "takes" | "write" | "remove" | "increment" | "diagnose">;

/** So often it is tried to take away what was left. */
const settleMs = 1_000;
/** Purges of URLs in one epoch. With as many others a count is a safe number for 500 million purges of everything. */
export const epochSpan: number = 2 ** 24;
/** More keys are not remembered for a Redis that is away: then all that it has is nothing. */
export const owedMax = 10_000;

export class RedisLevel implements RemoteCache {
  readonly timeoutMs: number;
  readonly #link: Link;
  readonly #prefix: string;
  readonly #options: RedisLevelOptions;
  /** The highest count of purges that was ever seen, here or by who has told us of it. */
  #count = 0;
  /** Marks on their way, by the keys of what they stand under: variants come after them. */
  readonly #marking = new Map<string, Promise<void>>();
  /** Keys that are to be taken away, and could not be; too many of them: all. */
  readonly #owed = new Set<string>();
  #owesAll = false;
  #settling: ReturnType<typeof setTimeout> | null = null;
  #settled: Promise<boolean> | null = null;
  readonly #latecomers: Latecomers;
  #isClosed = false;

  /** `name`: the cache's. Several may share one Redis. */
  constructor(link: Link, name: string, options: RedisLevelOptions) {
    this.#link = link;
    this.#prefix = `${link.plan.prefix}${name}:`;
    this.#options = options;
    this.timeoutMs = link.plan.timeoutMs;
    const periodMs = (this.timeoutMs * (purgeTimeouts - 1)) / 2;
    this.#latecomers = new Latecomers(periodMs, (keys) => void this.#take(keys));
  }

  fetch(key: CacheKey, withinMs: number, done: (found: RemoteFound | null) => void): RemoteQuestion {
    let isWanted = true;
    const tell = (found: RemoteFound | null): void => {
      clearTimeout(timer);
      if (isWanted) this.#options.tell(() => done(found));
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
    const { bytes, bodyAt } = writeWhole(parts, epochOf(this.#count));
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
    if (keys.length === 0 || (await this.#take(keys))) return true;
    for (const key of keys) this.#owed.add(key);
    if (this.#owed.size > owedMax) {
      this.#owed.clear();
      this.#oweAll();
    }
    this.#settleLater();
    return false;
  }

  /** All that is stored up to now is nothing any more. False: Redis is away; it will be so as soon as it is back. */
  async forget(): Promise<boolean> {
    const before = this.#count;
    let count = await this.#link.increment(this.#countKey, epochSpan);
    // It is as it was a while ago: the epochs since then have been, too.
    if (count !== null && epochOf(count) <= epochOf(before))
      count = await this.#link.increment(this.#countKey, before - count + epochSpan);
    if (count === null) this.#oweAll();
    else {
      this.#owesAll = false;
      this.raise(count);
    }
    return count !== null;
  }

  /** The other processes of this machine are told of an epoch that is still to begin: then none of them shows what is of one before. */
  #oweAll(): void {
    if (!this.#owesAll) this.raise(this.#count + epochSpan);
    this.#owesAll = true;
    this.#settleLater();
  }

  /** Others have seen this count of purges. */
  raise(count: number): void {
    if (count <= this.#count) return;
    this.#count = count;
    this.#options.raised();
  }

  /** Of purges, as far as is known here: no other process of ours is to believe a lower one. */
  get count(): number {
    return this.#count;
  }

  /** Whether it answers, whether it takes something, and whether it is as it was a while ago: before anybody wants something of it. */
  async look(): Promise<void> {
    await Promise.all([this.#ask(this.#countKey), this.#link.increment(this.#countKey, 0)]);
    await Promise.all([this.#settle(), this.#link.diagnose()]);
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
      const isSettled = await this.#settle();
      this.#settling = null;
      if (!isSettled) this.#settleLater();
    }, settleMs);
    this.#settling.unref();
  }

  /** What was to be taken away while it could not be. False: it is still away, or refuses. */
  async #settle(): Promise<boolean> {
    if (!this.isOwing) return true;
    this.#settled ??= this.#pay().finally(() => {
      this.#settled = null;
    });
    return this.#settled;
  }

  async #pay(): Promise<boolean> {
    if (this.#owesAll && !(await this.forget())) return false;
    if (this.#owed.size === 0) return true;
    const keys = [...this.#owed];
    if (!(await this.#take(keys))) return false;
    for (const key of keys) this.#owed.delete(key);
    return true;
  }

  /** Counted after it is done: a Redis that has the count has done it. */
  async #take(keys: readonly string[]): Promise<boolean> {
    if (!(await this.#link.remove(keys))) return false;
    // Answers to others may be here before the one to this, for there are several connections and processes.
    const before = this.#count;
    const count = await this.#link.increment(this.#countKey, 1);
    if (count !== null) this.#seen(count, before);
    return true;
  }

  /** False: it is as it was a while ago, by what was known before it was asked. Nothing that it has is shown until that is over. */
  #seen(count: number, before: number): boolean {
    if (count >= before) {
      this.raise(count);
      return true;
    }
    this.#owesAll = true;
    this.#settleLater();
    return false;
  }

  async #ask(key: string): Promise<Counted | null> {
    const before = this.#count;
    const answer = await this.#link.read(this.#countKey, key);
    return answer === null || !this.#seen(answer.count, before) ? null : answer;
  }

  async #find(first: Uint8Array, second: Uint8Array): Promise<RemoteFound | null> {
    const own = await this.#read(first, this.#keyOf(first), none);
    if (own === "away") return away;
    if (own === null || second.length === 0 || own.generation === null) return own?.found ?? null;
    const variant = await this.#read(first, this.#variantKeyOf(first, second, own.generation), second);
    return variant === "away" ? away : (variant?.found ?? null);
  }

  async #read(first: Uint8Array, key: string, second: Uint8Array): Promise<Read | "away" | null> {
    // One that refuses is asked now and then, not by everybody.
    if (this.isOwing && (this.#link.state.refusal !== null || !(await this.#settle()))) return "away";
    const answer = await this.#ask(key);
    if (answer === null) return "away";
    return answer.value === null ? null : readValue(answer.value, first, second, epochOf(answer.count));
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
    await this.#link.write(key, writeVary(first, names, generation, epochOf(this.#count)), keepMs);
  }

  get #countKey(): string {
    return `${this.#prefix}purges`;
  }

  #keyOf(first: Uint8Array): string {
    return this.#prefix + digestOf(first);
  }

  #variantKeyOf(first: Uint8Array, second: Uint8Array, generation: number): string {
    return `${this.#keyOf(first)}:${generation.toString(16)}:${digestOf(second)}`;
  }
}

function epochOf(count: number): number {
  return Math.floor(count / epochSpan);
}

function partsOf({ bytes, firstEnd, end }: CacheKey): { first: Uint8Array; second: Uint8Array } {
  return { first: bytes.slice(0, firstEnd), second: bytes.slice(firstEnd, end) };
}

/** Nobody finds two keys with one digest; who reads compares the keys all the same. */
function digestOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("base64url").slice(0, 32);
}
