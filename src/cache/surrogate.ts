// Surrogate-Control (Edge Architecture Specification, W3C Note of 2001, section 2.2): what an origin says to the caches that
// stand for it, older than CDN-Cache-Control and in use still. Directives are those of Cache-Control, in any case of letters;
// max-age may have an extension, "60+30": stale for so long it may be shown while it is asked for anew, or when that fails. A
// directive with parameters is for the surrogates that they name ("max-age=60;sluice"); who is not named leaves it alone.
// no-store-remote is for caches far from the origin, and content is for those that process bodies: both say nothing to us.
//
// It speaks in the place of Cache-Control and Expires where a directive in it is for us and can be read. One thing of
// Cache-Control holds beside it, which is for who calls: private. The Note knows no such word, and an origin that puts both
// into one response has two hands, of which one knows that it is about a user.

import { byte, isToken } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import { type CacheControl, directive, directives, quotedEnd, secondsOf, takesSeconds } from "./cachecontrol.ts";
import { cacheField, lowered, nextField, valueEnd, valueStart } from "./fieldname.ts";

/** What we are called in parameters, and should be in Surrogate-Capability where somebody sends one. */
const ourName = new TextEncoder().encode("sluice");

const maxAge = directives.find(new TextEncoder().encode("max-age"), 0, 7);
const staleWhileRevalidate = directives.find(new TextEncoder().encode("stale-while-revalidate"), 0, 22);
const staleIfError = directives.find(new TextEncoder().encode("stale-if-error"), 0, 14);
const equals = 0x3d;
const quote = 0x22;
const plus = 0x2b;

/** The member that was read last: where its name and its argument are (-1 without), and whom it is for. */
const member = { nameStart: 0, nameEnd: 0, start: -1, end: -1, isBad: false, isTargeted: false, isOurs: false };

/**
 * The fields from the one at `index` on, `count` of them, into `control`, which is cleared. False: nothing in them is for us,
 * and `control` holds nothing.
 */
export function readSurrogate(control: CacheControl, head: Head, index: number, count: number): boolean {
  control.clear();
  let noted = 0;
  // What names us counts before what is for all.
  for (const isNaming of [true, false])
    for (let at = index, rest = count; rest > 0 && at !== -1; rest--) {
      noted += readLine(control, head.bytes, valueStart(head, at), valueEnd(head, at), isNaming);
      if (rest > 1) at = nextField(head, cacheField.surrogateControl, at + 1);
    }
  return noted > 0;
}

/** How many directives it had for us. */
function readLine(control: CacheControl, bytes: Uint8Array, start: number, end: number, isNaming: boolean): number {
  let noted = 0;
  for (let at = start; at < end; ) {
    const octet = bytes[at]!;
    if (octet === byte.comma || octet === byte.space || octet === byte.tab) {
      at++;
      continue;
    }
    at = readMember(bytes, at, end);
    const isForUs = isNaming ? member.isTargeted && member.isOurs : !member.isTargeted;
    if (isForUs && note(control, bytes)) noted++;
  }
  return noted;
}

/** name [ "=" argument ] *( ";" token ); answers where the comma behind it is, or the end. */
function readMember(bytes: Uint8Array, at: number, end: number): number {
  member.nameStart = at;
  while (at < end && isToken[bytes[at]!] !== 0) at++;
  member.nameEnd = at;
  member.start = -1;
  member.end = -1;
  member.isBad = false;
  member.isTargeted = false;
  member.isOurs = false;
  if (at < end && bytes[at] === equals) {
    at++;
    const isQuoted = bytes[at] === quote && at < end;
    member.start = isQuoted ? at + 1 : at;
    if (isQuoted) {
      const after = quotedEnd(bytes, at, end);
      member.isBad = after > end;
      at = Math.min(after, end);
      member.end = member.isBad ? end : at - 1;
    } else {
      while (at < end && isToken[bytes[at]!] !== 0) at++;
      member.end = at;
    }
  }
  while (at < end && bytes[at] !== byte.comma) {
    const octet = bytes[at]!;
    if (octet === byte.semicolon) at = readTarget(bytes, at + 1, end);
    else {
      if (octet !== byte.space && octet !== byte.tab) member.isBad = true;
      at = octet === quote ? Math.min(quotedEnd(bytes, at, end), end) : at + 1;
    }
  }
  return at;
}

function readTarget(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && (bytes[at] === byte.space || bytes[at] === byte.tab)) at++;
  const start = at;
  while (at < end && isToken[bytes[at]!] !== 0) at++;
  member.isTargeted = true;
  let same = 0;
  if (at - start === ourName.length)
    while (same < ourName.length && lowered(bytes[start + same]!) === ourName[same]) same++;
  if (same === ourName.length) member.isOurs = true;
  return at;
}

/** Of a directive that comes twice the first counts, as in Cache-Control. False: it says nothing to a cache. */
function note(control: CacheControl, bytes: Uint8Array): boolean {
  const number = directives.find(bytes, member.nameStart, member.nameEnd);
  if (number === 0) return false;
  if (takesSeconds(number)) {
    const sign = number === maxAge ? plusIn(bytes) : -1;
    const value = member.isBad ? -1 : secondsOf(bytes, member.start, sign === -1 ? member.end : sign);
    // A number that is none makes it stale (RFC 9111 section 4.2.1), here as there.
    setFirst(control, number, Math.max(value, 0));
    if (sign !== -1) extend(control, Math.max(secondsOf(bytes, sign + 1, member.end), 0));
    return true;
  }
  const before = control.flags;
  control.setFlag(number);
  // What allows is believed only as it ought to be written.
  if ((member.isBad || member.start !== -1) && (control.flags & ~before & allowing) !== 0) control.flags = before;
  return true;
}

const allowing = directive.public | directive.immutable | directive.mustUnderstand;

function plusIn(bytes: Uint8Array): number {
  for (let at = member.start; at !== -1 && at < member.end; at++) if (bytes[at] === plus) return at;
  return -1;
}

/** Unless it says by a directive of its own how long. */
function extend(control: CacheControl, extraS: number): void {
  setFirst(control, staleWhileRevalidate, extraS);
  setFirst(control, staleIfError, extraS);
}

function setFirst(control: CacheControl, number: number, value: number): void {
  if (control.secondsBy(number) === -1) control.setSeconds(number, value);
}
