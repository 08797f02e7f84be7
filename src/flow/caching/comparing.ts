// What a server's answer to HEAD says of the answer to GET that is stored (RFC 9111 section 4.3.5): it makes it fresh, as a 304 would, or
// stale, where it is about another one. Nothing of it is stored otherwise.

import { freshen } from "../../cache/freshen.ts";
import { reason } from "../../cache/storing.ts";
import { headOutcome, headOutcomeOf } from "../../cache/validators.ts";
import { type CacheEntry, cacheFlag, cacheState } from "../../memory/cache.ts";
import type { Head } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import type { Caching } from "../caching.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import { writeVariantKey } from "./variant.ts";

/** The desk has read the request and the answer. */
export function compareHead(exchange: Exchange, context: Context, { pool, requestMs }: Caching, head: Head): void {
  if (head.status !== 200) return;
  const { desk, port } = context;
  writeVariantKey(exchange, context, pool, false);
  const entry = pool.cache.find(desk.key, port.wallMs);
  if (entry?.state === cacheState.whole) {
    if (headOutcomeOf(head, desk.response, entry.facts, entry.bytes, entry.headStart) === headOutcome.changed)
      entry.outdate();
    else bringUpToDate(context, entry, pool.policy, requestMs, head);
  }
  entry?.release();
}

function bringUpToDate(
  { desk, port }: Context,
  entry: CacheEntry,
  policy: Caching["pool"]["policy"],
  requestMs: number,
  head: Head,
): void {
  const { request, response, stored, facts, head: output } = desk;
  parseResponse(stored, entry.bytes, entry.headStart, entry.headEnd, entry.headEnd - entry.headStart);
  facts.bodyBytes = entry.facts.bodyBytes;
  const freshening = { stored, head, response, request, policy, requestMs, responseMs: port.wallMs };
  const why = freshen(output, freshening, desk.scratch, facts);
  facts.flags |= entry.facts.flags & cacheFlag.isUnframed;
  if (why === reason.none) entry.freshen(facts, output.bytes, 0, output.length);
  else entry.outdate();
}
