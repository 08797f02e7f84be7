// What a 304 makes of a stored response (RFC 9111 sections 3.2 and 4.3.4): another head and other facts. The new head is read
// like any other, so that a lifetime that the 304 does not tell is the one that was told before; age and date are those of
// the 304. A 304 can also end it: what it says may forbid what was allowed.
//
// A 304 to a request with Authorization that is not for all (section 3.5) says no more than that what is stored is still good:
// nothing of its own fields comes in, and nobody can take away by credentials of whatever kind what is there for others.

import type { CacheFacts } from "../memory/cache.ts";
import { Head } from "../wire/http1/head.ts";
import { parseResponse } from "../wire/http1/reader.ts";
import type { Output } from "../wire/http1/writer.ts";
import { Freshness } from "./freshness.ts";
import type { CachePolicy } from "./policy.ts";
import type { RequestFacts } from "./requestfacts.ts";
import { ResponseFacts } from "./responsefacts.ts";
import { fillFacts, writeFreshenedHead } from "./storedhead.ts";
import { isForAll, reason, whyNotKept } from "./storing.ts";

const merged = new ResponseFacts();
const freshness = new Freshness();

/** A 304 that says nothing. */
const silent = new Head(1);
const silentBytes = new TextEncoder().encode("HTTP/1.1 304 Not Modified\r\n\r\n");
parseResponse(silent, silentBytes, 0, silentBytes.length, silentBytes.length);
const silence = new ResponseFacts();
silence.read(silent, 0);

export interface Freshening {
  /** The head that is stored, parsed. */
  readonly stored: Head;
  /** The 304, and what was read of it. */
  readonly head: Head;
  readonly response: ResponseFacts;
  readonly request: RequestFacts;
  readonly policy: CachePolicy;
  /** When it was asked for, and when the 304 came: wall clock. */
  readonly requestMs: number;
  readonly responseMs: number;
}

/**
 * The new head goes into `output`, which is cleared, its facts into `facts`; `bodyBytes` there stays. `scratch` is a head to
 * parse with, of as many fields as a head may have. Answers why it may be kept no longer, `reason.none` when it may; `noRoom`
 * when it would have more fields than that.
 */
export function freshen(output: Output, freshening: Freshening, scratch: Head, facts: CacheFacts): number {
  const { stored, head, response, request, policy, requestMs, responseMs } = freshening;
  const isForOne = request.hasAuthorization && !isForAll(response);
  output.clear();
  writeFreshenedHead(output, stored, isForOne ? silent : head, isForOne ? silence : response, policy, facts);
  if (parseResponse(scratch, output.bytes, 0, output.length, output.length) < 0) return reason.noRoom;
  merged.read(scratch, responseMs);
  merged.ageS = response.ageS;
  merged.dateMs = response.dateMs;
  freshness.read(merged, policy, requestMs, responseMs);
  const why = whyNotKept(request.hasAuthorization && !isForOne, merged, scratch, freshness, policy);
  if (why !== reason.none) return why;
  fillFacts(facts, merged, freshness, policy, responseMs);
  return reason.none;
}
