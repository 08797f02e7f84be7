// Nodes and their extents in the shard that is open: made, grown, removed, freed. Whoever needs room gets it here: when there is
// none together, others go, whom the policy names, until there is, for a bounded number of times. Removing a node takes it
// out of its bucket and its queue; its place is free when nobody holds it.

import { cacheState } from "../cache.ts";
import type { StoreIndex } from "./index.ts";
import { extentUnitsMax, queue, shardWord as S, unitBytes } from "./layout.ts";
import { broken, extent as E, node as N, unitsFor } from "./node.ts";
import { renewUnits, type StorePages } from "./pages.ts";
import type { StoreParts } from "./parts.ts";
import { oldestFree, type StorePolicy } from "./policy.ts";
import type { StoreQueues } from "./queues.ts";
import type { StoreShard } from "./shard.ts";
import { StoreSweep } from "./sweep.ts";
import { ownsPages, type StoreUnits, toPageEnd } from "./units.ts";

/** So many go for one extent at most: what finds no room then is not stored. */
const evictionsMax = 64;
/** Up to so many units are to be together; of more a quarter will do, for each piece costs a write when it is shown. */
const wholeUnitsMax = 16;
/** After each so many, a piece of half the size will do. */
const evictionsPerConcession = 8;
/** Heads that readers hold while a response is brought up to date. One more, and it is fetched anew. */
const formerHeadsMax = 16;
/** Variants of one first part. One more, and the oldest goes: a chain must not grow with what clients think of. */
const variantsMax = 128;
/** Of a shard, for marks: leases take none of it. */
const marksShare = 1 / 8;

type NodeParts = Pick<StoreParts, "shard" | "units" | "queues" | "index" | "policy" | "pages">;

export class StoreNodes {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #units: StoreUnits;
  readonly #queues: StoreQueues;
  readonly #index: StoreIndex;
  readonly #policy: StorePolicy;
  readonly #pages: StorePages | null;
  readonly #sweep: StoreSweep;

  constructor({ shard, units, queues, index, policy, pages }: NodeParts) {
    this.#shard = shard;
    this.#words = shard.words;
    this.#units = units;
    this.#queues = queues;
    this.#index = index;
    this.#policy = policy;
    this.#pages = pages;
    this.#sweep = new StoreSweep(shard, index);
  }

  /** A node of the key that was opened, linked, with so many bytes to spare behind its key; 0 without room. `nowMs`: what is dead then makes room first. */
  create(state: number, spareBytes: number, nowMs: number): number {
    const { key } = this.#index;
    const units = Math.ceil(((N.key + key.wordCount) * 4 + spareBytes) / unitBytes);
    if (units > extentUnitsMax) return 0;
    const isMark = state !== cacheState.fetching;
    if (isMark) this.#makeRoomForMarks(units);
    const node = this.#take(units, units, 0, nowMs);
    if (node === 0) return 0;
    const words = this.#words;
    const { given } = this.#units;
    words.fill(0, node, node + N.key);
    words[node + N.hashFirst] = key.hashFirst;
    words[node + N.hash] = key.hash;
    words[node + N.firstBytes] = key.firstBytes;
    words[node + N.variantBytes] = key.variantBytes;
    words[node + N.units] = given;
    words[node + N.state] = state;
    words[node + N.headAt] = node + N.key + key.wordCount;
    for (let index = 0; index < key.wordCount; index++) words[node + N.key + index] = key.words[index]!;
    this.#queues.weigh(node, given);
    this.#limitVariants();
    this.#index.link(node);
    if (isMark) this.#queues.enter(node, queue.marks);
    return node;
  }

  /** What became whole stands in the cache like others. */
  enter(node: number, nowMs: number): void {
    this.#policy.enter(node);
    let dead = -1;
    for (let gone = this.#policy.overflow(); gone !== 0; gone = this.#policy.overflow()) {
      if (dead !== 0) dead = this.#sweep.next(nowMs);
      this.#evict(dead || gone);
    }
  }

  setState(node: number, state: number): void {
    this.#index.setState(node, state);
  }

  /** An extent for a node, of so many bytes or fewer, but at least so many; 0 without room. Its links are as in a new one. */
  grow(node: number, bytes: number, leastBytes: number, nowMs: number): number {
    const wanted = Math.min(unitsFor(bytes), extentUnitsMax);
    const least = unitsFor(leastBytes);
    if (least > extentUnitsMax) return 0;
    const extent = this.#take(wanted, least, node, nowMs);
    if (extent === 0) return 0;
    this.#words[extent + E.next] = 0;
    this.#words[extent + E.units] = this.#units.given;
    this.#queues.weigh(node, this.#units.given);
    return extent;
  }

  /** Gives back an extent that is linked nowhere. */
  takeBack(node: number, extent: number): void {
    this.#give(node, extent);
  }

  /** Gives back what an extent has behind so many bytes: whole pages of one that owns them, unless it is a short one then. */
  trim(node: number, extent: number, bytes: number): void {
    const units = this.#words[extent + E.units]!;
    const least = unitsFor(bytes);
    const kept = ownsPages(least) ? toPageEnd(least) : least;
    if (kept >= units) return;
    this.#words[extent + E.units] = kept;
    this.#units.give(extent + kept * (unitBytes / 4), units - kept);
    this.#queues.weigh(node, kept - units);
  }

  /** Found no more, by nobody. Whoever holds it goes on. */
  remove(node: number): void {
    if (this.#words[node + N.isLinked] === 0) return;
    this.#index.unlink(node);
    this.#queues.leave(node);
    if (this.#words[node + N.refs] === 0) this.#free(node);
  }

  /** One holder less. */
  letGo(node: number): void {
    const words = this.#words;
    if (--words[node + N.refs]! > 0) return;
    if (words[node + N.isLinked] === 0) this.#free(node);
    // Its writer failed while the shard was not to be had. It is in no queue: nobody else would ever take it away.
    else if (words[node + N.state] === broken) this.remove(node);
    else if (words[node + N.formerHeads] !== 0) this.#freeFormerHeads(node);
  }

  /** Another extent for the head of a node that one holds. False: it would have too many. */
  replaceHead(node: number, extent: number): boolean {
    const words = this.#words;
    const former = words[node + N.head]!;
    if (former !== 0 && words[node + N.refs] === 1) this.#give(node, former);
    else if (former !== 0) {
      if (words[node + N.formerCount]! >= formerHeadsMax) return false;
      words[node + N.formerCount]!++;
      words[former + E.next] = words[node + N.formerHeads]!;
      words[node + N.formerHeads] = former;
    }
    words[node + N.head] = extent;
    return true;
  }

  /** Of a node that is in no bucket and no queue and that nobody holds. Only of bodies anything is lent. */
  #free(node: number): void {
    const words = this.#words;
    const isLent = Atomics.load(words, node + N.lent) !== 0;
    this.#freeFormerHeads(node);
    if (words[node + N.head] !== 0) this.#give(node, words[node + N.head]!);
    if (words[node + N.main] !== 0) this.#give(node, words[node + N.main]!, isLent);
    this.#giveChain(node, words[node + N.bodyFirst]!, isLent);
    this.#queues.weigh(node, -words[node + N.units]!);
    this.#units.give(node, words[node + N.units]!);
  }

  #freeFormerHeads(node: number): void {
    this.#giveChain(node, this.#words[node + N.formerHeads]!);
    this.#words[node + N.formerHeads] = 0;
    this.#words[node + N.formerCount] = 0;
  }

  #giveChain(node: number, first: number, isLent = false): void {
    for (let extent = first; extent !== 0; ) {
      const next = this.#words[extent + E.next]!;
      this.#give(node, extent, isLent);
      extent = next;
    }
  }

  #give(node: number, extent: number, isLent = false): void {
    const units = this.#words[extent + E.units]!;
    this.#queues.weigh(node, -units);
    // The lists write into what is free. What cannot be taken out of the file, or finds no memory again, is lost, until its shard is wiped.
    if (isLent && ownsPages(units) && !renewUnits(this.#pages, extent, units)) return;
    this.#units.give(extent, units);
  }

  /** `of`: what it is to be a part of, and what others would go for; 0 for what is let in unasked. */
  #take(wanted: number, least: number, of: number, nowMs: number): number {
    const shard = this.#shard;
    let isAdmitted = of === 0;
    let dead = -1;
    for (let evictions = 0; evictions < evictionsMax; evictions++) {
      const concession = (wanted > wholeUnitsMax ? 2 : 0) + evictions / evictionsPerConcession;
      const extent = this.#units.take(wanted, Math.max(least, wanted >> concession));
      if (extent !== 0) return extent;
      // No more often than there are MiB in a shard.
      if (this.#units.extend(nowMs)) continue;
      if (dead !== 0) dead = this.#sweep.next(nowMs);
      if (dead === 0 && !isAdmitted && !this.#isAdmitted(of, wanted)) return 0;
      if (dead === 0) isAdmitted = true;
      const victim = dead || this.#policy.victim() || oldestFree(shard, this.#queues, queue.marks);
      if (victim === 0) break;
      this.#evict(victim);
    }
    const extent = this.#units.take(wanted, least);
    if (extent !== 0) return extent;
    this.#words[shard.at + S.misfits]!++;
    return 0;
  }

  #isAdmitted(node: number, units: number): boolean {
    const words = this.#words;
    if (this.#policy.admits(words[node + N.hash]!, words[node + N.weight]! + units)) return true;
    words[this.#shard.at + S.refusals]!++;
    return false;
  }

  #evict(node: number): void {
    this.#words[this.#shard.at + S.evictions]!++;
    this.remove(node);
  }

  #makeRoomForMarks(units: number): void {
    const most = Math.floor(this.#shard.layout.units * marksShare) - units;
    for (let looks = 0; looks < evictionsMax && this.#queues.units(queue.marks) > most; looks++) {
      const oldest = this.#queues.oldest(queue.marks);
      if (oldest === 0) return;
      this.remove(oldest);
    }
  }

  #limitVariants(): void {
    let count = 0;
    let oldest = 0;
    for (let node = this.#index.findFirst(); node !== 0; node = this.#index.findFirst(node)) {
      count++;
      if (this.#words[node + N.state] === cacheState.whole) oldest = node;
    }
    if (count >= variantsMax && oldest !== 0) this.remove(oldest);
  }
}
