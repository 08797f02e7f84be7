// The head that is kept of a response, and the one that a 304 makes of it (RFC 9111 sections 3.1 and 3.2). What is of one
// connection, of one proxy, of one user or of the moment is left out; all else is copied as it came, in as few runs as there
// are gaps. The facts beside it say the rest: Age is in `bornMs`, and who shows it says its own.
//
// A 304 replaces fields that it has, line by line for a whole name, and adds those that are new. It never touches what the
// stored body hangs on (Content-Length, Content-Encoding, Content-Range, ETag, digests of it) or what the key does (Vary):
// section 3.2 lets a cache keep those, and a body that we have compressed or rewritten is not what the origin's 304 speaks of.

import { type CacheFacts, cacheFlag } from "../memory/cache.ts";
import { field } from "../wire/http1/fields.ts";
import { isNominated } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { directive } from "./cachecontrol.ts";
import { cacheField, cacheFieldAt, lowered, valueEnd } from "./fieldname.ts";
import { type Freshness, lifetimeFrom } from "./freshness.ts";
import { noDate } from "./httpdate.ts";
import type { CachePolicy } from "./policy.ts";
import type { ResponseFacts } from "./responsefacts.ts";

const crlf = new TextEncoder().encode("\r\n");

/**
 * The head as it is stored, behind whatever `output` holds: HTTP/1.1, status line, fields, the empty line. The span of its
 * ETag goes into `facts`, counted from the head's own start.
 */
export function writeStoredHead(
  output: Output,
  head: Head,
  response: ResponseFacts,
  policy: CachePolicy,
  facts: CacheFacts,
): void {
  const start = output.length;
  writeStatusLine(output, head);
  writeKept(output, head, response, policy, facts, start, null);
  output.put(crlf);
}

/**
 * The stored head `stored` with what the 304 in `head` says, behind whatever `output` holds; `facts` get the new span of the
 * ETag. `response` is read from the 304.
 */
export function writeFreshenedHead(
  output: Output,
  stored: Head,
  head: Head,
  response: ResponseFacts,
  policy: CachePolicy,
  facts: CacheFacts,
): void {
  const start = output.length;
  output.copy(stored.bytes, stored.start, stored.fieldsStart);
  facts.etagStart = 0;
  facts.etagEnd = 0;
  let run = stored.fieldsStart;
  for (let index = 0; index < stored.fieldCount; index++) {
    const id = cacheFieldAt(stored, index);
    if (
      !isFrozen(stored, index, id) &&
      (isListed(stored, index, head, response) || isReplaced(stored, index, head, response, policy))
    ) {
      output.copy(stored.bytes, run, stored.spans[index * 4]!);
      run = stored.lineEnd(index);
    } else if (id === cacheField.etag && facts.etagEnd === 0) {
      facts.etagStart = output.length - start + stored.spans[index * 4 + 2]! - run;
      facts.etagEnd = facts.etagStart + valueEnd(stored, index) - stored.spans[index * 4 + 2]!;
    }
  }
  output.copy(stored.bytes, run, stored.fieldsEnd);
  writeKept(output, head, response, policy, facts, start, stored);
  output.put(crlf);
}

/** Whether the 304 says of the field that it is not to be shown (no-cache and private that name fields). */
function isListed(stored: Head, index: number, head: Head, { control }: ResponseFacts): boolean {
  if (control.listCount === 0) return false;
  return control.lists(head.bytes, stored.bytes, stored.spans[index * 4]!, stored.spans[index * 4 + 1]!);
}

/** Whether the 304 has a line for the field's name that it may put in its place. */
function isReplaced(stored: Head, index: number, head: Head, response: ResponseFacts, policy: CachePolicy): boolean {
  const start = stored.spans[index * 4]!;
  const length = stored.spans[index * 4 + 1]! - start;
  for (let other = 0; other < head.fieldCount; other++) {
    const otherStart = head.spans[other * 4]!;
    if (head.spans[other * 4 + 1]! - otherStart !== length) continue;
    let at = 0;
    while (at < length && lowered(stored.bytes[start + at]!) === lowered(head.bytes[otherStart + at]!)) at++;
    if (at === length && isKept(head, other, cacheFieldAt(head, other), response, policy)) return true;
  }
  return false;
}

/** HTTP/1.1 whatever it came as, for that is how it is shown. */
function writeStatusLine(output: Output, head: Head): void {
  output.copy(head.bytes, head.start, head.start + 7);
  output.byte(byte.zero + 1);
  output.copy(head.bytes, head.start + 8, head.fieldsStart);
}

/** The lines that are kept. `stored`: those that a 304 may not bring into this head are left out. */
function writeKept(
  output: Output,
  head: Head,
  response: ResponseFacts,
  policy: CachePolicy,
  facts: CacheFacts,
  start: number,
  stored: Head | null,
): void {
  if (stored === null) {
    facts.etagStart = 0;
    facts.etagEnd = 0;
  }
  let run = head.fieldsStart;
  let lengths = 0;
  for (let index = 0; index < head.fieldCount; index++) {
    const id = cacheFieldAt(head, index);
    const isTwice = head.ids[index] === field.contentLength && ++lengths > 1;
    const isBarred = stored !== null && isFrozen(head, index, id);
    if (isTwice || isBarred || !isKept(head, index, id, response, policy)) {
      output.copy(head.bytes, run, head.spans[index * 4]!);
      run = head.lineEnd(index);
    } else if (id === cacheField.etag && facts.etagEnd === 0 && response.etagEnd !== 0) {
      facts.etagStart = output.length - start + head.spans[index * 4 + 2]! - run;
      facts.etagEnd = facts.etagStart + valueEnd(head, index) - head.spans[index * 4 + 2]!;
    }
  }
  output.copy(head.bytes, run, head.fieldsEnd);
}

/** What a 304 neither replaces nor adds. */
function isFrozen(head: Head, index: number, id: number): boolean {
  switch (id) {
    case cacheField.contentEncoding:
    case cacheField.contentRange:
    case cacheField.etag:
    case cacheField.vary:
    case cacheField.contentMd5:
    case cacheField.digest:
    case cacheField.contentDigest:
    case cacheField.reprDigest:
      return true;
    default:
      return head.ids[index] === field.contentLength;
  }
}

/** Section 3.1. Trailers are not kept either, so that nothing announces them. */
function isKept(head: Head, index: number, id: number, response: ResponseFacts, policy: CachePolicy): boolean {
  switch (head.ids[index]) {
    case field.connection:
    case field.keepAlive:
    case field.proxyConnection:
    case field.proxyAuthorization:
    case field.proxyAuthenticate:
    case field.te:
    case field.transferEncoding:
    case field.upgrade:
      return false;
    default:
      break;
  }
  switch (id) {
    case cacheField.age:
    case cacheField.trailer:
    case cacheField.proxyAuthenticationInfo:
      return false;
    case cacheField.setCookie:
    case cacheField.setCookie2:
      if (policy.plan.dropsCookies) return false;
      break;
    default:
      break;
  }
  const nameStart = head.spans[index * 4]!;
  const nameEnd = head.spans[index * 4 + 1]!;
  if (response.control.listCount > 0 && response.control.lists(head.bytes, head.bytes, nameStart, nameEnd))
    return false;
  return !(head.hasNominated && head.ids[index] !== field.contentLength && isNominated(head, nameStart, nameEnd));
}

/**
 * All facts but the span of the ETag, which must be there by then (it goes with the head), and the length of the body.
 * `nowMs`: when it is stored. Of a 304, `response` is what was read from the head that it has made, so that what it did not
 * say stays as it was.
 */
export function fillFacts(
  facts: CacheFacts,
  response: ResponseFacts,
  freshness: Freshness,
  policy: CachePolicy,
  nowMs: number,
): void {
  const { control } = response;
  const { plan } = policy;
  const isExtended = control.staleWhileRevalidateS >= 0 || control.staleIfErrorS >= 0;
  const isShared = control.sMaxageS >= 0;
  // s-maxage means proxy-revalidate (section 5.2.2.10), unless the same response says how it may be shown stale (RFC 5861).
  const isStrict = control.has(directive.mustRevalidate | directive.proxyRevalidate) || (isShared && !isExtended);
  facts.status = response.status;
  facts.flags =
    (isStrict ? cacheFlag.mustRevalidate : 0) |
    (control.has(directive.noCache) ? cacheFlag.alwaysRevalidate : 0) |
    (facts.etagEnd !== 0 ? cacheFlag.hasEtag : 0) |
    (response.lastModifiedMs !== noDate ? cacheFlag.hasLastModified : 0) |
    (freshness.from === lifetimeFrom.heuristic ? cacheFlag.isHeuristic : 0) |
    (control.has(directive.immutable) ? cacheFlag.isImmutable : 0) |
    (isShared ? cacheFlag.isUnextended : 0);
  facts.bornMs = freshness.bornMs;
  facts.storedMs = nowMs;
  facts.freshForMs = freshness.lifetimeMs;
  const isDefault = !isStrict && !isShared;
  facts.staleWhileRevalidateMs = staleMs(
    isStrict,
    control.staleWhileRevalidateS,
    isDefault ? plan.staleWhileRevalidateMs : 0,
  );
  facts.staleIfErrorMs = staleMs(isStrict, control.staleIfErrorS, isDefault ? plan.staleIfErrorMs : 0);
  facts.lastModifiedMs = modifiedMs(response);
  facts.reason = 0;
}

/** Where nothing says when it was modified it is as new as its Date (section 4.3.2), though nobody can be asked by that. */
function modifiedMs({ lastModifiedMs, dateMs }: ResponseFacts): number {
  if (lastModifiedMs !== noDate) return lastModifiedMs;
  return dateMs === noDate ? 0 : dateMs;
}

function staleMs(isStrict: boolean, saidS: number, defaultMs: number): number {
  if (isStrict) return 0;
  return saidS >= 0 ? saidS * 1000 : Math.max(0, defaultMs);
}

/** RFC 9110 section 6.6.1: what is stored has a Date. To a head that was written without one. */
export function writeDate(output: Output, wallMs: number): void {
  output.length -= crlf.length;
  output.latin1(`Date: ${new Date(wallMs).toUTCString()}\r\n\r\n`);
}
