// How often what was asked for, roughly: a count-min sketch (Cormode and Muthukrishnan 2005) of four-bit counters, four for each
// hash, of which the least counts. All four stand in one line of 64 bytes, which costs one miss of the processor's cache in place
// of four. When ten times as much was counted as there are responses, all counters are halved: what was asked for long ago
// weighs less and less (Einziger, Friedman and Manes, TinyLFU, 2017).

import { shardWord as S } from "./layout.ts";
import type { StoreShard } from "./shard.ts";

export const countMax = 15;
const lineWords = 16;
/** Counts for each response until all are halved. */
const countsPerEntry = 10;
/** Of a cache with few of them. */
const entriesMin = 64;
const half = 0x7777_7777;

export class StoreSketch {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;

  constructor(shard: StoreShard) {
    this.#shard = shard;
    this.#words = shard.words;
  }

  count(hash: number): void {
    const words = this.#words;
    const line = this.#line(hash);
    const places = mix(hash);
    let isCounted = false;
    for (let row = 0; row < 4; row++) {
      const place = places >>> (row * 8);
      const at = line + row * 4 + (place & 3);
      const shift = place & 0x1c;
      if (((words[at]! >>> shift) & countMax) === countMax) continue;
      words[at]! += 1 << shift;
      isCounted = true;
    }
    if (!isCounted) return;
    const { at } = this.#shard;
    if (++words[at + S.counted]! >= countsPerEntry * Math.max(words[at + S.entries]!, entriesMin)) this.#halve();
  }

  of(hash: number): number {
    const words = this.#words;
    const line = this.#line(hash);
    const places = mix(hash);
    let least = countMax;
    for (let row = 0; row < 4; row++) {
      const place = places >>> (row * 8);
      least = Math.min(least, (words[line + row * 4 + (place & 3)]! >>> (place & 0x1c)) & countMax);
    }
    return least;
  }

  #halve(): void {
    const words = this.#words;
    const { at, sketchAt, layout } = this.#shard;
    for (let word = sketchAt; word < sketchAt + layout.sketchWords; word++) words[word] = (words[word]! >>> 1) & half;
    words[at + S.counted]! >>>= 1;
  }

  #line(hash: number): number {
    // The low bits of a hash name its bucket and the high ones its shard: another product of it names the line.
    const lines = this.#shard.layout.sketchWords / lineWords;
    return this.#shard.sketchAt + ((Math.imul(hash, 0x9e3779b1) >>> 7) & (lines - 1)) * lineWords;
  }
}

function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
