// From blocks of addresses to ranges that do not overlap, each with the longest block that it lies in: what a lookup then seeks
// is the last range that starts at or before an address. Leading bits of the address lead through a radix to a few ranges, and
// halving finds the one. Refused: a trie of bits, which takes a miss of the cache for each of some twenty levels where halving
// within a few neighbouring words takes one or two, and more memory. An address is `width` words: 1 (IPv4) or 4 (IPv6).
//
//   10.0.0.0/8, 10.1.0.0/16   >   0 none | 10.0.0.0 /8 | 10.1.0.0 /16 | 10.2.0.0 /8 | 11.0.0.0 none
//
// Making them for a million blocks takes long enough to be felt: it is done in pieces, each `yield` is a place to pause.

export type Steps<T> = Generator<void, T>;

/** All steps without a pause. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

export interface Blocks {
  /** `width` words for each block, the bits behind its prefix zero. */
  readonly words: Uint32Array;
  readonly prefixes: Uint8Array;
  /** What a block is known by; 0 is none. */
  readonly owners: Uint32Array;
  readonly count: number;
}

export interface Ranges {
  /** Of each beginning of `bits` bits the last range that starts at or before its first address; one more at the end. */
  readonly radix: Uint32Array;
  readonly bits: number;
  readonly starts: Uint32Array;
  readonly owners: Uint32Array;
  readonly count: number;
  /** How many different blocks there are. */
  readonly blocks: number;
}

const bitsMax = 16;
const stepBlocks = 4096;
/** Blocks lie in each other at most as deep as an address has bits. */
const depthMax = 130;

export function* rangesOf(blocks: Blocks, width: 1 | 4): Steps<Ranges> {
  const order = yield* sorted(blocks, width);
  const sweep = new Sweep(blocks, width);
  for (let at = 0; at < order.length; at++) {
    sweep.add(order[at]!);
    if (at % stepBlocks === 0) yield;
  }
  sweep.end();
  const { starts, owners, count } = sweep;
  const bits = Math.min(bitsMax, Math.max(1, Math.floor(Math.log2(count))));
  const radix = radixOf(starts, count, width, bits);
  return {
    radix,
    bits,
    starts: starts.subarray(0, count * width),
    owners: owners.subarray(0, count),
    count,
    blocks: sweep.blocks,
  };
}

/** By address, outer blocks before those in them, equal ones as they came: by one byte after the other, the last one first. */
function* sorted({ words, prefixes, count }: Blocks, width: number): Steps<Uint32Array> {
  let order = new Uint32Array(count);
  let next = new Uint32Array(count);
  const digits = new Uint8Array(count);
  for (let at = 0; at < count; at++) order[at] = at;
  for (let byte = width * 4; byte >= 0; byte--) {
    const word = byte >> 2;
    const shift = 24 - (byte & 3) * 8;
    // The byte behind an address is its prefix.
    if (byte === width * 4) digits.set(prefixes.subarray(0, count));
    else for (let at = 0; at < count; at++) digits[at] = words[at * width + word]! >>> shift;
    yield;
    const ends = new Uint32Array(257);
    for (let at = 0; at < count; at++) ends[digits[at]! + 1]!++;
    if (ends.includes(count, 1)) continue; // All the same.
    for (let digit = 1; digit < 257; digit++) ends[digit]! += ends[digit - 1]!;
    for (let at = 0; at < count; at++) {
      const each = order[at]!;
      next[ends[digits[each]!]!++] = each;
    }
    [order, next] = [next, order];
    yield;
  }
  return order;
}

/** Goes through sorted blocks and keeps those that are open: each lies in the one before it. */
class Sweep {
  readonly starts: Uint32Array;
  readonly owners: Uint32Array;
  count = 0;
  blocks = 0;
  readonly #from: Blocks;
  readonly #width: number;
  /** Of open blocks: last addresses and owners. */
  readonly #lasts: Uint32Array;
  readonly #openOwners = new Uint32Array(depthMax);
  #depth = 0;
  #before = -1;

  constructor(from: Blocks, width: number) {
    this.#from = from;
    this.#width = width;
    // A block starts a range, and behind its end goes on what it lies in.
    this.starts = new Uint32Array((from.count * 2 + 1) * width);
    this.owners = new Uint32Array(from.count * 2 + 1);
    this.#lasts = new Uint32Array(depthMax * width);
    this.count = 1;
  }

  add(block: number): void {
    const { words, prefixes, owners } = this.#from;
    const width = this.#width;
    if (this.#before !== -1 && this.#isSame(block, this.#before)) return;
    this.#before = block;
    this.blocks++;
    const at = block * width;
    while (this.#depth > 0 && compare(this.#lasts, (this.#depth - 1) * width, words, at, width) < 0) this.#close();
    for (let word = 0; word < width; word++) {
      const bits = Math.min(Math.max(prefixes[block]! - word * 32, 0), 32);
      this.#lasts[this.#depth * width + word] = words[at + word]! | (bits === 32 ? 0 : 0xffff_ffff >>> bits);
    }
    this.#openOwners[this.#depth++] = owners[block]!;
    this.#emit(words, at, owners[block]!);
  }

  end(): void {
    while (this.#depth > 0) this.#close();
  }

  /** Behind the innermost block goes on what it lies in. */
  #close(): void {
    const width = this.#width;
    const at = --this.#depth * width;
    const next = this.#lasts;
    // The last address there is has none behind it.
    for (let word = width - 1; ; word--) {
      if (word < 0) return;
      next[at + word] = (next[at + word]! + 1) >>> 0;
      if (next[at + word] !== 0) break;
    }
    this.#emit(next, at, this.#depth === 0 ? 0 : this.#openOwners[this.#depth - 1]!);
  }

  #emit(from: Uint32Array, at: number, owner: number): void {
    const width = this.#width;
    const last = this.count - 1;
    if (compare(this.starts, last * width, from, at, width) === 0) {
      this.owners[last] = owner;
      return;
    }
    if (this.owners[last] === owner) return;
    for (let word = 0; word < width; word++) this.starts[this.count * width + word] = from[at + word]!;
    this.owners[this.count++] = owner;
  }

  #isSame(a: number, b: number): boolean {
    const { words, prefixes } = this.#from;
    const width = this.#width;
    return prefixes[a] === prefixes[b] && compare(words, a * width, words, b * width, width) === 0;
  }
}

function compare(a: Uint32Array, atA: number, b: Uint32Array, atB: number, width: number): number {
  for (let word = 0; word < width; word++) {
    const difference = a[atA + word]! - b[atB + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function radixOf(starts: Uint32Array, count: number, width: number, bits: number): Uint32Array {
  const radix = new Uint32Array(2 ** bits + 1);
  let range = 0;
  for (let beginning = 0; beginning < 2 ** bits; beginning++) {
    const first = beginning * 2 ** (32 - bits);
    while (range + 1 < count && isAtOrBefore(starts, (range + 1) * width, first, width)) range++;
    radix[beginning] = range;
  }
  radix[2 ** bits] = count - 1;
  return radix;
}

/** Whether a start is no later than the address of `first` and zeros. */
function isAtOrBefore(starts: Uint32Array, at: number, first: number, width: number): boolean {
  if (starts[at] !== first) return starts[at]! < first;
  for (let word = 1; word < width; word++) if (starts[at + word] !== 0) return false;
  return true;
}
