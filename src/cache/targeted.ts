// CDN-Cache-Control (RFC 9213): the same directives as in Cache-Control, meant for caches like this one, written as a
// dictionary of structured fields (RFC 8941 section 3.2). A field that is empty or does not parse is as if it were not there
// (RFC 9213 section 2.1); so is one in which a directive that we know has a value of the wrong type, for its writer meant
// something that we cannot tell. Parsing is strict: names in lower case, no blanks around "=". Of a name that comes twice the
// last counts, as dictionaries have it.

import { byte, isToken } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import { type CacheControl, directives, secondsMax, takesNames, takesSeconds } from "./cachecontrol.ts";
import { cacheField, nextField, valueEnd, valueStart } from "./fieldname.ts";

/** What a value is; `none` is a member without one, which is true. */
const kind = { none: 0, integer: 1, yes: 2, no: 3, string: 4, other: 5 } as const;

/** Where the scan stands and what it saw last. One for all, since nothing here is entered twice. */
const scan = { at: 0, kind: 0, number: 0, start: 0, end: 0 };

/**
 * The fields from the one at `index` on, `count` of them, into `control`, which is cleared. False: they are to be ignored, and
 * `control` holds nothing.
 */
export function readTargeted(control: CacheControl, head: Head, index: number, count: number): boolean {
  control.clear();
  let members = 0;
  for (let at = index; count > 0 && at !== -1; count--) {
    const found = readLine(control, head.bytes, valueStart(head, at), valueEnd(head, at));
    if (found === -1) {
      control.clear();
      return false;
    }
    members += found;
    if (count > 1) at = nextField(head, cacheField.cdnCacheControl, at + 1);
  }
  return members > 0;
}

/** Members of one line, which may be empty; -1 when it is no dictionary. */
function readLine(control: CacheControl, bytes: Uint8Array, start: number, end: number): number {
  let members = 0;
  let at = start;
  while (at < end) {
    const nameStart = at;
    if (!isKeyStart(bytes[at]!)) return -1;
    while (at < end && isKey(bytes[at]!)) at++;
    const nameEnd = at;
    scan.kind = kind.none;
    scan.at = at;
    if (at < end && bytes[at] === 0x3d) {
      scan.at = at + 1;
      const isRead = bytes[scan.at] === 0x28 && scan.at < end ? readInner(bytes, end) : readItem(bytes, end);
      if (!isRead) return -1;
    }
    const { kind: what, number, start: textStart, end: textEnd } = scan;
    if (!readParameters(bytes, end)) return -1;
    if (!note(control, bytes, directives.find(bytes, nameStart, nameEnd), what, number, textStart, textEnd)) return -1;
    members++;
    at = skip(bytes, scan.at, end);
    if (at === end) break;
    if (bytes[at] !== byte.comma) return -1;
    at = skip(bytes, at + 1, end);
    // A comma at the end has nothing to part.
    if (at === end) return -1;
  }
  return members;
}

function skip(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && (bytes[at] === byte.space || bytes[at] === byte.tab)) at++;
  return at;
}

function note(
  control: CacheControl,
  bytes: Uint8Array,
  directive: number,
  what: number,
  number: number,
  textStart: number,
  textEnd: number,
): boolean {
  if (directive === 0) return true;
  if (takesSeconds(directive)) {
    if (what !== kind.integer) return false;
    // Less than nothing is no number of seconds: stale, as in Cache-Control.
    control.setSeconds(directive, Math.min(Math.max(number, 0), secondsMax));
    return true;
  }
  if (what === kind.no) return true;
  if (what === kind.string && takesNames(directive)) {
    if (!control.addList(bytes, textStart, textEnd)) control.setFlag(directive);
    return true;
  }
  if (what !== kind.none && what !== kind.yes) return false;
  control.setFlag(directive);
  return true;
}

/** bare-item */
function readItem(bytes: Uint8Array, end: number): boolean {
  if (scan.at >= end) return false;
  const first = bytes[scan.at]!;
  if (first === 0x22) return readString(bytes, end);
  if (first === 0x3f) return readBoolean(bytes, end);
  if (first === 0x3a) return readBinary(bytes, end);
  if (first === 0x2d || isDigit(first)) return readNumber(bytes, end);
  if (first !== 0x2a && !isAlpha(first)) return false;
  let at = scan.at + 1;
  while (at < end && (isToken[bytes[at]!] !== 0 || bytes[at] === byte.colon || bytes[at] === byte.slash)) at++;
  scan.at = at;
  scan.kind = kind.other;
  return true;
}

/** Integers of up to 15 digits, decimals of up to 12 and 3. */
function readNumber(bytes: Uint8Array, end: number): boolean {
  let at = scan.at;
  const sign = bytes[at] === 0x2d ? -1 : 1;
  if (sign === -1) at++;
  const first = at;
  let value = 0;
  while (at < end && isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - byte.zero;
  const whole = at - first;
  if (whole === 0) return false;
  scan.kind = kind.integer;
  if (at < end && bytes[at] === 0x2e) {
    const point = at++;
    while (at < end && isDigit(bytes[at]!)) at++;
    const fraction = at - point - 1;
    if (whole > 12 || fraction === 0 || fraction > 3) return false;
    scan.kind = kind.other;
  } else if (whole > 15) return false;
  scan.number = sign * value;
  scan.at = at;
  return true;
}

function readString(bytes: Uint8Array, end: number): boolean {
  let at = scan.at + 1;
  scan.start = at;
  for (; at < end; at++) {
    const octet = bytes[at]!;
    if (octet === 0x22) {
      scan.kind = kind.string;
      scan.end = at;
      scan.at = at + 1;
      return true;
    }
    if (octet === 0x5c) {
      const next = bytes[++at];
      if (at >= end || (next !== 0x22 && next !== 0x5c)) return false;
    } else if (octet < 0x20 || octet > 0x7e) return false;
  }
  return false;
}

function readBoolean(bytes: Uint8Array, end: number): boolean {
  const value = bytes[scan.at + 1]! - byte.zero;
  if (scan.at + 2 > end || (value !== 0 && value !== 1)) return false;
  scan.kind = value === 1 ? kind.yes : kind.no;
  scan.at += 2;
  return true;
}

/** ":" base64 ":" */
function readBinary(bytes: Uint8Array, end: number): boolean {
  let at = scan.at + 1;
  while (at < end && (isDigit(bytes[at]!) || isAlpha(bytes[at]!) || isBase64Mark(bytes[at]!))) at++;
  if (at >= end || bytes[at] !== 0x3a) return false;
  scan.kind = kind.other;
  scan.at = at + 1;
  return true;
}

/** "(" items ")" */
function readInner(bytes: Uint8Array, end: number): boolean {
  scan.at++;
  for (;;) {
    while (scan.at < end && bytes[scan.at] === byte.space) scan.at++;
    if (scan.at >= end) return false;
    if (bytes[scan.at] === 0x29) {
      scan.at++;
      scan.kind = kind.other;
      return true;
    }
    if (!readItem(bytes, end) || !readParameters(bytes, end)) return false;
    if (scan.at >= end || (bytes[scan.at] !== byte.space && bytes[scan.at] !== 0x29)) return false;
  }
}

/** Read and forgotten (RFC 9213 section 2.1). */
function readParameters(bytes: Uint8Array, end: number): boolean {
  while (scan.at < end && bytes[scan.at] === byte.semicolon) {
    scan.at++;
    while (scan.at < end && bytes[scan.at] === byte.space) scan.at++;
    if (scan.at >= end || !isKeyStart(bytes[scan.at]!)) return false;
    while (scan.at < end && isKey(bytes[scan.at]!)) scan.at++;
    if (scan.at < end && bytes[scan.at] === 0x3d) {
      scan.at++;
      if (!readItem(bytes, end)) return false;
    }
  }
  return true;
}

/** lcalpha / "*" */
function isKeyStart(octet: number): boolean {
  return (octet >= 0x61 && octet <= 0x7a) || octet === 0x2a;
}

/** lcalpha / DIGIT / "_" / "-" / "." / "*" */
function isKey(octet: number): boolean {
  return isKeyStart(octet) || isDigit(octet) || octet === 0x5f || octet === 0x2d || octet === 0x2e;
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

function isAlpha(octet: number): boolean {
  return (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a;
}

function isBase64Mark(octet: number): boolean {
  return octet === 0x2b || octet === 0x2f || octet === 0x3d;
}
