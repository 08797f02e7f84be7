// Whether a response to a request may be stored by a shared cache, and why not (RFC 9111 section 3). The reasons are numbers,
// kept in CacheFacts.reason and counted by, with words for people. What is judged: the request, the response, the pool's
// policy. What is not: whether there is room for it.

import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import { directive } from "./cachecontrol.ts";
import { cacheField, nextField, valueEnd, valueStart } from "./fieldname.ts";
import { type Freshness, lifetimeFrom, mayBeGuessed } from "./freshness.ts";
import { noDate } from "./httpdate.ts";
import type { CachePolicy } from "./policy.ts";
import type { RequestFacts } from "./requestfacts.ts";
import type { ResponseFacts } from "./responsefacts.ts";
import { varyOutcome } from "./vary.ts";

/** Why a response is not stored; `none` when it is. */
export const reason = {
  none: 0,
  method: 1,
  requestNoStore: 2,
  noStore: 3,
  private: 4,
  authorization: 5,
  setCookie: 6,
  varyStar: 7,
  varyUnreadable: 8,
  status: 9,
  partial: 10,
  notModified: 11,
  noLifetime: 12,
  stale: 13,
  tooLarge: 14,
  bypass: 15,
  range: 16,
  /** For who fills: it ended before it was whole, or found no room. */
  truncated: 17,
  noRoom: 18,
  varyClient: 19,
  cookie: 20,
  /** For who purges: a second level that is asked now may answer with what it held before. */
  invalidated: 21,
  /** For who fills: it was taken away while it was fetched. */
  purged: 22,
} as const;

/** By number: what a metric, Cache-Status and `sluice cache why` say; one word each, and a sentence. */
export const reasonWords: readonly (readonly [string, string])[] = [
  ["stored", "It is stored."],
  ["method", "Only answers to GET are stored."],
  ["request-no-store", "The request says no-store."],
  ["no-store", "The response says no-store."],
  ["private", "The response says private: it is for one user."],
  ["authorization", "The request has Authorization, and the response is not public, must-revalidate or s-maxage."],
  ["set-cookie", "The response sets a cookie."],
  ["vary-star", "Vary is *: nobody knows what else it was chosen by."],
  ["vary-unreadable", "Vary names too many fields, or something that is no field."],
  ["status", "The response says must-understand, and its status is not one that we know; or it is no final one."],
  ["partial", "It is a part of a whole."],
  ["not-modified", "A 304 is about what its asker has."],
  ["no-lifetime", "Nothing says how long it is fresh, and nothing allows a guess."],
  ["stale", "It is stale as it comes, and has nothing to ask again by."],
  ["too-large", "It is larger than the cache takes."],
  ["bypass", "The pool's bypass condition holds."],
  ["range", "The request asks for a range."],
  ["truncated", "It ended before it was whole."],
  ["no-room", "There was no room for it."],
  ["vary-client", "Vary names a field that says who the client is, and is another for each of them."],
  ["cookie", "The request has a cookie, and the response is a page or data that does not say who may keep it."],
  [
    "invalidated",
    "A request has changed it a moment ago, or it was purged, and the second level may still hold what was before.",
  ],
  ["purged", "It was purged, changed by a request or replaced while it was being fetched."],
];

/**
 * `vary` is what `VaryNames.read` answered. `headBytes`: length of the head as it would be stored. `isBypassed`: the pool's
 * condition holds for the request.
 */
export function whyNotStored(
  request: RequestFacts,
  response: ResponseFacts,
  head: Head,
  freshness: Freshness,
  policy: CachePolicy,
  vary: number,
  isBypassed: boolean,
): number {
  if (isBypassed) return reason.bypass;
  if (!request.isLookedUp || request.isHead) return reason.method;
  if (policy.plan.honorsRequests && request.control.has(directive.noStore)) return reason.requestNoStore;
  const byStatus = whyNotByStatus(response);
  if (byStatus !== reason.none) return byStatus;
  if (vary === varyOutcome.star) return reason.varyStar;
  if (vary === varyOutcome.unreadable) return reason.varyUnreadable;
  if (vary === varyOutcome.client) return reason.varyClient;
  if (request.hasCookie && isGuessed(response, freshness) && isPage(head)) return reason.cookie;
  return whyNotKept(request.hasAuthorization, response, head, freshness, policy);
}

/** What the response itself says against it, and against keeping it when a 304 has changed what it says. */
export function whyNotKept(
  hasAuthorization: boolean,
  response: ResponseFacts,
  head: Head,
  freshness: Freshness,
  policy: CachePolicy,
): number {
  const { control } = response;
  // Section 5.2.2.3: who understands the status obeys must-understand instead of the no-store beside it.
  if (control.has(directive.noStore) && !control.has(directive.mustUnderstand)) return reason.noStore;
  if (control.has(directive.private)) return reason.private;
  if (hasAuthorization && !isForAll(response)) return reason.authorization;
  if (response.hasSetCookie && !policy.plan.dropsCookies && !control.lists(head.bytes, setCookie, 0, setCookie.length))
    return reason.setCookie;
  if (freshness.from === lifetimeFrom.nobody && !mayBeKept(response)) return reason.noLifetime;
  if (isUseless(response, freshness, policy)) return reason.stale;
  return response.contentLength + head.end - head.start > policy.objectBytesMax ? reason.tooLarge : reason.none;
}

/** Neither its origin nor the pool has said that it may be kept. */
function isGuessed({ control }: ResponseFacts, { from }: Freshness): boolean {
  if (from !== lifetimeFrom.heuristic && from !== lifetimeFrom.nobody) return false;
  return !control.has(directive.public) && control.maxAgeS < 0 && control.sMaxageS < 0;
}

/**
 * Whether a response is of the kind that is made for one user, by its media type: HTML, JSON, XML, and what does not say.
 * Pictures, fonts, styles, scripts and the like are the same for all who have a cookie of whatever kind.
 */
function isPage(head: Head): boolean {
  const index = nextField(head, cacheField.contentType, 0);
  if (index === -1) return true;
  const { bytes } = head;
  const start = valueStart(head, index);
  let end = start;
  while (end < valueEnd(head, index) && bytes[end] !== byte.semicolon) end++;
  const type = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  return /^(?:text\/(?:html|xml)|application\/(?:json|xml|xhtml\+xml)|(?!image\/)[^/]+\/[^/]+\+(?:json|xml))\s*$/i.test(
    type,
  );
}

const setCookie = new TextEncoder().encode("set-cookie");

function whyNotByStatus(response: ResponseFacts): number {
  const { status, control } = response;
  if (status === 304) return reason.notModified;
  // Content-Range says so only there (RFC 9110 section 14.4).
  if (status === 206) return reason.partial;
  if (status < 200) return reason.status;
  return control.has(directive.mustUnderstand) && !isUnderstood(status) ? reason.status : reason.none;
}

/** The final statuses of RFC 9110 section 15, and those of the RFCs that add plain ones (425, 428, 429, 431, 451, 511). */
function isUnderstood(status: number): boolean {
  if (status <= 205) return status >= 200;
  if (status <= 308) return status >= 300 && status !== 306;
  if (status <= 417) return status >= 400;
  if (status <= 505) return status >= 500 || status === 421 || status === 422 || isAdded(status);
  return status === 511;
}

function isAdded(status: number): boolean {
  return status === 425 || status === 426 || status === 428 || status === 429 || status === 431 || status === 451;
}

/** Whether it may be stored though its request had Authorization (section 3.5). */
export function isForAll({ control }: ResponseFacts): boolean {
  return control.has(directive.public | directive.mustRevalidate) || control.sMaxageS >= 0;
}

/**
 * Without any lifetime it is still good for asking again, where it may be guessed about at all (section 3, last part of the
 * list).
 */
function mayBeKept(response: ResponseFacts): boolean {
  return mayBeGuessed(response) && hasValidator(response);
}

function hasValidator(response: ResponseFacts): boolean {
  return response.etagEnd !== 0 || response.lastModifiedMs !== noDate;
}

/** Never to be shown without being asked for whole again. */
function isUseless(response: ResponseFacts, freshness: Freshness, policy: CachePolicy): boolean {
  if (hasValidator(response)) return false;
  const { control } = response;
  if (control.has(directive.noCache)) return true;
  if (freshness.lifetimeMs > freshness.initialAgeMs) return false;
  const isStrict = control.has(directive.mustRevalidate | directive.proxyRevalidate);
  if (isStrict) return true;
  if (control.staleWhileRevalidateS > 0 || control.staleIfErrorS > 0) return false;
  return control.sMaxageS >= 0 || (policy.plan.staleWhileRevalidateMs <= 0 && policy.plan.staleIfErrorMs <= 0);
}

/** Whether a reason is about whatever answers the URL, and not about the one request. */
export function isOfAll(why: number): boolean {
  switch (why) {
    case reason.method:
    case reason.requestNoStore:
    case reason.authorization:
    case reason.cookie:
    case reason.bypass:
    case reason.range:
    case reason.partial:
    case reason.notModified:
    case reason.truncated:
    case reason.noRoom:
    case reason.purged:
      return false;
    default:
      return true;
  }
}
