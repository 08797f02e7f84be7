// Authentication of a connection in place of a request: NTLM, and Negotiate as it is spoken (RFC 4559). Who has logged in by these is
// known to the server by the connection that it was said over, and whatever follows there is taken for that user's, with
// credentials or without. A connection over which they were asked for or shown is therefore its client's alone (pinned.ts).

import { fault } from "../base/fault.ts";
import { field, isName } from "../wire/http1/fields.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { Upstream } from "./upstream.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const wwwAuthenticate = encode("www-authenticate");
/** What the names of these schemes begin with: Nego2 and NegoExtender are of the same kind. */
const schemes: readonly Uint8Array[] = [encode("ntlm"), encode("nego")];

/**
 * Said of a 401 or 407: from here on the connection that it came over belongs to the exchange's client. Streams of HTTP/2 share theirs, and
 * have no way to log in (RFC 9113 section 9.2.2 has a word for it). False: the client was told to come by HTTP/1.1.
 */
export function noteChallenge(exchange: Exchange, context: Context, head: Head): boolean {
  const upstream = exchange.upstream!;
  if (upstream.isPinned || !isAskedOfConnection(head)) return true;
  // A stream's connection is everybody's: who logs in comes over another (http2/toserver/older.ts).
  if (upstream.line?.isShared !== true) context.pinned.pin(exchange.downstream!, upstream);
  if (!exchange.downstream!.isHttp2) return true;
  exchange.fail(fault("http1_required"));
  return false;
}

/** Said of a request with Authorization that is about to be sent: nobody need have asked for it. */
export function noteCredentials(exchange: Exchange, context: Context, upstream: Upstream): void {
  if (!upstream.isPinned && isShownByConnection(exchange.head)) context.pinned.pin(exchange.downstream!, upstream);
}

/** Some WWW-Authenticate or Proxy-Authenticate offers such a scheme. */
export function isAskedOfConnection(head: Head): boolean {
  for (let index = 0; index < head.fieldCount; index++)
    if (isChallenge(head, index) && namesScheme(head, index)) return true;
  return false;
}

export function isShownByConnection(head: Head): boolean {
  for (let index = 0; index < head.fieldCount; index++)
    if (head.ids[index] === field.authorization && namesScheme(head, index)) return true;
  return false;
}

function isChallenge(head: Head, index: number): boolean {
  const id = head.ids[index];
  if (id === field.proxyAuthenticate) return true;
  return id === field.other && isName(head.bytes, head.spans[index * 4]!, head.spans[index * 4 + 1]!, wwwAuthenticate);
}

/**
 * At the start of the value, or behind a comma, whatever that stands in: a quoted text that is not closed must not hide one. What is
 * found too often costs a connection that could have been shared.
 */
function namesScheme({ bytes, spans }: Head, index: number): boolean {
  const end = spans[index * 4 + 3]!;
  let at = spans[index * 4 + 2]!;
  while (at < end) {
    while (at < end && isBlank(bytes[at]!)) at++;
    for (const scheme of schemes)
      if (end - at >= scheme.length && isName(bytes, at, at + scheme.length, scheme)) return true;
    while (at < end && bytes[at] !== byte.comma) at++;
  }
  return false;
}

function isBlank(octet: number): boolean {
  return octet === byte.space || octet === byte.tab || octet === byte.comma;
}
