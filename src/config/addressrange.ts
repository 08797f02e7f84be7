// Addresses of one's own as operators write them, many at once: "203.0.113.7", "203.0.113.10-40", "203.0.113.10-203.0.114.9",
// "198.51.100.0/28", "2001:db8::/64". Every address of a block counts, the first and the last too, for they are no hosts of a network
// here but whatever is routed to this machine. Of a block that is too large to list so many are drawn as are asked for: the same
// each time and on every machine, and with a larger count the same and some more.

import ipaddr from "ipaddr.js";
import { hashString } from "../base/hash.ts";
import { Prng } from "../base/prng.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";

export interface AddressRange {
  readonly family: 4 | 6;
  /** The first address, as words of 32 bits. */
  readonly first: readonly number[];
  /** How many there are; Infinity where nobody can count them. */
  readonly size: number;
  /** Bits behind the prefix of a block; null: it is a range, or one address. */
  readonly hostBits: number | null;
}

/** More are not listed, but drawn. */
export const listedMax = 65_536;

export const addressExpected =
  'an address, a range such as "203.0.113.10-40", or a block such as "198.51.100.0/28" or "2001:db8::/64"';

export function readAddressRange(text: string): Reading<AddressRange> {
  const bare = text.trim();
  if (bare.includes("/")) return readBlock(bare, text);
  const [from = "", to, ...rest] = bare.split("-").map((part) => part.trim());
  const first = wordsOf(from);
  if (first === null || rest.length > 0) return misread(`must be ${addressExpected}, not ${quote(text)}`);
  const fault = unfit(first);
  if (fault !== null) return misread(`${fault}: ${quote(text)}`);
  if (to === undefined) return read({ family: familyOf(first), first, size: 1, hostBits: null });
  return readEnd(first, from, to, text);
}

function readEnd(first: readonly number[], from: string, to: string, text: string): Reading<AddressRange> {
  const isShort = /^\d{1,3}$/.test(to) && first.length === 1;
  const last = wordsOf(isShort ? `${from.slice(0, from.lastIndexOf("."))}.${to}` : to);
  if (last === null || last.length !== first.length) return misread(`must be ${addressExpected}, not ${quote(text)}`);
  const isNear = first.slice(0, -1).every((word, index) => word === last[index]);
  const size = last.at(-1)! - first.at(-1)! + 1;
  if (!isNear || size > listedMax)
    return misread(`must hold at most ${listedMax} addresses; of a block (with a /) so many are drawn as count says`);
  if (size < 1) return misread(`must go from the lower address to the higher, not ${quote(text)}`);
  const fault = unfit(last);
  if (fault !== null) return misread(`${fault}: ${quote(text)}`);
  return read({ family: familyOf(first), first, size, hostBits: null });
}

function readBlock(bare: string, text: string): Reading<AddressRange> {
  const [host = "", bits = "", ...rest] = bare.split("/");
  const words = wordsOf(host);
  const width = words === null ? 0 : words.length * 32;
  if (words === null || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > width)
    return misread(`must be ${addressExpected}, not ${quote(text)}`);
  const hostBits = width - Number(bits);
  const first = words.map((word, index) => masked(word, hostBits - (words.length - 1 - index) * 32));
  const fault = unfit(first);
  if (fault !== null) return misread(`${fault}: ${quote(text)}`);
  if (first.some((word, index) => word !== words[index])) {
    const right = `${addressText(first)}/${bits}`;
    return misread(`must have nothing behind its prefix: write ${quote(right)}, or ${quote(host)} for the one address`);
  }
  return read({ family: familyOf(words), first, size: hostBits > 52 ? Infinity : 2 ** hostBits, hostBits });
}

/** The word without its last so many bits. */
function masked(word: number, bits: number): number {
  if (bits <= 0) return word;
  return bits >= 32 ? 0 : ((word >>> bits) << bits) >>> 0;
}

function familyOf(words: readonly number[]): 4 | 6 {
  return words.length === 1 ? 4 : 6;
}

function wordsOf(host: string): number[] | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) {
    const [a = 0, b = 0, c = 0, d = 0] = host.split(".").map(Number);
    return [((a << 24) | (b << 16) | (c << 8) | d) >>> 0];
  }
  if (!host.includes(":") || host.includes("%") || !ipaddr.IPv6.isValid(host)) return null;
  const { parts } = ipaddr.IPv6.parse(host);
  return [0, 2, 4, 6].map((index) => ((parts[index]! << 16) | parts[index + 1]!) >>> 0);
}

/** Why no connection can come from there. */
function unfit(words: readonly number[]): string | null {
  const [first = 0, second = 0, third = 0, fourth = 0] = words;
  const top = first >>> 24;
  if (words.length === 1) {
    if (top === 0) return "must not be an address that stands for none";
    return top >= 224 ? "must not be an address of multicast, or a reserved one" : null;
  }
  if (first === 0 && second === 0 && third === 0xffff) return "must be written as the IPv4 address that it is";
  if (first === 0 && second === 0 && third === 0 && fourth === 0) return "must not be an address that stands for none";
  if (top === 0xff) return "must not be an address of multicast";
  return first >>> 22 === 0xfe80 >>> 6 ? "must not be an address of one link alone (fe80::)" : null;
}

/** The addresses, in their order; of more than `count` (0: `listedMax`) so many, drawn. */
export function addressesOf(range: AddressRange, count: number): string[] {
  const found: string[] = [];
  visitAddresses(range, count, (words) => found.push(addressText(words)));
  return found;
}

/** The same, each as words: there may be tens of thousands, and the array is the same for all of them. */
export function visitAddresses(range: AddressRange, count: number, visit: (words: readonly number[]) => void): void {
  const most = count === 0 ? listedMax : count;
  if (range.size > most && range.hostBits !== null) return draw(range, most, visit);
  const words = [...range.first];
  const last = words.length - 1;
  const from = words[last]!;
  for (let index = 0; index < Math.min(range.size, most); index++) {
    words[last] = (from + index) >>> 0;
    visit(words);
  }
}

/** Never the first of an IPv6 block, which is that of its routers (RFC 4291 section 2.6.1). */
function draw(
  { family, first, hostBits }: AddressRange,
  count: number,
  visit: (words: readonly number[]) => void,
): void {
  const seed = hashString(`${addressText(first)}/${hostBits}`);
  const chance = new Prng(seed);
  const isNarrow = hostBits! <= 32;
  const seen = new Set<string>();
  const words = [...first];
  const last = words.length - 1;
  for (let turn = 0, found = 0; found < count; turn++) {
    // Up to 32 bits each turn has another address; above, the same one twice would be a wonder, and is left out.
    if (isNarrow) words[last] = (first[last]! | scattered(turn, hostBits!, seed)) >>> 0;
    else
      for (let at = last; at >= 0; at--) words[at] = (first[at]! | bitsOf(chance, hostBits! - (last - at) * 32)) >>> 0;
    if (family === 6 && words.every((word, at) => word === first[at])) continue;
    if (!isNarrow && seen.size === seen.add(addressText(words)).size) continue;
    visit(words);
    found++;
  }
}

function bitsOf(chance: Prng, bits: number): number {
  if (bits <= 0) return 0;
  const drawn = chance.u32();
  return bits >= 32 ? drawn : drawn & (2 ** bits - 1);
}

/** One to one among the numbers of so many bits: each step, by itself, can be undone. */
function scattered(turn: number, bits: number, seed: number): number {
  const mask = bits === 32 ? -1 : 2 ** bits - 1;
  const half = Math.max(bits >> 1, 1);
  let mixed = (turn + seed) & mask;
  for (const factor of [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d]) {
    mixed = Math.imul(mixed, factor) & mask;
    mixed ^= (mixed & mask) >>> half;
  }
  return mixed;
}

/** RFC 5952. */
export function addressText(words: readonly number[]): string {
  if (words.length === 1) {
    const word = words[0]!;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let [from, length] = [-1, 1];
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) [from, length] = [at, end - at];
    at = Math.max(at, end - 1);
  }
  const written = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(":");
  return from === -1 ? written(groups) : `${written(groups.slice(0, from))}::${written(groups.slice(from + length))}`;
}
