// What becomes of a response's body: steps down of the stair, on the server's side of the cache, so that it is done once for what is
// stored. First content is opened where something is to be looked for in it, and the pool's replacements are put behind that; then,
// when hooks have had their turn, come the listener's, and what is left is compressed for a client that takes it. The head is made
// to fit in the end, for a HEAD request too.
//
//   server ─> open (gzip...) ─> replace: pool ─> hooks ─> replace: listener ─> compress ─> cache ─> client
//
// RFC 9110 sections 8.4 (codings), 8.8.3 (ETag), 12.5.3 (Accept-Encoding), 12.5.5 (Vary), RFC 9111 section 5.2.2.6 (no-transform).

import { fault } from "../base/fault.ts";
import type { Coding } from "../config/plan.ts";
import { acceptsCoding, chooseCoding, limitCodings, usual } from "../rewrite/acceptcoding.ts";
import { isWide } from "../rewrite/mediatype.ts";
import { responseBody } from "../wire/http1/framing.ts";
import { bodyKind, type Head, method } from "../wire/http1/head.ts";
import { codingFilter } from "./bodies/codingfilter.ts";
import type { BodyPolicy, Compression, ReplaceRule } from "./bodies/policy.ts";
import { replaceFilter } from "./bodies/replacefilter.ts";
import { announcedOf } from "./bodies/trailers.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { changeRequest, changeResponse, fieldNames, isOneOf } from "./fieldlines.ts";
import { fieldOf } from "./headvalues.ts";
import { isTransforming } from "./hooks/transforming.ts";
import type { CoderWork } from "./port.ts";

type Openable = CoderWork["coding"];

const openable: readonly Openable[] = ["gzip", "br", "zstd", "deflate"];
/** Where nothing is said of compression, what was opened goes back at the usual level. */
const usualLevel = 4;

// ---- the request ----

/** Of a response to this the content may have to be opened. */
function isOpeningLikely(exchange: Exchange): boolean {
  const { pool, listener } = exchange;
  return isReplacing(pool.body) || isReplacing(listener.body) || isTransforming(exchange);
}

function isReplacing(policy: BodyPolicy | null): boolean {
  return policy !== null && policy.replacements.length > 0;
}

/** Before a request is sent: its server is told of no coding that could not be opened. False: the exchange has failed. */
export function limitAcceptEncoding(exchange: Exchange, context: Context): boolean {
  if (!isOpeningLikely(exchange)) return true;
  const { head } = exchange;
  const accept = fieldOf(head, "accept-encoding");
  const limited = accept === null ? null : limitCodings(accept, openable);
  // Of a part nothing can be transformed, and it would go by as it is.
  const isPartAsked = isTransforming(exchange) && fieldOf(head, "range") !== null;
  if (limited === accept && !isPartAsked) return true;
  const lines = limited === null ? "" : `Accept-Encoding: ${limited}\r\n`;
  const dropped = isPartAsked ? [...acceptEncoding, ...ofParts] : acceptEncoding;
  if (changeRequest(exchange, context, (index) => isOneOf(head, index, dropped), lines)) return true;
  exchange.fail(fault("head_too_large"));
  return false;
}

const acceptEncoding = fieldNames("accept-encoding");
const ofParts = fieldNames("range", "if-range");

// ---- the response ----

/** A step down: open it where there is something to be replaced in it, and let the pool replace. */
export function openBody(exchange: Exchange, context: Context, head: Head): boolean {
  const { pool, listener } = exchange;
  if (!isReplacing(pool.body) && !isReplacing(listener.body)) return true;
  if (exchange.downstream!.isForNobody) return true;
  const ofPool = rulesFor(pool.body, head);
  if (ofPool.length === 0 && rulesFor(listener.body, head).length === 0) return true;
  if (openContent(exchange, context, head)) replace(exchange, context, ofPool);
  return true;
}

/**
 * What filters see of this body from now on is its content, in no coding. Idempotent. False: it is in a coding that is not known
 * here, or there is nothing that could be another.
 */
export function openContent(exchange: Exchange, context: Context, head: Head): boolean {
  const { passage } = exchange;
  if (passage.isOpened) return true;
  if (!isMutable(exchange, head)) return false;
  const coding = codingOf(head);
  if (coding === "other") return false;
  passage.isOpened = true;
  passage.formerCoding = coding;
  if (coding !== null) passage.addFilter(codingFilter(context.port, { coding, isOpening: true, level: usualLevel }));
  return true;
}

/** All of them, in their order: each sees what those before it have made. */
function replace({ passage }: Exchange, { port }: Context, rules: readonly ReplaceRule[]): void {
  for (const rule of rules) passage.addFilter(replaceFilter(port, () => rule.make()));
}

/** Those of a policy that are for content of this type; none in text whose characters are not bytes. */
function rulesFor(policy: BodyPolicy | null, head: Head): readonly ReplaceRule[] {
  if (policy === null || policy.replacements.length === 0) return [];
  const type = fieldOf(head, "content-type");
  return type === null || isWide(type) ? [] : policy.replacements.filter(({ types }) => types.has(type));
}

/** There is content, and it is not a part of some (206): of that nobody can tell what stands at its borders. */
function isMutable(exchange: Exchange, head: Head): boolean {
  if (head.status === 206 || head.status === 204 || head.status === 304 || head.status < 200) return false;
  if (fieldOf(head, "content-range") !== null) return false;
  const asGet = exchange.head.method === method.head ? method.get : exchange.head.method;
  return responseBody(head, asGet) !== bodyKind.none;
}

/** Null where it is in none. */
export function codingOf(head: Head): Openable | "other" | null {
  const value = fieldOf(head, "content-encoding");
  if (value === null) return null;
  const coding = usual(value.trim());
  if (coding === "identity" || coding === "") return null;
  return openable.find((known) => known === coding) ?? "other";
}

/** A step down, behind all that makes other content: the listener replaces, then it is compressed, and the head made to fit. */
export function closeBody(exchange: Exchange, context: Context, head: Head): boolean {
  const { pool, listener, passage } = exchange;
  if (pool.body === null && listener.body === null && !passage.isFiltered) return true;
  if (exchange.downstream!.isForNobody) return true;
  if (passage.isOpened) replace(exchange, context, rulesFor(listener.body, head));
  // Nothing is opened but for somebody who changes it.
  if (passage.isFiltered) passage.isRewritten = true;
  const compression = pool.body?.isCompressSaid === true ? pool.body.compression : (listener.body?.compression ?? null);
  const isEligible = compression !== null && isCompressible(exchange, compression, head);
  const coding = codingFor(exchange, isEligible ? compression : null);
  if (coding !== null)
    passage.addFilter(
      codingFilter(context.port, { coding, isOpening: false, level: compression?.plan.level ?? usualLevel }),
    );
  const lines = linesFor(exchange, head, coding, isEligible || passage.formerCoding !== null);
  if (!passage.isFiltered && lines === "") return true;
  if (changeResponse(exchange, context, head, droppedFrom(exchange, head), lines)) return true;
  exchange.failUpstream(fault("bad_response"));
  return false;
}

/** Whether some client would get it compressed. */
function isCompressible(exchange: Exchange, { plan, types }: Compression, head: Head): boolean {
  const { passage } = exchange;
  if (!types.has(fieldOf(head, "content-type")) || !isMutable(exchange, head)) return false;
  // What is in a coding already stays in it, or was opened for a reason.
  if (!passage.isOpened && codingOf(head) !== null) return false;
  // Of content that others have changed it is about that; of what was opened nobody knows.
  const isLengthKnown = head.contentLength !== -1 && passage.formerCoding === null;
  if (isLengthKnown && head.contentLength < plan.bytesMin) return false;
  return !/(?:^|[\s,])no-transform(?:[\s,;=]|$)/i.test(fieldOf(head, "cache-control") ?? "");
}

/** The coding that it goes on in; null for none. What was opened goes back into its own where nothing else is said. */
function codingFor({ asked, passage }: Exchange, compression: Compression | null): Coding | null {
  // What the client itself has said, whatever rules have told the server.
  const accept = fieldOf(asked, "accept-encoding");
  const chosen = compression === null ? null : chooseCoding(accept, compression.plan.codings);
  if (chosen !== null) return chosen;
  const { formerCoding } = passage;
  if (formerCoding === null || formerCoding === "deflate") return null;
  return acceptsCoding(accept, formerCoding) ? formerCoding : null;
}

/** What is said of it anew, besides what of it was said before. `isVarying`: another client may get another coding. */
function linesFor({ head: request, passage }: Exchange, head: Head, coding: Coding | null, isVarying: boolean): string {
  let lines = coding === null ? "" : `Content-Encoding: ${coding}\r\n`;
  const vary = fieldOf(head, "vary");
  if (isVarying && !/(?:^|,)\s*(?:accept-encoding|\*)\s*(?:,|$)/i.test(vary ?? ""))
    lines += "Vary: Accept-Encoding\r\n";
  const etag = passage.isFiltered ? fieldOf(head, "etag") : null;
  if (etag !== null) lines += `ETag: ${etag.startsWith("W/") ? etag : `W/${etag}`}\r\n`;
  const areTrailed = passage.isFiltered && !passage.areTrailersLost && request.minor !== 0;
  const announced = areTrailed ? announcedOf(fieldOf(head, "trailer")) : null;
  if (announced !== null) lines += `Trailer: ${announced}\r\n`;
  return lines;
}

/** Of other bytes than those that go on: parts of it cannot be asked for, and no digest is theirs. */
const ofBytes = fieldNames(
  "content-length",
  "trailer",
  "content-encoding",
  "content-md5",
  "content-digest",
  "repr-digest",
  "digest",
  "accept-ranges",
  "etag",
);
/** Nor is the day of other content: a client could put a part of the one behind a part of the other (If-Range). */
const ofContent = fieldNames("last-modified");

function droppedFrom({ passage }: Exchange, head: Head): (index: number) => boolean {
  if (!passage.isFiltered) return () => false;
  return (index) => isOneOf(head, index, ofBytes) || (passage.isRewritten && isOneOf(head, index, ofContent));
}
