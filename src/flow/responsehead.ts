// The head of a server's response as the client gets it: what forwarding makes of it, the framing that its body goes on in, the
// cookie that names the server, and what becomes of the connection. Interim heads go on as they are, to who knows of them.

import type { StickyPlan } from "../config/plan.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import { traceFields } from "./debugging.ts";
import type { Exchange } from "./exchange.ts";
import type { Relay } from "./relay.ts";
import { stickyCookie, stickyField } from "./sticky.ts";

const transferChunked = new TextEncoder().encode("Transfer-Encoding: chunked\r\n");

/** Into the output, for what of the body is there to follow in the same write. */
export function writeHead(exchange: Exchange, context: Context, head: Head, relay: Relay): void {
  const { output } = context;
  const { plan } = exchange.pool;
  const { forwarding } = exchange.listener;
  const isOld = exchange.head.minor === 0;
  output.clear();
  // Not even in the head of an answer without a body is a client of HTTP/1.0 told of chunks (RFC 9112 section 6.1).
  const isFramingDropped = relay.isOpened || relay.isFiltered || (head.isChunked && isOld);
  forwarding.writeResponse(output, head, false, isFramingDropped, exchange.isSecure, relay.isFiltered);
  if (relay.isChunked) output.put(transferChunked);
  if (plan.balance.sticky !== null && !plan.balance.sticky.isPrefix && !exchange.attempt.isSticky) {
    output.latin1(stickyField(plan.balance.sticky, givenCookie(exchange, plan.balance.sticky)));
  }
  if (exchange.caching !== null) exchange.caching.tell(output);
  if (exchange.lease !== null) exchange.lease.tell(output);
  if (exchange.inquiry !== null) output.latin1(traceFields(exchange, context));
  const tails = forwarding.tailsOf(exchange.isSecure, exchange.upload.isHttp2);
  output.put(!exchange.isPersistent ? tails.close : isOld ? tails.keepAlive : tails.open);
  exchange.isAnswered = true;
}

/** Where other pools have the same cookie, what names their servers is kept in it. */
function givenCookie(exchange: Exchange, sticky: StickyPlan): string {
  const { plan, sharedCookie } = exchange.pool;
  const { cookie } = plan.servers[exchange.attempt.index]!;
  return sharedCookie === null ? cookie : sharedCookie.with(cookie, stickyCookie(exchange, sticky));
}

/** A 1xx that is not the end of it; HTTP/1.0 has none. */
export function sendInterim(exchange: Exchange, context: Context, head: Head): void {
  if (exchange.head.minor === 0) return;
  const { output } = context;
  const { forwarding } = exchange.listener;
  output.clear();
  forwarding.writeResponse(output, head, false, false, false);
  output.put(forwarding.tailsOf(false, exchange.upload.isHttp2).open);
  exchange.sendDown(output.bytes, 0, output.length);
}
