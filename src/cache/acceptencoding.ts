// Accept-Encoding in one spelling (RFC 9110 section 12.5.3), so that a hundred browsers make a handful of variants: the
// codings with a weight above 0, in an order of ours. Weights, order and blanks do not count: whatever an origin chose for
// one client, each other with the same set takes as well. What is refused (q=0) counts where it says something: identity, and
// what "*" would else allow.

import { byte, isToken } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { cacheField, lowered, nextField, valueEnd, valueStart } from "./fieldname.ts";
import { NameTable } from "./nametable.ts";

const names: readonly string[] = [
  "",
  "br",
  "gzip",
  "zstd",
  "deflate",
  "compress",
  "identity",
  "*",
  "x-gzip",
  "x-compress",
];
const codings: NameTable = new NameTable(names);
const identity = 6;
const star = 7;
/** RFC 9110 section 8.4.1: the two with "x-" are the same as those without. */
const sameAs = Uint8Array.of(0, 1, 2, 3, 4, 5, identity, star, 2, 5);
const letters = new TextEncoder().encode(" bgzdci*");
const refusedMark = 0x2d;

/**
 * Values that were seen before, with what was made of them: browsers send a handful. By length and last octet, the last one
 * stays.
 */
const seenCount = 32;
const seenBytesMax = 64;
const seen = Array.from({ length: seenCount }, () => ({
  value: new Uint8Array(seenBytesMax),
  length: -1,
  made: new Uint8Array(seenBytesMax),
  madeLength: 0,
}));

/** The value as a few letters, and the names of codings that we do not know. `index`: the first such field of the request. */
export function writeAcceptEncoding(output: Output, head: Head, index: number, count: number): void {
  const start = valueStart(head, index);
  const length = valueEnd(head, index) - start;
  if (count > 1 || length > seenBytesMax || length === 0) return write(output, head, index, count);
  const known = seen[(length + head.bytes[start + length - 1]! * 7) & (seenCount - 1)]!;
  if (known.length === length) {
    let at = 0;
    while (at < length && known.value[at] === head.bytes[start + at]) at++;
    if (at === length) return output.copy(known.made, 0, known.madeLength);
  }
  const from = output.length;
  write(output, head, index, count);
  const madeLength = output.length - from;
  if (madeLength > seenBytesMax) return;
  for (let at = 0; at < length; at++) known.value[at] = head.bytes[start + at]!;
  for (let at = 0; at < madeLength; at++) known.made[at] = output.bytes[from + at]!;
  known.length = length;
  known.madeLength = madeLength;
}

function write(output: Output, head: Head, index: number, count: number): void {
  let accepted = 0;
  let refused = 0;
  let hasUnknown = false;
  for (let at = index, rest = count; rest > 0 && at !== -1; rest--) {
    const end = valueEnd(head, at);
    for (let next = valueStart(head, at); next < end; ) {
      next = readCoding(head.bytes, next, end);
      if (found.number === 0) {
        hasUnknown ||= found.end > found.start;
        continue;
      }
      if (found.isRefused) refused |= 1 << found.number;
      else accepted |= 1 << found.number;
    }
    if (rest > 1) at = nextField(head, cacheField.acceptEncoding, at + 1);
  }
  // "identity" says nothing that is not so anyway, and of two words about one coding the kinder is taken.
  accepted &= ~(1 << identity);
  refused &= ~accepted;
  if ((accepted & (1 << star)) === 0) refused &= (1 << identity) | (1 << star);
  for (let number = 1; number < letters.length; number++)
    if ((accepted & (1 << number)) !== 0) output.byte(letters[number]!);
  for (let number = 1; number < letters.length; number++) {
    if ((refused & (1 << number)) === 0) continue;
    output.byte(refusedMark);
    output.byte(letters[number]!);
  }
  if (hasUnknown) writeUnknown(output, head, index, count);
}

/** That spelling as it would stand in a field, for people: "bg-i,x" is "br, gzip, identity;q=0, x". */
export function acceptEncodingText(spelling: string): string {
  const [known = "", ...unknown] = spelling.split(",");
  const told = [...known.matchAll(/(-?)(.)/g)].map(([, mark, letter = ""]) => {
    const name = names[letters.indexOf(letter.charCodeAt(0))] ?? letter;
    return mark === "" ? name : `${name};q=0`;
  });
  const others = unknown.map((name) => (name.startsWith("-") ? `${name.slice(1)};q=0` : name));
  // Who takes nothing in particular takes what is in no coding.
  return [...told, ...others].join(", ") || "identity";
}

/** The element that was read last; `number` is 0 for none, or for one that is not known (then `end` is behind `start`). */
const found = { number: 0, isRefused: false, start: 0, end: 0 };

/** Reads the element at `at`, or what parts elements; answers where the next starts. */
function readCoding(bytes: Uint8Array, at: number, end: number): number {
  found.number = 0;
  found.start = at;
  found.end = at;
  const start = at;
  while (at < end && isToken[bytes[at]!] !== 0) at++;
  if (at === start) return at + 1;
  found.end = at;
  found.number = sameAs[codings.find(bytes, start, at)]!;
  found.isRefused = false;
  while (at < end && bytes[at] !== byte.comma) {
    if (bytes[at] === 0x3d && at > start && (bytes[at - 1]! | 0x20) === 0x71)
      found.isRefused = isZero(bytes, at + 1, end);
    at++;
  }
  return at + 1;
}

/** "0", "0.", "0.000" */
function isZero(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end || bytes[at] !== byte.zero) return false;
  for (at++; at < end && bytes[at] !== byte.comma; at++) {
    const octet = bytes[at]!;
    if (octet !== byte.zero && octet !== 0x2e && octet !== byte.space && octet !== byte.tab && octet !== byte.semicolon)
      return false;
  }
  return true;
}

/** In the order in which they came, each with "," before it, and "-" where it is refused. */
function writeUnknown(output: Output, head: Head, index: number, count: number): void {
  for (let at = index, rest = count; rest > 0 && at !== -1; rest--) {
    const end = valueEnd(head, at);
    for (let next = valueStart(head, at); next < end; ) {
      next = readCoding(head.bytes, next, end);
      if (found.number !== 0 || found.end === found.start) continue;
      output.byte(byte.comma);
      if (found.isRefused) output.byte(refusedMark);
      for (let each = found.start; each < found.end; each++) output.byte(lowered(head.bytes[each]!));
    }
    if (rest > 1) at = nextField(head, cacheField.acceptEncoding, at + 1);
  }
}
