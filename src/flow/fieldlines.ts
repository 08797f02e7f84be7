// Whole field lines of a head taken out and put in, where it is we who say so and no rule: what becomes of a body, who may read it.
// As with edits (editing.ts) the head is written anew and read by the strict parser. Framing is not looked after here: who
// takes Content-Length out knows what comes in its place.

import { isName } from "../wire/http1/fields.ts";
import type { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import type { Output } from "../wire/http1/writer.ts";
import type { Context } from "./context.ts";
import { otherHead } from "./editing.ts";
import type { Exchange } from "./exchange.ts";

/** Names of fields as bytes in lower case, of letters, digits and "-". */
export function fieldNames(...names: string[]): readonly Uint8Array[] {
  return names.map((name) => new TextEncoder().encode(name));
}

export function isOneOf(head: Head, index: number, names: readonly Uint8Array[]): boolean {
  for (const name of names)
    if (isName(head.bytes, head.spans[index * 4]!, head.spans[index * 4 + 1]!, name)) return true;
  return false;
}

/** `isDropped`: of a field by its index. `lines`: whole ones, each with its line end. False: it would be too large. */
export function changeResponse(
  exchange: Exchange,
  context: Context,
  head: Head,
  isDropped: (index: number) => boolean,
  lines: string,
): boolean {
  const { output } = context;
  output.clear();
  copyFields(output, head, isDropped, lines);
  const bytes = output.bytes.slice(0, output.length);
  return parseResponse(head, bytes, 0, bytes.length, exchange.pool.headBytesMax + lines.length) === bytes.length;
}

/** The same for a request that has not gone on; what came of its body stays behind it. */
export function changeRequest(
  exchange: Exchange,
  context: Context,
  isDropped: (index: number) => boolean,
  lines: string,
): boolean {
  const { output } = context;
  const former = exchange.head;
  output.clear();
  copyFields(output, former, isDropped, lines);
  const headBytes = output.length;
  output.copy(former.bytes, exchange.bodyStart, exchange.bodyEnd);
  const bytes = output.bytes.slice(0, output.length);
  // Who fills a cache goes by what its client has said.
  const isKept = former === exchange.asked || exchange.caching !== null;
  const head = isKept ? otherHead(exchange) : former;
  head.isHostFree = former.isHostFree;
  exchange.head = head;
  if (parseRequest(head, bytes, 0, bytes.length, bytes.length) !== headBytes) return false;
  exchange.bodyEnd += headBytes - exchange.bodyStart;
  exchange.bodyStart = headBytes;
  const { forwarding } = exchange.listener;
  if (forwarding.requestId !== null) exchange.requestIdIndex = forwarding.findRequestId(head);
  exchange.visit?.forget();
  return true;
}

/** The head with its end, but for those fields, and with these lines behind the others. */
export function copyFields(output: Output, head: Head, isDropped: (index: number) => boolean, lines: string): void {
  const { bytes } = head;
  let run = head.start;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isDropped(index)) continue;
    output.copy(bytes, run, head.spans[index * 4]!);
    run = head.lineEnd(index);
  }
  output.copy(bytes, run, head.fieldsEnd);
  output.latin1(lines);
  output.copy(bytes, head.fieldsEnd, head.end);
}
