// Entries in their shards: finding by key, making and freeing, the order of age, making room. It knows flags, links and
// stamps, not what is counted. A shard is opened (locked) first; every change is told to the journal, which the caller commits.
// What is written without it stands in entries that are free, where nobody looks.
//
// Of the hash the high bits name the shard and the low bits the bucket. The order of age is that of stamps: whoever refreshes
// an entry makes it the newest. A shard in need frees from its oldest on, as HAProxy does: a 256th of its entries and one
// more, passing those that are held, looking at no more than twice as many.

import { skewMsMax } from "../freqcounter.ts";
import type { SharedWords } from "../sharedwords.ts";
import { StickHash } from "./hash.ts";
import type { StickJournal } from "./journal.ts";
import { entryWord as E, ipv4Bit, refsMask, shardWord as S, type StickLayout, shardWords, usedBit } from "./layout.ts";

/** How many expired entries are freed before a sweep lets others at the shard. */
const sweepBatch = 32;

export class StickShards {
  /** Of the shard that is open: its first word. */
  at = 0;
  readonly #memory: SharedWords;
  readonly #words: Int32Array;
  readonly #layout: StickLayout;
  readonly #journal: StickJournal;
  readonly #hash: StickHash;
  #expireMs: number;
  #isEvicting: boolean;
  #shard = 0;

  constructor(
    memory: SharedWords,
    layout: StickLayout,
    journal: StickJournal,
    plan: { expireMs: number; isEvicting: boolean },
  ) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#layout = layout;
    this.#journal = journal;
    this.#hash = new StickHash(memory.words);
    this.#expireMs = plan.expireMs;
    this.#isEvicting = plan.isEvicting;
  }

  /** What may change while the table stays. */
  adopt({ expireMs, isEvicting }: { expireMs: number; isEvicting: boolean }): void {
    this.#expireMs = expireMs;
    this.#isEvicting = isEvicting;
  }

  // ---- opening ----

  open(shard: number): boolean {
    if (!this.#journal.lock(shard)) return false;
    this.#shard = shard;
    this.at = this.#layout.shardsAt + shard * shardWords;
    return true;
  }

  close(): void {
    this.#journal.unlock(this.#shard);
  }

  shardOfHash(hash: number): number {
    return this.#layout.shards === 1 ? 0 : hash >>> 28;
  }

  shardOf(entry: number): number {
    const { entriesAt, share, entryWords, shards } = this.#layout;
    return shards === 1 ? 0 : Math.floor((entry - entriesAt) / (share * entryWords));
  }

  hash(key: Int32Array, isIPv4: boolean): number {
    return this.#hash.of(key, 0, key.length, isIPv4);
  }

  // ---- one entry ----

  /** 0 when there is none. */
  find(key: Int32Array, isIPv4: boolean, hash: number): number {
    const words = this.#words;
    const bit = isIPv4 ? ipv4Bit : 0;
    let entry = words[this.#bucketOf(hash)]!;
    while (entry !== 0) {
      if ((words[entry]! & ipv4Bit) === bit && this.#isKey(entry, key)) return entry;
      entry = words[entry + E.next]!;
    }
    return 0;
  }

  refs(entry: number): number {
    return this.#words[entry]! & refsMask;
  }

  isIPv4(entry: number): boolean {
    return (this.#words[entry]! & ipv4Bit) !== 0;
  }

  /** Past its time and held by nobody: as if it were not there. */
  isOver(entry: number, nowMs: number): boolean {
    return this.isPast(entry, nowMs) && this.refs(entry) === 0;
  }

  isPast(entry: number, nowMs: number): boolean {
    return this.#expireMs !== 0 && ((nowMs - this.#words[entry + E.stamp]!) | 0) >= this.#expireMs;
  }

  /** Committed. 0 without room. */
  create(key: Int32Array, isIPv4: boolean, hash: number, nowMs: number): number {
    const words = this.#words;
    const memory = this.#memory;
    const journal = this.#journal;
    const { share, entryWords, entriesAt } = this.#layout;
    let entry = words[this.at + S.free]!;
    if (entry === 0 && words[this.at + S.fresh]! >= share && this.#makeRoom(nowMs)) entry = words[this.at + S.free]!;
    if (entry !== 0) journal.set(this.at + S.free, words[entry + E.next]!);
    else {
      const fresh = words[this.at + S.fresh]!;
      if (fresh >= share) {
        memory.put(this.at + S.refusals, words[this.at + S.refusals]! + 1);
        return 0;
      }
      entry = entriesAt + (this.#shard * share + fresh) * entryWords;
      journal.set(this.at + S.fresh, fresh + 1);
    }
    memory.put(entry + E.stamp, nowMs);
    for (let index = 0; index < key.length; index++) memory.put(entry + E.key + index, key[index]!);
    for (let index = E.key + key.length; index < entryWords; index++) memory.put(entry + index, 0);
    const bucket = this.#bucketOf(hash);
    journal.set(entry + E.next, words[bucket]!);
    journal.set(bucket, entry);
    journal.set(entry, isIPv4 ? usedBit | ipv4Bit : usedBit);
    journal.set(this.at + S.used, words[this.at + S.used]! + 1);
    this.#append(entry);
    journal.commit();
    return entry;
  }

  /** Committed. */
  free(entry: number): void {
    const words = this.#words;
    const journal = this.#journal;
    const hash = this.#hash.of(words, entry + E.key, this.#layout.keyWords, this.isIPv4(entry));
    let link = this.#bucketOf(hash);
    while (words[link] !== entry) link = words[link]! + E.next;
    journal.set(link, words[entry + E.next]!);
    this.#detach(entry);
    journal.set(entry + E.next, words[this.at + S.free]!);
    journal.set(this.at + S.free, entry);
    journal.set(entry, 0);
    journal.set(this.at + S.used, words[this.at + S.used]! - 1);
    journal.commit();
  }

  /** Told to the journal. A time that another process has already been ahead of by a little moves nothing. */
  refresh(entry: number, nowMs: number): void {
    const words = this.#words;
    const ahead = (words[entry + E.stamp]! - nowMs) | 0;
    if (ahead >= 0 && ahead < skewMsMax) return;
    this.#journal.set(entry + E.stamp, nowMs);
    this.#renew(entry);
  }

  // ---- many ----

  /** Frees what is over, oldest first, looking at so many at most. Answers how many it looked at; -1: the shard is not to be had. */
  sweep(shard: number, nowMs: number, looksMax: number): number {
    const words = this.#words;
    let looks = 0;
    while (looks < looksMax) {
      if (!this.open(shard)) return -1;
      const batchEnd = Math.min(looks + sweepBatch, looksMax);
      for (; looks < batchEnd; looks++) {
        const entry = words[this.at + S.oldest]!;
        if (entry === 0 || !this.isPast(entry, nowMs)) {
          this.close();
          return looks;
        }
        if (this.refs(entry) === 0) this.free(entry);
        else {
          // Past its time it stays, however long it is held: times are told apart within 2^31 ms.
          this.#journal.set(entry + E.stamp, (nowMs - this.#expireMs) | 0);
          this.#renew(entry);
          this.#journal.commit();
        }
      }
      this.close();
    }
    return looks;
  }

  /** Frees some entries, or none. */
  #makeRoom(nowMs: number): boolean {
    const words = this.#words;
    const batch = (this.#layout.share >>> 8) + 1;
    let freed = 0;
    let evicted = 0;
    let entry = words[this.at + S.oldest]!;
    for (let looks = 0; entry !== 0 && looks < 2 * batch && freed < batch; looks++) {
      const newer = words[entry + E.newer]!;
      const isPast = this.isPast(entry, nowMs);
      if (!isPast && !this.#isEvicting) break;
      if (this.refs(entry) === 0) {
        this.free(entry);
        freed++;
        if (!isPast) evicted++;
      }
      entry = newer;
    }
    if (evicted > 0) this.#memory.put(this.at + S.evictions, words[this.at + S.evictions]! + evicted);
    return freed > 0;
  }

  // ---- links ----

  #bucketOf(hash: number): number {
    const { bucketsAt, buckets } = this.#layout;
    return bucketsAt + this.#shard * buckets + (hash & (buckets - 1));
  }

  #isKey(entry: number, key: Int32Array): boolean {
    const words = this.#words;
    for (let index = 0; index < key.length; index++) if (words[entry + E.key + index] !== key[index]) return false;
    return true;
  }

  /** Behind the newest; of an entry that is in no order. */
  #append(entry: number): void {
    const journal = this.#journal;
    const newest = this.#words[this.at + S.newest]!;
    journal.set(entry + E.older, newest);
    journal.set(entry + E.newer, 0);
    journal.set(newest === 0 ? this.at + S.oldest : newest + E.newer, entry);
    journal.set(this.at + S.newest, entry);
  }

  #detach(entry: number): void {
    const older = this.#words[entry + E.older]!;
    const newer = this.#words[entry + E.newer]!;
    this.#journal.set(older === 0 ? this.at + S.oldest : older + E.newer, newer);
    this.#journal.set(newer === 0 ? this.at + S.newest : newer + E.older, older);
  }

  /** Becomes the newest. Where it is, or has both neighbours in it, what is told last counts. */
  #renew(entry: number): void {
    if (this.#words[entry + E.newer] === 0) return;
    this.#detach(entry);
    this.#append(entry);
  }
}
