// Whether a cache holds together while nobody writes to it: every unit is free or somebody's once, every link leads where it must,
// every count is that of what it counts, every reference is somebody's pin. For tests, and for files that a former run has
// left. Whatever stands in the words, each check ends.

import { cacheState } from "../cache.ts";
import type { CacheStore } from "../cachestore.ts";
import {
  classes,
  frequencies,
  pageUnits,
  queue,
  queueWords,
  shardWord as S,
  shardWords,
  unitBytes,
  unitWords,
} from "./layout.ts";
import { broken, extent as E, node as N } from "./node.ts";
import type { StoreParts } from "./parts.ts";
import { classOf, ownsPages, run, runMark } from "./units.ts";

const pageBytes = pageUnits * unitBytes;

/** What is wrong, as sentences; empty when all is well. */
export function checkStore(store: CacheStore): string[] {
  const check = new Check(store.parts);
  check.run();
  return check.problems;
}

class Check {
  readonly problems: string[] = [];
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  /** How often each node is held. */
  readonly #refs: Map<number, number> = new Map();
  /** Of the shard that is looked at: whose each unit is; 0 nobody's so far, -1 free. */
  #owners: Int32Array = new Int32Array();
  #at = 0;
  #loose = 0;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#words = parts.shard.words;
  }

  run(): void {
    const { shard } = this.#parts;
    this.#countPins();
    for (let number = 0; number < shard.layout.shards; number++) {
      this.#at = shard.layout.shardsAt + number * shardWords;
      if (this.#words[this.#at] !== 0) return this.#say(false, `shard ${number} is locked`);
      // Only its places: nobody else writes.
      shard.open(number);
      this.#checkShard();
      shard.close();
    }
  }

  #say(isWell: boolean, problem: string): void {
    if (!isWell && this.problems.length < 20) this.problems.push(problem);
  }

  #countPins(): void {
    const { owners, pins, shard } = this.#parts;
    for (let row = 0; row < owners.count; row++) {
      const cells = pins.cellsOf(row);
      for (let cell = cells; cell < cells + shard.layout.room.pins; cell++) {
        const node = this.#words[cell]!;
        if (node === 0) continue;
        this.#say(owners.isTaken(row) && cell < cells + pins.usedOf(row), `row ${row} holds more than it has`);
        this.#refs.set(node, (this.#refs.get(node) ?? 0) + 1);
      }
    }
  }

  #checkShard(): void {
    const words = this.#words;
    const { layout } = this.#parts.shard;
    this.#owners = new Int32Array(layout.units);
    this.#loose = 0;
    this.#checkFree();
    const linked = this.#checkBuckets();
    for (const [node] of this.#refs)
      if (!linked.has(node) && this.#unitOf(node) >= 0) {
        this.#say(words[node + N.isLinked] === 0, `node ${node} is linked and in no bucket`);
        this.#checkNode(node);
      }
    const unready = words[this.#at + S.unready]!;
    const lost = this.#owners.subarray(0, layout.units - unready).filter((owner) => owner === 0).length;
    const early = this.#owners.subarray(layout.units - unready).filter((owner) => owner !== 0).length;
    this.#say(early === 0, `${early} units are used that have no memory`);
    this.#say(lost === words[this.#at + S.gone], `${lost} units are nobody's`);
    this.#checkQueues(linked);
    this.#say(
      this.#loose === words[this.#at + S.looseUnits],
      `${this.#loose} units are loose, counted are ${words[this.#at + S.looseUnits]}`,
    );
  }

  #checkFree(): void {
    const { shard } = this.#parts;
    const words = this.#words;
    let free = 0;
    let marks = 0;
    for (let list = 0; list < classes; list++) {
      let previous = 0;
      for (let link = words[this.#at + S.free + list]!; link !== 0; ) {
        const address = shard.unitsAt + (link - 1) * unitWords;
        const length = words[address + run.length]!;
        if (!this.#own(address, length, -1)) return this.#say(false, `a free run of list ${list} is none`);
        const last = link - 2 + length;
        this.#say(classOf(length) === list, `a free run of ${length} units is in list ${list}`);
        this.#say(words[shard.unitsAt + last * unitWords + run.lastLength] === length, "a free run ends elsewhere");
        this.#say(
          (shard.bytes[shard.mapAt + link - 1]! & runMark.first) !== 0,
          "the map does not know where a free run begins",
        );
        this.#say(
          (shard.bytes[shard.mapAt + last]! & runMark.last) !== 0,
          "the map does not know where a free run ends",
        );
        this.#say(
          (shard.bytes[shard.mapAt + last + 1]! & runMark.first) === 0 || last + 1 === shard.layout.units,
          "two free runs stand together",
        );
        this.#say(words[address + run.previous] === previous, "a free run has another before it");
        marks += length === 1 ? 1 : 2;
        free += length;
        previous = link;
        link = words[address + run.next]!;
      }
    }
    for (let unit = 0; unit < shard.layout.units; unit++) if (shard.bytes[shard.mapAt + unit] !== 0) marks--;
    this.#say(marks === 0, "the map knows free runs that are none");
    const counted = words[this.#at + S.freeUnits]!;
    this.#say(free === counted, `${free} units are free, counted are ${counted}`);
  }

  #checkBuckets(): Set<number> {
    const words = this.#words;
    const { shard, index } = this.#parts;
    const linked = new Set<number>();
    const counts = { entries: 0, marks: 0, fetching: 0 };
    for (let bucket = 0; bucket < shard.layout.buckets; bucket++)
      for (let node = index.firstIn(bucket); node !== 0; node = words[node + N.next]!) {
        if (linked.has(node) || !this.#checkNode(node)) return linked;
        linked.add(node);
        this.#say(words[node + N.isLinked] === 1, `node ${node} is in a bucket and not linked`);
        this.#say(
          (words[node + N.hashFirst]! & (shard.layout.buckets - 1)) === bucket,
          `node ${node} is in a bucket of others`,
        );
        const state = words[node + N.state]!;
        this.#say(state >= cacheState.fetching && state <= broken, `node ${node} has state ${state}`);
        if (state === cacheState.whole) counts.entries++;
        else if (state === cacheState.pass || state === cacheState.vary) counts.marks++;
        else counts.fetching++;
      }
    for (const [name, count] of Object.entries(counts))
      this.#say(count === words[this.#at + S[name as keyof typeof counts]], `${count} ${name}, counted are others`);
    return linked;
  }

  /** Its extents are its own. */
  #checkNode(node: number): boolean {
    const words = this.#words;
    if (!this.#own(node, words[node + N.units]!, node)) {
      this.#say(false, `node ${node} has units of others`);
      return false;
    }
    let weight = words[node + N.units]!;
    for (const link of [N.head, N.main, N.formerHeads, N.bodyFirst])
      for (let extent = words[node + link]!; extent !== 0; extent = words[extent + E.next]!) {
        if (!this.#own(extent, words[extent + E.units]!, node)) {
          this.#say(false, `node ${node} has an extent of others`);
          return false;
        }
        weight += words[extent + E.units]!;
        this.#checkPages(extent, words[extent + E.units]!);
      }
    this.#say(
      weight === words[node + N.weight],
      `node ${node} takes ${weight} units, counted are ${words[node + N.weight]}`,
    );
    this.#say(words[node + N.refs] === (this.#refs.get(node) ?? 0), `node ${node} has other references than pins`);
    if (words[node + N.queue] === queue.none) this.#loose += weight;
    return true;
  }

  /** A long one shares no page with others. */
  #checkPages(extent: number, units: number): void {
    const isWhole = (extent * 4) % pageBytes === 0 && units % pageUnits === 0;
    this.#say(!ownsPages(units) || isWhole, `an extent of ${units} units shares a page with others`);
  }

  #checkQueues(linked: ReadonlySet<number>): void {
    const words = this.#words;
    const { queues } = this.#parts;
    let left = [...linked].filter((node) => words[node + N.queue] !== queue.none).length;
    for (let number = 1; number < queue.frequencies + frequencies; number++) {
      let [units, older] = [0, 0];
      for (let node = queues.oldest(number); node !== 0 && left >= 0; node = words[node + N.newer]!, left--) {
        if (!linked.has(node)) return this.#say(false, `node ${node} is in queue ${number} and in no bucket`);
        this.#say(queues.queueOf(node) === number, `node ${node} is in queue ${number} of others`);
        this.#say(words[node + N.older] === older, `node ${node} has another older than its older's newer`);
        units += words[node + N.weight]!;
        older = node;
      }
      const at = this.#at + S.queues + (number - 1) * queueWords;
      this.#say(words[at + 1] === older, `the newest of queue ${number} is not the last`);
      this.#say(
        units === queues.units(number),
        `queue ${number} has ${units} units, counted are ${queues.units(number)}`,
      );
    }
    this.#say(left === 0, `${left} nodes are in no queue and should be`);
  }

  /** False: not all of these units are in this shard, or one is somebody's already. */
  #own(address: number, units: number, owner: number): boolean {
    const unit = this.#unitOf(address);
    if (unit < 0 || units < 1 || unit + units > this.#owners.length) return false;
    for (let index = unit; index < unit + units; index++) if (this.#owners[index] !== 0) return false;
    this.#owners.fill(owner, unit, unit + units);
    return true;
  }

  #unitOf(address: number): number {
    const { shard } = this.#parts;
    const unit = (address - shard.unitsAt) / unitWords;
    return Number.isInteger(unit) && unit >= 0 && unit < shard.layout.units ? unit : -1;
  }
}
