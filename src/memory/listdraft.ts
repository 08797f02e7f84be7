// A list in the making: values are added one after the other, and `finish` lays them out as listlayout.ts says. It knows bytes and
// octets; how values are written in a file of them is listtext.ts' to know.

import type { ListPlan } from "../config/plan.ts";
import { firstSlot, hashOfBytes, slotsFor } from "./listhash.ts";
import { headerBytes, listKinds, listMagic, listSections, listVersion, listWord } from "./listlayout.ts";
import { type Ranges, rangesOf, type Steps } from "./listranges.ts";
import { isMapped } from "./tablekey.ts";

const addressBits = 128;
const mappedBits = 96;
const stepRows = 4096;
const stepWords = 1 << 20;
/** What listfile.ts compares as signed words. */
const signBit = 0x8000_0000 | 0;

export class ListDraft {
  readonly kind: ListPlan["kind"];
  /** Values that were added, doubles included. */
  rows = 0;
  readonly #blocks4 = new BlockPool(1);
  readonly #blocks6 = new BlockPool(4);
  readonly #keys = new BytePool();
  readonly #values = new BytePool();

  constructor(kind: ListPlan["kind"]) {
    this.kind = kind;
  }

  /**
   * kind address: the block of so many leading bits of 128, whatever stands behind them. One of IPv4-mapped addresses
   * (RFC 4291 2.5.5.2) is of IPv4; a wider one is of IPv6 addresses alone.
   */
  addBlock(octets: Uint8Array, prefix: number, value = ""): void {
    const isIPv4 = prefix >= mappedBits && isMapped(octets, 0);
    this.rows++;
    if (isIPv4) this.#blocks4.add(octets, 12, prefix - mappedBits, this.rows);
    else this.#blocks6.add(octets, 0, Math.min(prefix, addressBits), this.rows);
    this.#values.addText(value);
  }

  /** The other kinds. Names are in lower case, and ".example.com" stands for all names under it. */
  addKey(from: Uint8Array, start: number, end: number, valueStart = 0, valueEnd = 0): void {
    this.rows++;
    this.#keys.add(from, start, end);
    this.#values.add(from, valueStart, valueEnd);
  }

  /** The file. Nothing may be added after it. */
  *finish(): Steps<Uint8Array> {
    const blocks4 = this.#blocks4.count === 0 ? null : yield* rangesOf(this.#blocks4, 1);
    const blocks6 = this.#blocks6.count === 0 ? null : yield* rangesOf(this.#blocks6, 4);
    const header = new Uint32Array(headerBytes / 4);
    header[listWord.magic] = listMagic;
    header[listWord.version] = listVersion;
    header[listWord.kind] = listKinds.indexOf(this.kind);
    header[listWord.rows] = this.rows;
    header[listWord.ranges4] = blocks4?.count ?? 0;
    header[listWord.bits4] = blocks4?.bits ?? 0;
    header[listWord.ranges6] = blocks6?.count ?? 0;
    header[listWord.bits6] = blocks6?.bits ?? 0;
    header[listWord.slots] = this.kind === "address" ? 0 : slotsFor(this.rows);
    header[listWord.keyBytes] = this.#keys.length;
    header[listWord.valueBytes] = this.#values.length;
    const at = listSections(header);
    yield;
    const bytes = new Uint8Array(Math.ceil(at.end / 4) * 4);
    const words = new Uint32Array(bytes.buffer);
    if (blocks4 !== null) yield* layRanges(words, blocks4, [at.radix4, at.starts4, at.owners4]);
    if (blocks6 !== null) yield* layRanges(words, blocks6, [at.radix6, at.starts6, at.owners6]);
    let size = (blocks4?.blocks ?? 0) + (blocks6?.blocks ?? 0);
    if (header[listWord.slots]! > 0) {
      const slots = words.subarray(at.slots, at.slots + header[listWord.slots]! * 2);
      size = yield* laySlots(slots, this.#keys, this.rows);
      if (this.#keys.length > 0) words.set(this.#keys.ends.subarray(0, this.rows + 1), at.keyEnds);
    }
    if (this.#values.length > 0) words.set(this.#values.ends.subarray(0, this.rows + 1), at.valueEnds);
    bytes.set(this.#keys.bytes.subarray(0, this.#keys.length), at.keys);
    bytes.set(this.#values.bytes.subarray(0, this.#values.length), at.values);
    header[listWord.size] = size;
    words.set(header);
    return bytes;
  }
}

function* layRanges(
  words: Uint32Array,
  ranges: Ranges,
  at: readonly [radix: number, starts: number, owners: number],
): Steps<void> {
  const [radix, starts, owners] = at;
  words.set(ranges.radix, radix);
  for (let word = 0; word < ranges.starts.length; word++) {
    if (word % stepWords === 0) yield;
    words[starts + word] = ranges.starts[word]! ^ signBit;
  }
  yield;
  words.set(ranges.owners, owners);
  yield;
}

/** Answers how many different keys there are. */
function* laySlots(slots: Uint32Array, { bytes, ends }: BytePool, rows: number): Steps<number> {
  const count = slots.length / 2;
  let size = 0;
  for (let row = 0; row < rows; row++) {
    if (row % stepRows === 0) yield;
    const [start, end] = [ends[row]!, ends[row + 1]!];
    const hash = hashOfBytes(bytes, start, end);
    let slot = firstSlot(hash, count);
    for (;;) {
      const other = slots[slot * 2 + 1]!;
      if (other === 0) {
        slots[slot * 2] = hash;
        slots[slot * 2 + 1] = row + 1;
        size++;
        break;
      }
      if (slots[slot * 2] === hash && isSame(bytes, start, end, ends[other - 1]!, ends[other]!)) break;
      slot = slot + 1 === count ? 0 : slot + 1;
    }
  }
  return size;
}

function isSame(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let at = 0; at < end - start; at++) if (bytes[start + at] !== bytes[otherStart + at]) return false;
  return true;
}

/** Blocks of one family, in memory that grows. */
class BlockPool {
  words: Uint32Array;
  prefixes: Uint8Array = new Uint8Array(64);
  owners: Uint32Array = new Uint32Array(64);
  count = 0;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
    this.words = new Uint32Array(64 * width);
  }

  add(octets: Uint8Array, at: number, prefix: number, owner: number): void {
    if (this.count === this.prefixes.length) {
      this.words = grown(this.words, new Uint32Array(this.words.length * 2));
      this.prefixes = grown(this.prefixes, new Uint8Array(this.count * 2));
      this.owners = grown(this.owners, new Uint32Array(this.count * 2));
    }
    for (let word = 0; word < this.#width; word++) {
      const from = at + word * 4;
      const bits = Math.min(Math.max(prefix - word * 32, 0), 32);
      const value = (octets[from]! << 24) | (octets[from + 1]! << 16) | (octets[from + 2]! << 8) | octets[from + 3]!;
      this.words[this.count * this.#width + word] = bits === 0 ? 0 : value & (-1 << (32 - bits));
    }
    this.prefixes[this.count] = prefix;
    this.owners[this.count++] = owner;
  }
}

/** Texts one behind the other, in memory that grows; `ends` begins with 0. */
class BytePool {
  bytes: Uint8Array = new Uint8Array(256);
  ends: Uint32Array = new Uint32Array(64);
  length = 0;
  #count = 0;

  add(from: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start);
    for (let at = start; at < end; at++) this.bytes[this.length++] = from[at]!;
    this.ends[++this.#count] = this.length;
  }

  /** Latin-1. */
  addText(text: string): void {
    this.#makeRoom(text.length);
    for (let at = 0; at < text.length; at++) this.bytes[this.length++] = text.charCodeAt(at);
    this.ends[++this.#count] = this.length;
  }

  #makeRoom(bytes: number): void {
    if (this.#count + 2 > this.ends.length) this.ends = grown(this.ends, new Uint32Array(this.ends.length * 2));
    if (this.length + bytes > this.bytes.length)
      this.bytes = grown(this.bytes, new Uint8Array((this.length + bytes) * 2));
  }
}

function grown<T extends Uint8Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
