// Cross-origin resource sharing at a listener (rewrite/cors.ts decides): preflights are answered here, after bans and rules and before
// credentials, which browsers do not send with them; each response, a server's, a stored one or our own, says who may read it.
// What a server says of that itself is taken out, for two answers are none to a browser.

import { fault } from "../base/fault.ts";
import type { Cors } from "../rewrite/cors.ts";
import type { Reply } from "../rules/outcome.ts";
import { isName } from "../wire/http1/fields.ts";
import { type Head, method } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { changeResponse } from "./fieldlines.ts";
import { isTokenText } from "./fieldtext.ts";
import { fieldOf } from "./headvalues.ts";

const preflightReply = { status: 204, reason: "No Content", fields: [], body: null, retryAfterS: 0 };

/** A step up. */
export function answerPreflight(exchange: Exchange): boolean {
  if (!isPreflight(exchange)) return true;
  exchange.give(preflightReply, null);
  return false;
}

/** It is answered by us, before anybody is asked for credentials: browsers send none with it. */
export function isPreflight({ listener, head }: Exchange): boolean {
  return listener.cors !== null && preflightMethod(head) !== null;
}

/** What the browser would like to do; null where it is no preflight (Fetch standard, section 4.8). */
function preflightMethod(head: Head): string | null {
  if (head.method !== method.options || fieldOf(head, "origin") === null) return null;
  const asked = fieldOf(head, "access-control-request-method");
  return asked !== null && isTokenText(asked) ? asked : null;
}

/** A step down, for each answer. */
export function shareResponse(exchange: Exchange, context: Context, head: Head): boolean {
  const { cors } = exchange.listener;
  if (cors === null) return true;
  const lines = linesFor(cors, exchange.head, fieldOf(head, "vary"));
  let isAnyForeign = false;
  for (let index = 0; index < head.fieldCount; index++) isAnyForeign ||= isSharing(head, index);
  if (lines === "" && !isAnyForeign) return true;
  if (changeResponse(exchange, context, head, (index) => isSharing(head, index), lines)) return true;
  exchange.fail(fault("bad_response"));
  return false;
}

/** Whole lines for an answer of our own, "" where nothing is said of other origins. */
export function sharingLines(exchange: Exchange): string {
  const { cors } = exchange.listener;
  const { head } = exchange;
  if (cors === null || head.bytes.length === 0) return "";
  const asked = preflightMethod(head);
  if (asked === null) return linesFor(cors, head, null);
  const lines = cors.preflight(fieldOf(head, "origin")!, {
    method: asked,
    headers: fieldOf(head, "access-control-request-headers"),
  });
  return lines.map(({ name, value }) => `${name}: ${value}\r\n`).join("");
}

/** An answer of ours without what a rule would have it say of other origins: that is said by `sharingLines`, and once. */
export function withoutSharing({ listener }: Exchange, reply: Reply): Reply {
  if (listener.cors === null || reply.fields.length === 0) return reply;
  return { ...reply, fields: reply.fields.filter(({ name }) => !/^access-control-/i.test(name)) };
}

function linesFor(cors: Cors, request: Head, vary: string | null): string {
  let text = "";
  for (const { name, value } of cors.lines(fieldOf(request, "origin"))) text += `${name}: ${value}\r\n`;
  if (cors.isVarying && !/(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i.test(vary ?? "")) text += "Vary: Origin\r\n";
  return text;
}

const prefix = new TextEncoder().encode("access-control-");

function isSharing(head: Head, index: number): boolean {
  const start = head.spans[index * 4]!;
  const end = start + prefix.length;
  return end < head.spans[index * 4 + 1]! && isName(head.bytes, start, end, prefix);
}
