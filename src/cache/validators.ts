// Conditions: those of a request on a stored response that may be shown (RFC 9111 section 4.3.2, RFC 9110 section 13), those
// that we ask with ourselves (4.3.1), and whether what a 304 or a HEAD says is about the response that we have (4.3.4,
// 4.3.5). Bytes are compared where they lie. If-Match and If-Unmodified-Since are for the origin: a request with them is
// passed on, and no 412 is ever ours.

import { type CacheFacts, cacheFlag } from "../memory/cache.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { cacheField, nextField, valueEnd, valueStart } from "./fieldname.ts";
import { noDate, parseDate } from "./httpdate.ts";
import type { RequestFacts } from "./requestfacts.ts";
import type { ResponseFacts } from "./responsefacts.ts";

/** What a request that may be answered from the cache gets. */
export const conditionOutcome = { whole: 0, notModified: 1, passOn: 2 } as const;

/**
 * In the order of RFC 9110 section 13.2.2. `bytes` and `base`: what the span of the stored ETag is a part of, and where the
 * stored head starts in it. A range comes after this (`isRangeWanted`).
 */
export function conditionOf(
  head: Head,
  request: RequestFacts,
  facts: CacheFacts,
  bytes: Uint8Array,
  base: number,
  nowMs: number,
): number {
  if (request.hasOriginCondition) return conditionOutcome.passOn;
  if (request.ifNoneMatch === -1 && request.ifModifiedSince === -1) return conditionOutcome.whole;
  // Section 13.2.1: conditions are about what would be a success.
  if (facts.status < 200 || facts.status > 299) return conditionOutcome.whole;
  const isSame =
    request.ifNoneMatch !== -1
      ? isListed(head, request.ifNoneMatch, facts, bytes, base)
      : isUnmodified(head, request, facts, nowMs);
  return isSame ? conditionOutcome.notModified : conditionOutcome.whole;
}

/** If-None-Match (section 13.1.2): weak comparison with each of a list; "*" is whatever there is. */
function isListed(head: Head, first: number, facts: CacheFacts, bytes: Uint8Array, base: number): boolean {
  const opaque = opaqueStart(bytes, base + facts.etagStart, base + facts.etagEnd);
  const hasEtag = (facts.flags & cacheFlag.hasEtag) !== 0;
  for (let index = first; index !== -1; index = nextField(head, cacheField.ifNoneMatch, index + 1)) {
    const end = valueEnd(head, index);
    const start = valueStart(head, index);
    if (end - start === 1 && head.bytes[start] === 0x2a) return true;
    for (let at = start; hasEtag && at < end; ) {
      const octet = head.bytes[at]!;
      if (octet === byte.comma || octet === byte.space || octet === byte.tab) {
        at++;
        continue;
      }
      const from = opaqueStart(head.bytes, at, end);
      at = tagEnd(head.bytes, from, end);
      if (isSame(head.bytes, from, at, bytes, opaque, base + facts.etagEnd)) return true;
    }
  }
  return false;
}

/** Behind "W/", where that stands. It is case-sensitive (section 8.8.3). */
function opaqueStart(bytes: Uint8Array, start: number, end: number): number {
  return start + 1 < end && bytes[start] === 0x57 && bytes[start + 1] === byte.slash ? start + 2 : start;
}

/** Where the tag at `at` ends: behind its closing quote; of one without quotes, which is none, before blank or comma. */
function tagEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at < end && bytes[at] === 0x22) {
    for (at++; at < end && bytes[at] !== 0x22; at++);
    return Math.min(at + 1, end);
  }
  while (at < end && bytes[at] !== byte.comma && bytes[at] !== byte.space && bytes[at] !== byte.tab) at++;
  return at;
}

function isSame(
  one: Uint8Array,
  oneStart: number,
  oneEnd: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (oneEnd - oneStart !== otherEnd - otherStart) return false;
  for (let at = oneStart; at < oneEnd; at++) if (one[at] !== other[otherStart + at - oneStart]) return false;
  return true;
}

/**
 * If-Modified-Since (section 13.1.3). What has no Last-Modified is as new as its Date, or as the time it was stored (RFC 9111
 * section 4.3.2). What is no date, or came twice, is no condition.
 */
function isUnmodified(head: Head, request: RequestFacts, facts: CacheFacts, nowMs: number): boolean {
  if (request.isIfModifiedSinceTwice) return false;
  const index = request.ifModifiedSince;
  const sinceMs = parseDate(head.bytes, valueStart(head, index), valueEnd(head, index), nowMs);
  if (sinceMs === noDate) return false;
  const hasTime = facts.lastModifiedMs !== 0 || (facts.flags & cacheFlag.hasLastModified) !== 0;
  const changedMs = hasTime ? facts.lastModifiedMs : facts.storedMs;
  return Math.floor(changedMs / 1000) <= Math.floor(sinceMs / 1000);
}

/**
 * Whether Range is to be looked at (section 13.1.5 and 14.2): a GET, a whole 200, and an If-Range that holds. That is a
 * strong ETag that is the same, or the very Last-Modified of a response that was at least a second old then (section
 * 8.8.2.2).
 */
export function isRangeWanted(
  head: Head,
  request: RequestFacts,
  facts: CacheFacts,
  bytes: Uint8Array,
  base: number,
  nowMs: number,
): boolean {
  if (request.range === -1 || request.isRangeTwice || request.isHead || facts.status !== 200) return false;
  if (request.ifRange === -1) return true;
  const start = valueStart(head, request.ifRange);
  const end = valueEnd(head, request.ifRange);
  const isTag = head.bytes[start] === 0x22 || (head.bytes[start] === 0x57 && head.bytes[start + 1] === byte.slash);
  if (isTag) {
    if ((facts.flags & cacheFlag.hasEtag) === 0 || head.bytes[start] !== 0x22) return false;
    return isSame(head.bytes, start, end, bytes, base + facts.etagStart, base + facts.etagEnd);
  }
  if ((facts.flags & cacheFlag.hasLastModified) === 0) return false;
  const dateMs = parseDate(head.bytes, start, end, nowMs);
  return dateMs !== noDate && dateMs === facts.lastModifiedMs && facts.lastModifiedMs + 1000 <= facts.bornMs;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const ifNoneMatchName = encode("If-None-Match: ");
const ifModifiedSinceName = encode("If-Modified-Since: ");
const crlf = encode("\r\n");

/** Whether there is anything to ask anew by. */
export function canRevalidate(facts: CacheFacts): boolean {
  return (facts.flags & (cacheFlag.hasEtag | cacheFlag.hasLastModified)) !== 0;
}

/**
 * The lines that ask whether a stored response is still good (RFC 9111 section 4.3.1); conditions that the client sent do not
 * go with them. `stored` is its head, parsed. False: it has nothing to ask by.
 */
export function writeConditions(output: Output, stored: Head, facts: CacheFacts): boolean {
  const from = output.length;
  if ((facts.flags & cacheFlag.hasEtag) !== 0) {
    output.put(ifNoneMatchName);
    output.copy(stored.bytes, stored.start + facts.etagStart, stored.start + facts.etagEnd);
    output.put(crlf);
  }
  if ((facts.flags & cacheFlag.hasLastModified) !== 0) {
    const index = nextField(stored, cacheField.lastModified, 0);
    if (index !== -1) {
      output.put(ifModifiedSinceName);
      output.copy(stored.bytes, valueStart(stored, index), valueEnd(stored, index));
      output.put(crlf);
    }
  }
  return output.length > from;
}

/** Whether a field of a request is a condition or a range: what our own question leaves out. */
export function isConditional(cacheFieldId: number): boolean {
  return cacheFieldId >= cacheField.ifNoneMatch && cacheFieldId <= cacheField.ifRange;
}

/**
 * Whether the 304 that came to our question is about the stored response (RFC 9111 section 4.3.4). A strong ETag must be the
 * very same, a weak one the same but for its weakness; without one Last-Modified decides. Stricter than nothing, laxer than
 * the RFC in one: a 304 without any validator is taken as the answer that it is, for we asked about one response only and
 * many servers leave the ETag out.
 */
export function isFreshenedBy(
  head: Head,
  response: ResponseFacts,
  facts: CacheFacts,
  bytes: Uint8Array,
  base: number,
): boolean {
  const hasEtag = (facts.flags & cacheFlag.hasEtag) !== 0;
  if (response.etagEnd !== 0 && hasEtag) return isSameTag(head.bytes, response, facts, bytes, base);
  const hasLastModified = (facts.flags & cacheFlag.hasLastModified) !== 0;
  if (response.lastModifiedMs !== noDate && hasLastModified) return response.lastModifiedMs === facts.lastModifiedMs;
  return response.etagEnd === 0 && response.lastModifiedMs === noDate;
}

function isSameTag(
  tagBytes: Uint8Array,
  { etagStart, etagEnd }: ResponseFacts,
  facts: CacheFacts,
  bytes: Uint8Array,
  base: number,
): boolean {
  const opaque = opaqueStart(tagBytes, etagStart, etagEnd);
  const stored = base + facts.etagStart;
  const storedOpaque = opaqueStart(bytes, stored, base + facts.etagEnd);
  return isSame(tagBytes, opaque, etagEnd, bytes, storedOpaque, base + facts.etagEnd);
}

/** What the answer to a HEAD that went to the origin says of the stored answer to GET. */
export const headOutcome = { same: 0, changed: 1 } as const;

/**
 * RFC 9111 section 4.3.5: a 200 to HEAD whose validators and Content-Length are those of the stored response updates it like
 * a 304; one that differs in any makes it stale.
 */
export function headOutcomeOf(
  head: Head,
  response: ResponseFacts,
  facts: CacheFacts,
  bytes: Uint8Array,
  base: number,
): number {
  if (response.contentLength !== -1 && facts.bodyBytes !== -1 && response.contentLength !== facts.bodyBytes)
    return headOutcome.changed;
  const hasEtag = (facts.flags & cacheFlag.hasEtag) !== 0;
  if (hasEtag !== (response.etagEnd !== 0)) return headOutcome.changed;
  if (hasEtag && !isSameTag(head.bytes, response, facts, bytes, base)) return headOutcome.changed;
  const hasLastModified = (facts.flags & cacheFlag.hasLastModified) !== 0;
  if (hasLastModified && response.lastModifiedMs !== facts.lastModifiedMs) return headOutcome.changed;
  return hasEtag || hasLastModified ? headOutcome.same : headOutcome.changed;
}
