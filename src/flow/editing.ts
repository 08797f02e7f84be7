// Heads that rules have changed, put in the place of those that came: written anew (edits.ts) and read by the strict parser. What
// the parser does not take goes no further, for the request would not be what the operator wanted; framing that has moved does
// not either, though edits.ts sees to it that none does.

import { fault } from "../base/fault.ts";
import { requestBody } from "../wire/http1/framing.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { Visit } from "./visit.ts";

/** One to be read into, in place of the one that there is. */
export function otherHead(exchange: Exchange): Head {
  const { head, asked, spareHead } = exchange;
  const other = spareHead === null || head === spareHead ? new Head(asked.fieldsMax) : spareHead;
  exchange.spareHead ??= other;
  other.isHostFree = asked.isHostFree;
  return other;
}

/** What is read from now on is what goes on. The body bytes that came with the head are kept behind it. */
export function editRequest(exchange: Exchange, context: Context, visit: Visit): void {
  // What was refused is half read: there is nothing to edit, and nobody to send it to.
  if (visit.refusal !== null) return visit.edits.clear();
  const { output, limits } = context;
  const former = exchange.head;
  const { bytes, contentLength, wantsKeepAlive } = former;
  const framing = requestBody(former);
  const head = former === exchange.asked ? otherHead(exchange) : former;
  output.clear();
  const isSpliced = visit.edits.splice(output, former, head, limits.headBytesMax);
  if (!isSpliced) visit.edits.writeRequest(output, former);
  const headBytes = output.length;
  output.copy(bytes, exchange.bodyStart, exchange.bodyEnd);
  const edited = output.bytes.slice(0, output.length);
  if (isSpliced) head.bytes = edited;
  const isRead = isSpliced || parseRequest(head, edited, 0, edited.length, limits.headBytesMax) === headBytes;
  visit.edits.clear();
  visit.forget();
  exchange.head = head;
  const isSame =
    requestBody(head) === framing && head.contentLength === contentLength && head.wantsKeepAlive === wantsKeepAlive;
  if (!isRead || !isSame) {
    visit.refusal = fault(head.fault ?? "bad_field");
    // What is still to be asked of it is asked of what the client sent.
    exchange.head = exchange.asked;
    findRequestId(exchange);
    return;
  }
  exchange.bodyEnd += headBytes - exchange.bodyStart;
  exchange.bodyStart = headBytes;
  findRequestId(exchange);
}

/** Where it stands in the head that is the exchange's now. */
function findRequestId(exchange: Exchange): void {
  const { forwarding } = exchange.listener;
  if (forwarding.requestId !== null) exchange.requestIdIndex = forwarding.findRequestId(exchange.head);
}

/** Its body is not touched: the bytes of that are others'. */
export function editResponse(exchange: Exchange, context: Context, visit: Visit, head: Head): void {
  if (head.fault !== null) return visit.edits.clear();
  const { output } = context;
  const { headBytesMax } = visit.responseKind === "own" ? context.limits : exchange.pool;
  const { isChunked, contentLength, wantsKeepAlive } = head;
  output.clear();
  const isSpliced = visit.edits.splice(output, head, head, headBytesMax);
  if (!isSpliced) visit.edits.writeResponse(output, head);
  const bytes = output.bytes.slice(0, output.length);
  if (isSpliced) head.bytes = bytes;
  const isRead = isSpliced || parseResponse(head, bytes, 0, bytes.length, headBytesMax) === bytes.length;
  visit.edits.clear();
  const isSame =
    head.isChunked === isChunked && head.contentLength === contentLength && head.wantsKeepAlive === wantsKeepAlive;
  if (isRead && isSame) return;
  head.fault = "bad_response";
  visit.refusal = fault("bad_response");
}
