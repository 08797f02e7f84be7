// A cache in a file that control and all workers map (cachestore/layout.ts draws it): cache.ts' words, in memory that outlives the
// processes. It knows no files, clocks or processes: the mapped bytes, the times and the `Owner` come in. Strategy: a call opens
// the shard of its key, and all is done before it closes; what it leaves half done, killed, is wiped by who comes next, but for
// what others hold, for it is a cache. What is shown is held by a pin (pins.ts), and read without a lock. Where a shard
// cannot be had because a process that lives does not let go of it, nothing is found there and nothing stored.

import { assert } from "../base/assert.ts";
import { type Cache, type CacheDraft, type CacheEntry, type CacheKey, cacheFlag, cacheState } from "./cache.ts";
import { StoreDraft } from "./cachestore/draft.ts";
import { StoreEntry } from "./cachestore/entry.ts";
import { StoreIndex } from "./cachestore/index.ts";
import {
  formatHeader,
  header,
  isSameShape,
  layoutOf,
  type StoreShape,
  shapeOf,
  shardWord,
  shardWords,
  storeBytes,
  unitBytes,
} from "./cachestore/layout.ts";
import { node as N } from "./cachestore/node.ts";
import { StoreNodes } from "./cachestore/nodes.ts";
import type { StoreParts } from "./cachestore/parts.ts";
import { StorePins } from "./cachestore/pins.ts";
import { policyOf } from "./cachestore/policies.ts";
import { StoreQueues } from "./cachestore/queues.ts";
import { StoreShard } from "./cachestore/shard.ts";
import { StoreUnits } from "./cachestore/units.ts";
import { outdate, type StoreVerdict, StoreView, walk } from "./cachestore/walk.ts";
import { StoreWipe } from "./cachestore/wipe.ts";
import { StoreWriters } from "./cachestore/writers.ts";
import { type Owner, Owners } from "./owners.ts";
import { SharedWords } from "./sharedwords.ts";

export interface StoreFigures {
  /** Whole responses, marks (pass, vary), and what is under way. */
  readonly entries: number;
  readonly marks: number;
  readonly fetching: number;
  readonly bytesUsed: number;
  readonly bytesMax: number;
  /** What went to make room. */
  readonly evictions: number;
  /** What the policy did not let in, and what was too large or found no room together. */
  readonly refusals: number;
  readonly misfits: number;
  /** Shards that were emptied because a process died in the middle of a change. */
  readonly wipes: number;
  /** Calls that gave up waiting for a process that lives. */
  readonly timeouts: number;
}

/** A draft that found no room, and has ended. */
const nothing: CacheDraft = { begin: () => false, append: () => false, finish() {}, drop() {} };

export class CacheStore implements Cache {
  readonly name: string;
  readonly objectBytesMax: number;
  /** For the files beside this one. */
  readonly parts: StoreParts;
  readonly #words: Int32Array;
  readonly #view: StoreView;
  readonly #entries: StoreEntry[] = [];
  #claims = 0;

  /** The bytes have been formatted. Throws when too many processes have the cache open. */
  constructor(bytes: Uint8Array, name: string, owner: Owner) {
    const shape = shapeOf(bytes);
    assert(shape !== null, `these bytes are no cache ${name}`);
    const memory = new SharedWords(bytes);
    const layout = layoutOf(shape);
    const owners = new Owners(memory, layout, owner);
    if (!owners.claim()) throw new Error(`cache ${name}: too many processes have it open`);
    this.name = name;
    this.objectBytesMax = layout.objectBytesMax;
    const shard = new StoreShard(bytes, layout, memory, owners);
    const units = new StoreUnits(shard);
    const queues = new StoreQueues(shard);
    const index = new StoreIndex(shard, memory.words[header.seed]!);
    const policy = policyOf(shard, queues);
    const nodes = new StoreNodes(shard, units, queues, index, policy);
    const pins = new StorePins(shard, owners, nodes);
    const wipe = new StoreWipe(shard, owners, units, pins);
    shard.wipe = () => wipe.run();
    this.parts = {
      ...{ shard, units, queues, index, policy, nodes, owners, pins, writers: new StoreWriters(owners) },
      nextClaim: () => (this.#claims = (this.#claims % 0x7fff_ffff) + 1),
      putBack: (entry) => void this.#entries.push(entry),
    };
    this.#words = memory.words;
    this.#view = new StoreView(this.parts);
  }

  static bytesFor(shape: StoreShape): number {
    return storeBytes(shape);
  }

  /**
   * Makes an empty cache of a region of zeros that nobody else has seen, `bytesFor` long. The seed keeps strangers from choosing
   * keys that meet in one bucket: draw it.
   */
  static format(bytes: Uint8Array, shape: StoreShape, seed: number): void {
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

  /** For tests, the simulator, and a single process. */
  static inMemory(shape: Omit<StoreShape, "isShared">, name = "cache"): CacheStore {
    const whole = { ...shape, isShared: false };
    const bytes = new Uint8Array(storeBytes(whole));
    CacheStore.format(bytes, whole, 1);
    return new CacheStore(bytes, name, { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} });
  }

  find(key: CacheKey, nowMs: number): CacheEntry | null {
    const { shard, index, policy, pins, writers, queues } = this.parts;
    writers.nowMs = nowMs;
    if (!index.open(key)) return null;
    const node = this.#standing(nowMs);
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
    const node = this.#standing(nowMs);
    const draft = node === 0 || this.#isSuperable(node, nowMs) ? this.#draft(nowMs + forMs) : null;
    this.parts.shard.close();
    return draft;
  }

  replace(key: CacheKey, nowMs: number): CacheDraft {
    const { shard, index, nodes } = this.parts;
    if (!index.open(key)) return nothing;
    for (let node = index.find(), next = 0; node !== 0; node = next) {
      next = index.find(node);
      if (this.#isUnderWay(node)) nodes.remove(node);
    }
    // Its head is there already: nobody waits for long.
    const draft = this.#draft(nowMs + replaceMs);
    shard.close();
    return draft ?? nothing;
  }

  markPass(key: CacheKey, reason: number, untilMs: number): void {
    const { shard, index, nodes } = this.parts;
    if (!index.open(key)) return;
    this.#removeAll();
    const node = nodes.create(cacheState.pass, 0);
    if (node !== 0) {
      this.#words[node + N.reason] = reason;
      shard.doubles[(node + N.deadlineMs) / 2] = untilMs;
    }
    shard.close();
  }

  markVary(key: CacheKey, names: Uint8Array): void {
    assert(key.end === key.firstEnd, "the names stand under a key without a second part");
    const { shard, index, nodes, queues } = this.parts;
    if (!index.open(key)) return;
    const words = this.#words;
    const marked = this.#markOf(names);
    for (let node = index.findFirst(), next = 0; node !== 0; node = next) {
      next = index.findFirst(node);
      const isVariant = words[node + N.variantBytes] !== 0;
      if (node !== marked && (marked === 0 || !isVariant)) nodes.remove(node);
    }
    if (marked !== 0) queues.renew(marked);
    else {
      const node = nodes.create(cacheState.vary, names.length);
      if (node !== 0) {
        shard.bytes.set(names, words[node + N.headAt]! * 4);
        words[node + N.headBytes] = names.length;
      }
    }
    shard.close();
  }

  purge(key: CacheKey, isSoft: boolean): number {
    const { shard, index, nodes } = this.parts;
    const words = this.#words;
    if (!index.open(key)) return 0;
    let count = 0;
    for (let node = index.findFirst(), next = 0; node !== 0; node = next) {
      next = index.findFirst(node);
      const state = words[node + N.state]!;
      if (state === cacheState.whole || state === cacheState.filling) count++;
      if (!isSoft || this.#isUnderWay(node)) nodes.remove(node);
      else outdate(words, node);
    }
    shard.close();
    return count;
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

  /** Lets go of all that is held here. Nothing may be asked of the cache any more. */
  close(): void {
    this.parts.pins.close();
  }

  figures(): StoreFigures {
    const { layout } = this.parts.shard;
    const sum = (word: number): number => {
      let total = 0;
      for (let shard = 0; shard < layout.shards; shard++)
        total += this.#words[layout.shardsAt + shard * shardWords + word]! >>> 0;
      return total;
    };
    const bytesMax = layout.shards * layout.units * unitBytes;
    return {
      entries: sum(shardWord.entries),
      marks: sum(shardWord.marks),
      fetching: sum(shardWord.fetching),
      bytesUsed: bytesMax - sum(shardWord.freeUnits) * unitBytes,
      bytesMax,
      evictions: sum(shardWord.evictions),
      refusals: sum(shardWord.refusals),
      misfits: sum(shardWord.misfits),
      wipes: sum(shardWord.wipes),
      timeouts: this.#words[header.timeouts]! >>> 0,
    };
  }

  // ---- in the shard that is open ----

  /** The first node under the key that counts; those before it are gone after this. */
  #standing(nowMs: number): number {
    const { index, nodes } = this.parts;
    let node = index.find();
    while (node !== 0 && !this.#counts(node, nowMs)) {
      nodes.remove(node);
      node = index.find();
    }
    return node;
  }

  #counts(node: number, nowMs: number): boolean {
    const { shard, writers } = this.parts;
    const words = this.#words;
    switch (words[node + N.state]) {
      case cacheState.whole:
      case cacheState.vary:
        return true;
      case cacheState.pass:
        return shard.doubles[(node + N.deadlineMs) / 2]! > nowMs;
      case cacheState.filling:
        return !writers.isGone(words[node + N.writer]!);
      case cacheState.fetching:
        return shard.doubles[(node + N.deadlineMs) / 2]! > nowMs && !writers.isGone(words[node + N.writer]!);
      default:
        return false;
    }
  }

  /** A mark, or stale. */
  #isSuperable(node: number, nowMs: number): boolean {
    const { doubles } = this.parts.shard;
    if (this.#isUnderWay(node)) return false;
    if (this.#words[node + N.state] !== cacheState.whole) return true;
    if (this.#words[node + N.flags]! & (cacheFlag.isPurged | cacheFlag.alwaysRevalidate)) return true;
    return doubles[(node + N.bornMs) / 2]! + doubles[(node + N.freshForMs) / 2]! <= nowMs;
  }

  #isUnderWay(node: number): boolean {
    const state = this.#words[node + N.state]!;
    return state === cacheState.fetching || state === cacheState.filling;
  }

  #draft(deadlineMs: number): StoreDraft | null {
    const { shard, nodes, pins } = this.parts;
    const node = nodes.create(cacheState.fetching, 0);
    if (node === 0) return null;
    this.#words[node + N.writer] = shard.mine;
    shard.doubles[(node + N.deadlineMs) / 2] = deadlineMs;
    const cell = pins.take(node);
    if (cell !== 0) return new StoreDraft(this.parts, node, cell);
    nodes.remove(node);
    return null;
  }

  #removeAll(): void {
    const { index, nodes } = this.parts;
    for (let node = index.find(); node !== 0; node = index.find()) nodes.remove(node);
  }

  /** The mark with just these names; 0 without. */
  #markOf(names: Uint8Array): number {
    const { index, shard } = this.parts;
    const words = this.#words;
    for (let node = index.find(); node !== 0; node = index.find(node)) {
      if (words[node + N.state] !== cacheState.vary || words[node + N.headBytes] !== names.length) continue;
      const at = words[node + N.headAt]! * 4;
      if (names.every((byte, index) => shard.bytes[at + index] === byte)) return node;
    }
    return 0;
  }
}

/** How long others wait for the head of what takes the place of something. */
const replaceMs = 10_000;
