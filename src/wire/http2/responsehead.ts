// The head of a response, as HTTP/1.1 has it, as the field section that says the same (RFC 9113 section 8.3.2): the status, and all
// fields but those of one connection of HTTP/1.1 (section 8.2.2).

import { field, fieldId } from "../http1/fields.ts";
import { byte } from "../http1/grammar.ts";
import type { Head } from "../http1/head.ts";
import type { Output } from "../http1/writer.ts";
import { putField, putStatus } from "./hpack/encoder.ts";

/** By id: what goes no further. */
const isOfConnection = new Uint8Array(32);
for (const id of [field.connection, field.keepAlive, field.proxyConnection, field.transferEncoding, field.upgrade])
  isOfConnection[id] = 1;

/** The header block, behind what stands in `output`. */
export function putResponseHead(output: Output, head: Head): void {
  const { bytes, spans, ids, fieldCount } = head;
  putStatus(output, head.status);
  for (let index = 0; index < fieldCount; index++) {
    if (isOfConnection[ids[index]!] === 1) continue;
    putField(output, bytes, spans[index * 4]!, spans[index * 4 + 1]!, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
  }
}

/**
 * Lines of a trailer section that was followed to its end (http1/body.ts): lines[0, length), the empty line included. What goes no
 * further in a head does not here either. Answers whether anything was written.
 */
export function putTrailers(output: Output, lines: Uint8Array, length: number): boolean {
  let at = 0;
  let isAny = false;
  while (at < length && lines[at] !== byte.cr) {
    const nameStart = at;
    while (at < length && lines[at] !== byte.colon) at++;
    const nameEnd = at++;
    while (at < length && isBlank(lines[at]!)) at++;
    const valueStart = at;
    while (at < length && lines[at] !== byte.cr) at++;
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(lines[valueEnd - 1]!)) valueEnd--;
    at += 2;
    if (isOfConnection[fieldId(lines, nameStart, nameEnd)] === 1) continue;
    putField(output, lines, nameStart, nameEnd, valueStart, valueEnd);
    isAny = true;
  }
  return isAny;
}

function isBlank(value: number): boolean {
  return value === byte.space || value === byte.tab;
}
