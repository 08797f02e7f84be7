// What a server's final head comes to, before any step of the stair sees the response: whether it is one that can be passed on at all, and
// what it says of the server. From there it goes down (descent.ts), or the protocol is switched (upgrade.ts).

import { fault, faultWith } from "../base/fault.ts";
import { responseBody } from "../wire/http1/framing.ts";
import type { Head } from "../wire/http1/head.ts";
import { noteChallenge } from "./connectionauth.ts";
import type { Context } from "./context.ts";
import { hideMember } from "./egress/told.ts";
import type { Exchange } from "./exchange.ts";
import { fieldList } from "./headvalues.ts";
import { switchProtocols } from "./upgrade.ts";

/** `head` is followed by bytes[bodyStart, end). */
export function respond(
  exchange: Exchange,
  context: Context,
  head: Head,
  bytes: Uint8Array,
  bodyStart: number,
  end: number,
): void {
  const { attempt, pool, lease } = exchange;
  const { nowMs } = context.port;
  const { status } = head;
  if (status === 101 && !isAgreed(exchange, head)) return exchange.failUpstream(fault("bad_response"));
  if (status === 401 || status === 407) {
    // It is the outbound proxy that wants to know who we are, and nothing that our client could tell it.
    if (status === 407 && lease !== null && lease.isProxied)
      return exchange.spurned(faultWith("hop_refused", "it answered 407"));
    if (!noteChallenge(exchange, context, head)) return;
  }
  exchange.status = status;
  exchange.serverStatus = status;
  exchange.respondedMs = nowMs;
  // Not before: a key is not bound to a server that was never reached.
  if (pool.sticking !== null) pool.sticking.store(exchange.visitNow(), attempt.index);
  if (pool.isTimed) pool.backends.observe(attempt.index, nowMs - exchange.sentMs, nowMs);
  if (status === 101) {
    attempt.succeeded();
    if (lease !== null && !hideMember(exchange, context, head)) return;
    return switchProtocols(exchange, context, head, bytes, bodyStart, end);
  }
  if (status >= 500) attempt.failed();
  else attempt.succeeded();
  // As its server frames it, whatever steps make of it.
  exchange.responseBody.begin(responseBody(head, exchange.head.method), head.contentLength);
  exchange.descent.begin(head, bytes, bodyStart, end);
}

/** Only to what was asked for may be switched (RFC 9110 section 7.8). */
function isAgreed(exchange: Exchange, head: Head): boolean {
  if (!exchange.isUpgrade || head.upgradeIndex === -1) return false;
  const asked = protocolsOf(exchange.head);
  return protocolsOf(head).every((protocol) => asked.includes(protocol));
}

function protocolsOf(head: Head): readonly string[] {
  return (fieldList(head, "upgrade") ?? []).map((protocol) => protocol.toLowerCase());
}
