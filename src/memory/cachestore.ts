// A cache in a file that control and all workers map (cachestore/layout.ts draws it): cache.ts' words, in memory that outlives the
// processes. It knows no files, clocks or processes: the mapped bytes, the times and the `Owner` come in. Strategy: a call opens
// the shard of its key, and all is done before it closes; what it leaves half done, killed, is wiped by who comes next, but for
// what others hold, for it is a cache. What is shown is held by a pin (pins.ts), and read without a lock. Where a shard
// cannot be had because a process that lives does not let go of it, nothing is found there and nothing stored.

import { assert } from "../base/assert.ts";
import { type Cache, type CacheDraft, type CacheEntry, type CacheKey, cacheState } from "./cache.ts";
import { StoreDraft } from "./cachestore/draft.ts";
import { StoreEntry } from "./cachestore/entry.ts";
import { figuresOf, type StoreFigures } from "./cachestore/figures.ts";
import { StoreIndex } from "./cachestore/index.ts";
import { StoreHash } from "./cachestore/key.ts";
import {
  fixedBytes,
  formatHeader,
  fullBytes,
  isSameShape,
  layoutOf,
  readyRanges,
  type StoreShape,
  shapeOf,
  shardWord,
  storeBytes,
} from "./cachestore/layout.ts";
import { markPass, markVary, purge } from "./cachestore/marks.ts";
import { node as N } from "./cachestore/node.ts";
import { StoreNodes } from "./cachestore/nodes.ts";
import type { StorePages } from "./cachestore/pages.ts";
import type { StoreParts } from "./cachestore/parts.ts";
import { StorePins } from "./cachestore/pins.ts";
import { policyOf } from "./cachestore/policies.ts";
import { StoreQueues } from "./cachestore/queues.ts";
import { StoreShard } from "./cachestore/shard.ts";
import { isSuperable, isUnderWay, standing } from "./cachestore/standing.ts";
import { StoreUnits } from "./cachestore/units.ts";
import { type StoreVerdict, StoreView, walk } from "./cachestore/walk.ts";
import { StoreWipe } from "./cachestore/wipe.ts";
import { StoreWriters } from "./cachestore/writers.ts";
import { reserved } from "./cellpages.ts";
import { noDraft } from "./nocache.ts";
import { type Owner, Owners } from "./owners.ts";
import { SharedWords } from "./sharedwords.ts";

export class CacheStore implements Cache {
  readonly name: string;
  readonly objectBytesMax: number;
  /** For the files beside this one. */
  readonly parts: StoreParts;
  readonly #words: Int32Array;
  readonly #view: StoreView;
  readonly #entries: StoreEntry[] = [];
  readonly #wipe: StoreWipe;
  #claims = 0;

  /**
   * The bytes have been formatted: a file, mapped from its beginning, of which pages can be lent where `pages` are told. Throws when
   * too many processes have the cache open. `memory` is for tests.
   */
  constructor(
    bytes: Uint8Array,
    name: string,
    owner: Owner,
    pages: StorePages | null = null,
    memory: SharedWords = new SharedWords(bytes),
  ) {
    const shape = shapeOf(bytes);
    assert(shape !== null, `these bytes are no cache ${name}`);
    const layout = layoutOf(shape);
    const owners = new Owners(memory, layout, owner);
    if (!owners.claim()) throw new Error(`cache ${name}: too many processes have it open`);
    this.name = name;
    this.objectBytesMax = layout.objectBytesMax;
    const shard = new StoreShard(bytes, layout, memory, owners);
    const units = new StoreUnits(shard, pages);
    const queues = new StoreQueues(shard);
    const index = new StoreIndex(shard, new StoreHash(memory.words));
    const policy = policyOf(shard, queues);
    const nodes = new StoreNodes({ shard, units, queues, index, policy, pages });
    const pins = new StorePins(
      shard,
      owners,
      nodes,
      pages === null ? reserved : (at, count) => pages.reserve(at, count),
    );
    this.#wipe = new StoreWipe({ shard, owners, units, pins, pages });
    shard.wipe = () => this.#wipe.run();
    this.parts = {
      ...{ shard, units, queues, index, policy, nodes, owners, pins, pages, writers: new StoreWriters(owners) },
      nextClaim: () => (this.#claims = (this.#claims % 0x7fff_ffff) + 1),
      putBack: (entry) => void this.#entries.push(entry),
    };
    this.#words = memory.words;
    this.#view = new StoreView(this.parts);
  }

  static bytesFor(shape: StoreShape): number {
    return storeBytes(shape);
  }

  /** Memory that it takes when it is full. */
  static fullBytesFor(shape: StoreShape): number {
    return fullBytes(shape);
  }

  /** What of a file that was formatted as this shape has memory, as [start, end) in bytes. */
  static readyRanges(bytes: Uint8Array, shape: StoreShape): [number, number][] {
    return readyRanges(bytes, shape);
  }

  /** What has memory from the beginning, whatever is stored. */
  static fixedBytesFor(shape: StoreShape): number {
    return fixedBytes(shape);
  }

  /**
   * Makes an empty cache of a region of zeros that nobody else has seen, `bytesFor` long. The seed, of 53 bits, keeps strangers from
   * choosing keys that meet in one bucket: draw it. `isReserved`: all of it has memory; otherwise only so much of its beginning as `fixedBytesFor`
   * says does, and whoever opens it asks for the rest by its `pages`.
   */
  static format(bytes: Uint8Array, shape: StoreShape, seed: number, isReserved = true): void {
    const layout = layoutOf(shape);
    assert(bytes.byteLength >= storeBytes(shape), `a cache of that shape needs ${storeBytes(shape)} bytes`);
    const memory = new SharedWords(bytes);
    // Nobody else has it yet: it is its own only owner for this moment.
    const owners = new Owners(memory, layout, { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} });
    owners.claim();
    const shard = new StoreShard(bytes, layout, memory, owners);
    const units = new StoreUnits(shard);
    const isHeld = new Uint8Array(layout.units);
    for (let number = 0; number < layout.shards; number++) {
      shard.open(number);
      memory.words[shard.at + shardWord.unready] = isReserved ? 0 : layout.units;
      units.rebuild(isHeld);
      shard.close();
    }
    owners.free(owners.row);
    formatHeader(bytes, shape, seed);
  }

  /** Whether these bytes are a cache of that shape. */
  static isFormatted(bytes: Uint8Array, shape: StoreShape): boolean {
    const found = shapeOf(bytes);
    return found !== null && isSameShape(found, shape);
  }

  /** Whether a living process other than this one has it open, as far as can be seen: true where these bytes are no cache. */
  static hasOthers(bytes: Uint8Array, owner: Owner): boolean {
    const shape = shapeOf(bytes);
    return shape === null || new Owners(new SharedWords(bytes), layoutOf(shape), owner).hasOthers;
  }

  /** What these bytes were formatted as; null where they are no cache. */
  static shapeIn(bytes: Uint8Array): StoreShape | null {
    return shapeOf(bytes);
  }

  /** For tests, the simulator, and a single process. */
  static inMemory(
    shape: Omit<StoreShape, "isShared">,
    name = "cache",
    pagesOf: (bytes: Uint8Array) => StorePages | null = () => null,
  ): CacheStore {
    const whole = { ...shape, isShared: false };
    const bytes = new Uint8Array(storeBytes(whole));
    CacheStore.format(bytes, whole, 1);
    return new CacheStore(bytes, name, { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} }, pagesOf(bytes));
  }

  find(key: CacheKey, nowMs: number): CacheEntry | null {
    const { shard, index, policy, pins, writers, queues } = this.parts;
    writers.nowMs = nowMs;
    if (!index.open(key)) return null;
    const node = standing(this.parts, nowMs);
    if (node === 0) {
      policy.count(index.key.hash);
      shard.close();
      return null;
    }
    const state = this.#words[node + N.state]!;
    if (state === cacheState.whole) {
      policy.count(index.key.hash);
      policy.touch(node);
      this.#words[node + N.hits]!++;
    } else if (state === cacheState.vary || state === cacheState.pass) queues.renew(node);
    const cell = pins.take(node);
    if (cell === 0) {
      shard.close();
      return null;
    }
    const entry = this.#entries.pop() ?? new StoreEntry(this.parts);
    entry.show(node, cell);
    shard.close();
    return entry;
  }

  lease(key: CacheKey, nowMs: number, forMs: number): CacheDraft | null {
    this.parts.writers.nowMs = nowMs;
    if (!this.parts.index.open(key)) return null;
    const node = standing(this.parts, nowMs);
    const draft = node === 0 || isSuperable(this.parts, node, nowMs) ? this.#draft(nowMs, forMs) : null;
    this.parts.shard.close();
    return draft;
  }

  replace(key: CacheKey, nowMs: number): CacheDraft {
    const { shard, index, nodes } = this.parts;
    if (!index.open(key)) return noDraft;
    for (let node = index.find(), next = 0; node !== 0; node = next) {
      next = index.find(node);
      if (isUnderWay(this.#words, node)) nodes.remove(node);
    }
    // Its head is there already: nobody waits for long.
    const draft = this.#draft(nowMs, replaceMs);
    shard.close();
    return draft ?? noDraft;
  }

  markPass(key: CacheKey, reason: number, untilMs: number, flags = 0): void {
    if (!this.parts.index.open(key)) return;
    markPass(this.parts, reason, untilMs, flags);
    this.parts.shard.close();
  }

  markVary(key: CacheKey, names: Uint8Array): void {
    assert(key.end === key.firstEnd, "the names stand under a key without a second part");
    if (!this.parts.index.open(key)) return;
    markVary(this.parts, names);
    this.parts.shard.close();
  }

  purge(key: CacheKey, isSoft: boolean): number {
    if (!this.parts.index.open(key)) return 0;
    const count = purge(this.parts, isSoft);
    this.parts.shard.close();
    return count;
  }

  /** To be called now and then: lets go of what another process kept us from letting go of. What nobody asks for would be held for good. */
  settle(): void {
    this.parts.pins.settle();
  }

  // ---- for control ----

  /**
   * What stands in the cache, from a cursor (0 at first) on, looking at so many nodes and buckets. Answers where to go on; -1: that
   * was all; the same cursor: a process that lives does not let go. Under a lock: `visit` takes no time and asks nothing of the store.
   */
  walk(from: number, looksMax: number, visit: (view: StoreView) => StoreVerdict): number {
    return walk(this.parts, this.#view, from, looksMax, visit);
  }

  /** Lets go of what dead processes held and were doing. Answers how many such processes there were. */
  recover(): number {
    return this.parts.pins.recover();
  }

  /**
   * No plan has it any more: all that nobody holds goes, and its memory goes back to the system, although processes have the file mapped
   * for as long as something that began before is under way, or until their garbage is collected.
   */
  empty(): void {
    const { shard } = this.parts;
    for (let number = 0; number < shard.layout.shards; number++) {
      // Who lives and does not let go keeps it a moment longer, until its file is unmapped.
      if (!shard.open(number)) continue;
      this.#wipe.run(true);
      shard.close();
    }
  }

  /** Lets go of all that is held here. Nothing may be asked of the cache any more. */
  close(): void {
    this.parts.pins.close();
  }

  figures(): StoreFigures {
    return figuresOf(this.parts.shard);
  }

  // ---- in the shard that is open ----

  #draft(nowMs: number, forMs: number): StoreDraft | null {
    const { shard, nodes, pins } = this.parts;
    const node = nodes.create(cacheState.fetching, 0, nowMs);
    if (node === 0) return null;
    this.#words[node + N.writer] = shard.mine;
    shard.doubles[(node + N.deadlineMs) / 2] = nowMs + forMs;
    const cell = pins.take(node);
    if (cell !== 0) return new StoreDraft(this.parts, node, cell, nowMs);
    nodes.remove(node);
    return null;
  }
}

/** How long others wait for the head of what takes the place of something. */
const replaceMs = 10_000;
