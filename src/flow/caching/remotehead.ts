// What comes from the second level, looked at as what comes from a server: others may write there. The head goes through the strict
// parser, its framing must agree with the body (RFC 9112 section 6), and it is written again as any head that is stored
// (RFC 9111 section 3.1), so that nothing of a connection or of a user is in it. Times are believed: whoever can write there can
// write whole responses.

import { noDate } from "../../cache/httpdate.ts";
import type { CachePolicy } from "../../cache/policy.ts";
import { writeStoredHead } from "../../cache/storedhead.ts";
import { cacheFlag } from "../../memory/cache.ts";
import type { RemoteFound } from "../../memory/remotecache.ts";
import { responseBody } from "../../wire/http1/framing.ts";
import { bodyKind, type Head, method } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import type { CacheDesk } from "./desk.ts";

const { mustRevalidate, alwaysRevalidate, isHeuristic, isPurged, isImmutable, isUnextended, isUnframed } = cacheFlag;
/** Flags that are no more than what is believed; the others follow from the head. */
const believed: number =
  mustRevalidate | alwaysRevalidate | isHeuristic | isPurged | isImmutable | isUnextended | isUnframed;

/** True: it may be stored; its head is in `desk.head` and its facts are in `desk.facts`. */
export function admitRemote(
  { facts, head: bytes, body }: RemoteFound & { readonly kind: "whole" },
  desk: CacheDesk,
  policy: CachePolicy,
  wallMs: number,
): boolean {
  const { scratch, scratchResponse: response, facts: admitted, head: output } = desk;
  if (parseResponse(scratch, bytes, 0, bytes.length, bytes.length) !== bytes.length) return false;
  if (scratch.status !== facts.status || !isKept(scratch.status)) return false;
  if (!isFramed(scratch, body.length, (facts.flags & isUnframed) !== 0)) return false;
  response.read(scratch, wallMs);
  if (response.hasSetCookie && !policy.plan.dropsCookies && response.control.listCount === 0) return false;
  output.clear();
  writeStoredHead(output, scratch, response, policy, admitted);
  admitted.status = facts.status;
  admitted.flags =
    (facts.flags & believed) |
    (admitted.etagEnd === 0 ? 0 : cacheFlag.hasEtag) |
    (response.lastModifiedMs === noDate ? 0 : cacheFlag.hasLastModified);
  admitted.bornMs = facts.bornMs;
  admitted.storedMs = facts.storedMs;
  admitted.freshForMs = facts.freshForMs;
  admitted.staleWhileRevalidateMs = facts.staleWhileRevalidateMs;
  admitted.staleIfErrorMs = facts.staleIfErrorMs;
  admitted.lastModifiedMs = response.lastModifiedMs === noDate ? facts.lastModifiedMs : response.lastModifiedMs;
  admitted.reason = 0;
  admitted.bodyBytes = body.length;
  return true;
}

/** Final, and whole: parts and answers to conditions are never stored. */
function isKept(status: number): boolean {
  return status >= 200 && status < 600 && status !== 206 && status !== 304;
}

/** Where its head tells a length that is the body's; where it tells none it is known that it does not. */
function isFramed(head: Head, bodyBytes: number, isUnframed: boolean): boolean {
  if (head.isChunked) return false;
  if (head.contentLength !== -1) return !isUnframed && head.contentLength === bodyBytes;
  return responseBody(head, method.get) === bodyKind.none ? !isUnframed && bodyBytes === 0 : isUnframed;
}
