// Cache-Control (RFC 9111 section 5.2) read into a record that is used again: bytes in, flags and numbers out. It knows the
// syntax and what is made of bad syntax, not what directives mean for a response (freshness.ts, storing.ts) or a request
// (reuse.ts).
//
// Of a directive that comes twice the first counts (section 4.2.1). An argument that is none makes a response stale (as 4.2.1
// advises) and is no word at all in a request. Arguments count with and without quotes (section 5.2). What forbids is
// believed in any shape (`no-store=x`), what allows (public, immutable, must-understand) only as it ought to be written.
//
// no-cache="a, b" and private="a" (5.2.2.4, 5.2.2.7) name fields: those are left out of what is stored (headtostore.ts), and
// the rest may be used. Where the list cannot be read, or names what a response is nothing without, it counts as if it were
// not there, which section 5.2.2.4 allows.

import { byte, isToken } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import { cacheField, lowered, nextField, valueEnd, valueStart } from "./fieldname.ts";
import { NameTable } from "./nametable.ts";

/** Bits of `CacheControl.flags`, and numbers of directives. */
export const directive = {
  noStore: 1,
  noCache: 2,
  private: 4,
  public: 8,
  mustRevalidate: 16,
  proxyRevalidate: 32,
  mustUnderstand: 64,
  immutable: 128,
  onlyIfCached: 256,
  noTransform: 512,
} as const;

const flagNames: readonly (readonly [string, number])[] = [
  ["no-store", directive.noStore],
  ["no-cache", directive.noCache],
  ["private", directive.private],
  ["public", directive.public],
  ["must-revalidate", directive.mustRevalidate],
  ["proxy-revalidate", directive.proxyRevalidate],
  ["must-understand", directive.mustUnderstand],
  ["immutable", directive.immutable],
  ["only-if-cached", directive.onlyIfCached],
  ["no-transform", directive.noTransform],
];
const secondsNames = [
  "max-age",
  "s-maxage",
  "stale-while-revalidate",
  "stale-if-error",
  "max-stale",
  "min-fresh",
] as const;
/** Number of a directive by its name: 1 to 10 are `flagNames`, the rest counts seconds. */
export const directives: NameTable = new NameTable(["", ...flagNames.map(([name]) => name), ...secondsNames]);
const firstSeconds = flagNames.length + 1;
const flagOf = Int32Array.from([0, ...flagNames.map(([, flag]) => flag)]);
const allowing = directive.public | directive.immutable | directive.mustUnderstand;

/** RFC 9111 section 1.2.2: what is greater counts as this. */
export const secondsMax = 2_147_483_648;

/** Places of `CacheControl.seconds`. */
export const seconds = {
  maxAge: 0,
  sMaxage: 1,
  staleWhileRevalidate: 2,
  staleIfError: 3,
  maxStale: 4,
  minFresh: 5,
} as const;

/** Lists of names that one response may have in no-cache and private; with more they count as if they had none. */
const listsMax = 4;

export class CacheControl {
  flags = 0;
  /** By `seconds`; -1 is absent. Whole numbers up to `secondsMax`. */
  readonly seconds: Float64Array = new Float64Array(secondsNames.length).fill(-1);
  /** Spans of the head's bytes: what stands between the quotes of no-cache="…" and private="…". */
  readonly spans: Int32Array = new Int32Array(listsMax * 2);
  listCount = 0;

  clear(): void {
    this.flags = 0;
    this.seconds.fill(-1);
    this.listCount = 0;
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  get maxAgeS(): number {
    return this.seconds[seconds.maxAge]!;
  }

  get sMaxageS(): number {
    return this.seconds[seconds.sMaxage]!;
  }

  get staleWhileRevalidateS(): number {
    return this.seconds[seconds.staleWhileRevalidate]!;
  }

  get staleIfErrorS(): number {
    return this.seconds[seconds.staleIfError]!;
  }

  /** `secondsMax` when it came without an argument: however stale. */
  get maxStaleS(): number {
    return this.seconds[seconds.maxStale]!;
  }

  get minFreshS(): number {
    return this.seconds[seconds.minFresh]!;
  }

  /** All fields of that name, from the one at `index` on; `count` of them. */
  read(head: Head, index: number, count: number, isResponse: boolean): void {
    for (let at = index; count > 0 && at !== -1; count--) {
      this.readValue(head.bytes, valueStart(head, at), valueEnd(head, at), isResponse);
      if (count > 1) at = nextField(head, cacheField.cacheControl, at + 1);
    }
  }

  /** #( token [ "=" ( token / quoted-string ) ] ) */
  readValue(bytes: Uint8Array, start: number, end: number, isResponse: boolean): void {
    let at = start;
    while (at < end) {
      const first = bytes[at]!;
      if (first === byte.comma || first === byte.space || first === byte.tab) {
        at++;
        continue;
      }
      const nameStart = at;
      while (at < end && isToken[bytes[at]!] !== 0) at++;
      const number = directives.find(bytes, nameStart, at);
      let argument = -1;
      let argumentEnd = -1;
      let isQuoted = false;
      let isBad = false;
      if (at < end && bytes[at] === equals) {
        argument = ++at;
        if (at < end && bytes[at] === quote) {
          argument = at + 1;
          at = quotedEnd(bytes, at, end);
          isQuoted = at <= end;
          isBad = !isQuoted;
          argumentEnd = isQuoted ? at - 1 : end;
          at = Math.min(at, end);
        } else {
          while (at < end && isToken[bytes[at]!] !== 0) at++;
          argumentEnd = at;
        }
      }
      // Whatever stands there up to the comma does not belong there.
      while (at < end && bytes[at] !== byte.comma) {
        if (bytes[at] === quote) at = Math.min(quotedEnd(bytes, at, end), end);
        else at++;
        if (bytes[at - 1] !== byte.space && bytes[at - 1] !== byte.tab) isBad = true;
      }
      if (number !== 0) this.#note(number, bytes, argument, argumentEnd, isQuoted, isBad, isResponse);
    }
  }

  #note(
    number: number,
    bytes: Uint8Array,
    argument: number,
    argumentEnd: number,
    isQuoted: boolean,
    isBad: boolean,
    isResponse: boolean,
  ): void {
    if (number < firstSeconds) {
      const flag = flagOf[number]!;
      if ((flag & allowing) !== 0 && (isBad || argument !== -1)) return;
      const isListed = isResponse && isQuoted && !isBad && (flag === directive.noCache || flag === directive.private);
      if (!isListed || !this.addList(bytes, argument, argumentEnd)) this.flags |= flag;
      return;
    }
    const place = number - firstSeconds;
    if (this.seconds[place] !== -1) return;
    let value = isBad ? -1 : secondsOf(bytes, argument, argumentEnd);
    if (value === -1 && isResponse) value = 0;
    if (place === seconds.maxStale && argument === -1 && !isBad) value = secondsMax;
    this.seconds[place] = value;
  }

  /** False: it is no list of names, it names what cannot be left out, or there is no room for it. */
  addList(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.listCount === listsMax) return false;
    let names = 0;
    for (let at = start; at < end; ) {
      const from = at;
      while (at < end && isToken[bytes[at]!] !== 0) at++;
      if (at > from) {
        if (isNeeded(bytes, from, at)) return false;
        names++;
        continue;
      }
      const octet = bytes[at]!;
      if (octet !== byte.comma && octet !== byte.space && octet !== byte.tab) return false;
      at++;
    }
    if (names === 0) return false;
    this.spans[this.listCount * 2] = start;
    this.spans[this.listCount * 2 + 1] = end;
    this.listCount++;
    return true;
  }

  /** Whether a list names this field, whose name stands in `name`; `bytes` are those of the head. */
  lists(bytes: Uint8Array, name: Uint8Array, nameStart: number, nameEnd: number): boolean {
    for (let index = 0; index < this.listCount; index++) {
      const end = this.spans[index * 2 + 1]!;
      for (let at = this.spans[index * 2]!; at < end; ) {
        const from = at;
        while (at < end && isToken[bytes[at]!] !== 0) at++;
        if (at === from) at++;
        else if (at - from === nameEnd - nameStart && isSame(bytes, from, name, nameStart, at - from)) return true;
      }
    }
    return false;
  }

  /** For who reads directives in another syntax: as `directives` numbers them. */
  setFlag(number: number): void {
    this.flags |= flagOf[number]!;
  }

  secondsBy(number: number): number {
    return this.seconds[number - firstSeconds]!;
  }

  setSeconds(number: number, value: number): void {
    this.seconds[number - firstSeconds] = value;
  }
}

/** Whether a directive by that number takes seconds. */
export function takesSeconds(number: number): boolean {
  return number >= firstSeconds;
}

/** Whether a directive by that number may name fields. */
export function takesNames(number: number): boolean {
  const flag = number < firstSeconds ? flagOf[number]! : 0;
  return flag === directive.noCache || flag === directive.private;
}

/** Without these a stored response is another one: its body, what chooses it, how long it holds. */
const needed: NameTable = new NameTable([
  "",
  ..."vary date age expires cache-control cdn-cache-control surrogate-control etag".split(" "),
  ..."last-modified content-type content-encoding content-length content-range content-language content-location".split(
    " ",
  ),
]);

function isNeeded(bytes: Uint8Array, start: number, end: number): boolean {
  return needed.find(bytes, start, end) !== 0;
}

function isSame(one: Uint8Array, oneStart: number, other: Uint8Array, otherStart: number, length: number): boolean {
  for (let at = 0; at < length; at++)
    if (lowered(one[oneStart + at]!) !== lowered(other[otherStart + at]!)) return false;
  return true;
}

const equals = 0x3d;
const quote = 0x22;
const backslash = 0x5c;

/** The byte after the closing quote of what opens at `at`; beyond `end` when it stays open. */
export function quotedEnd(bytes: Uint8Array, at: number, end: number): number {
  for (at++; at < end; at++) {
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] === backslash) at++;
  }
  return end + 1;
}

/** 1*DIGIT, no more than `secondsMax`; -1 for anything else (RFC 9111 section 1.2.2). */
export function secondsOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === -1 || start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - byte.zero;
    if (digit < 0 || digit > 9) return -1;
    value = Math.min(value * 10 + digit, secondsMax);
  }
  return value;
}
