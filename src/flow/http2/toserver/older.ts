// Which exchanges with a server that is asked by HTTP/2 need a connection of HTTP/1.1 all the same: those that would switch protocols, and those
// that log in by their connection (NTLM, Negotiate), which others share where it is one of HTTP/2.

import { isShownByConnection } from "../../connectionauth.ts";
import type { Exchange } from "../../exchange.ts";
import { fieldList, fieldOf } from "../../headvalues.ts";

export function needsHttp1(exchange: Exchange): boolean {
  const { head, isUpgrade } = exchange;
  if (isUpgrade && isForHttp2(exchange)) exchange.isUpgrade = false;
  return exchange.isUpgrade || (head.hasAuthorization && isShownByConnection(head));
}

/** Whoever asks by HTTP/1.1 whether HTTP/2 may be spoken need not be told: what it asks for is had without (RFC 9113 has that no more). */
function isForHttp2({ head }: Exchange): boolean {
  const protocols = fieldList(head, "upgrade") ?? [];
  return protocols.length > 0 && protocols.every((protocol) => protocol.toLowerCase() === "h2c");
}

/** Of gRPC, which HTTP/1.1 does not carry. */
export function isCall({ head }: Exchange): boolean {
  return fieldOf(head, "content-type")?.toLowerCase().startsWith("application/grpc") === true;
}
