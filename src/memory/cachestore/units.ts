// Room in a shard: units of 512 bytes, given out as extents of 1 to 512 of them. A buddy allocator: free blocks have a power of 2 of
// units and begin at a multiple of that, so two halves of a block find each other by one bit. An extent need be no power of
// 2: what is left of the block goes back in pieces. Links of free blocks stand in them; the map says where they begin.

import { extentUnitsMax, orders, shardWord as S, unitWords } from "./layout.ts";
import type { StoreShard } from "./shard.ts";

const block = { next: 0, previous: 1 } as const;

export class StoreUnits {
  /** Of what was given last. */
  given = 0;
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shard: StoreShard) {
    this.#shard = shard;
    this.#words = shard.words;
    this.#bytes = shard.bytes;
  }

  /** So many units together, or else the largest block that has at least so many; 0 without. */
  take(wanted: number, least: number): number {
    let order = orderFor(wanted);
    const fitting = order;
    while (order < orders && this.#first(order) === 0) order++;
    if (order === orders) {
      order = fitting - 1;
      while (order >= 0 && this.#first(order) === 0) order--;
      if (order < 0 || 1 << order < least) return 0;
    }
    const unit = this.#first(order) - 1;
    this.#unlink(unit, order);
    const units = Math.min(wanted, 1 << order);
    this.given = units;
    this.#words[this.#shard.at + S.freeUnits]! -= 1 << order;
    if (units < 1 << order) this.#giveRun(unit + units, (1 << order) - units);
    return this.#addressOf(unit);
  }

  /** Back, from a word on. */
  give(address: number, units: number): void {
    this.#giveRun((address - this.#shard.unitsAt) / unitWords, units);
  }

  /** Everything is free but what is marked, a byte for each unit. */
  rebuild(marks: Uint8Array): void {
    const { at, mapAt, layout } = this.#shard;
    for (let order = 0; order < orders; order++) this.#words[at + S.free + order] = 0;
    this.#words[at + S.freeUnits] = 0;
    this.#bytes.fill(0, mapAt, mapAt + layout.units);
    for (let unit = 0; unit < layout.units; ) {
      const isFree = marks[unit] === 0;
      let end = unit + 1;
      while (end < layout.units && (marks[end] === 0) === isFree) end++;
      if (isFree) this.#giveRun(unit, end - unit);
      unit = end;
    }
  }

  #giveRun(unit: number, units: number): void {
    this.#words[this.#shard.at + S.freeUnits]! += units;
    while (units > 0) {
      const fitting = 31 - Math.clz32(units);
      const aligned = unit === 0 ? orders - 1 : 31 - Math.clz32(unit & -unit);
      const order = Math.min(fitting, aligned, orders - 1);
      this.#giveBlock(unit, order);
      unit += 1 << order;
      units -= 1 << order;
    }
  }

  #giveBlock(unit: number, order: number): void {
    const { mapAt, layout } = this.#shard;
    for (; order < orders - 1; order++) {
      const buddy = unit ^ (1 << order);
      if (buddy >= layout.units || this.#bytes[mapAt + buddy] !== order + 1) break;
      this.#unlink(buddy, order);
      unit &= ~(1 << order);
    }
    const words = this.#words;
    const first = this.#first(order);
    const address = this.#addressOf(unit);
    words[address + block.next] = first;
    words[address + block.previous] = 0;
    if (first !== 0) words[this.#addressOf(first - 1) + block.previous] = unit + 1;
    words[this.#shard.at + S.free + order] = unit + 1;
    this.#bytes[mapAt + unit] = order + 1;
  }

  #unlink(unit: number, order: number): void {
    const words = this.#words;
    const address = this.#addressOf(unit);
    const next = words[address + block.next]!;
    const previous = words[address + block.previous]!;
    if (previous === 0) words[this.#shard.at + S.free + order] = next;
    else words[this.#addressOf(previous - 1) + block.next] = next;
    if (next !== 0) words[this.#addressOf(next - 1) + block.previous] = previous;
    this.#bytes[this.#shard.mapAt + unit] = 0;
  }

  /** 1 + its first unit; 0 where there is none. */
  #first(order: number): number {
    return this.#words[this.#shard.at + S.free + order]!;
  }

  #addressOf(unit: number): number {
    return this.#shard.unitsAt + unit * unitWords;
  }
}

function orderFor(units: number): number {
  return units <= 1 ? 0 : 32 - Math.clz32(Math.min(units, extentUnitsMax) - 1);
}
