// Max-Forwards (RFC 9110 section 7.6.2): how often an OPTIONS may still go on. One that may not is answered here, as by the server
// that it asks; another goes on with one less. TRACE, the other method that has it, never goes on. A value that is no number is passed on as it came,
// and for other methods the field says nothing.

import { fault } from "../base/fault.ts";
import { type Head, method } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { changeRequest, fieldNames, isOneOf } from "./fieldlines.ts";
import { fieldOf } from "./headvalues.ts";
import { servedMethods } from "./reply.ts";

const names = fieldNames("max-forwards");
/** More come to nothing else. */
const largest = 2 ** 31 - 1;
const answer = {
  ...{ status: 204, reason: "No Content", body: null, retryAfterS: 0 },
  fields: [{ name: "Allow", value: servedMethods }],
};

/** Asked of each request before a server is sought. False: it has been answered. */
export function mayGoOn(exchange: Exchange, context: Context): boolean {
  return exchange.head.method !== method.options || countForward(exchange, context);
}

/** Whether a request's hops are counted. */
export function isCounted(head: Head): boolean {
  return head.method === method.options && forwardsOf(head) !== null;
}

function countForward(exchange: Exchange, context: Context): boolean {
  const { head } = exchange;
  const left = forwardsOf(head);
  if (left === null) return true;
  if (left === 0) {
    exchange.give(answer, null);
    return false;
  }
  const line = `Max-Forwards: ${Math.min(left, largest) - 1}\r\n`;
  if (changeRequest(exchange, context, (index) => isOneOf(head, index, names), line)) return true;
  exchange.fail(fault("head_too_large"));
  return false;
}

/** The least where it was sent several times. Null: it says nothing that could be understood. */
function forwardsOf(head: Head): number | null {
  const text = fieldOf(head, "max-forwards");
  return text !== null && /^\d+(?:[ \t]*,[ \t]*\d+)*$/.test(text) ? Math.min(...text.split(",").map(Number)) : null;
}
