// The field section of a response (RFC 9113 section 8.3.2) as the lines of the HTTP/1.1 head that says the same, for the parser that all
// responses go through. Each byte is looked at before it is written, for a line end in a value would begin another field there. What
// sections 8.2 and 8.3 call malformed is refused here, the rest by that parser.

import { field, fieldId } from "../http1/fields.ts";
import { byte } from "../http1/grammar.ts";
import type { Output } from "../http1/writer.ts";
import type { FieldSection } from "./hpack/fieldsection.ts";
import { lineFramingBytes, putLine } from "./requesthead.ts";

const statusName = new TextEncoder().encode(":status");
const contentLengthDigitsMax = 15;

/** By id: of one connection of HTTP/1.1 (section 8.2.2). */
const isOfConnection = new Uint8Array(32);
for (const id of [field.connection, field.keepAlive, field.proxyConnection, field.transferEncoding, field.upgrade])
  isOfConnection[id] = 1;

/** What is written in `lengthOf`'s place where there is none, and where there is one that is malformed. */
export const noLength = -1;
export const badLength = -2;

/** The status, which stands first and alone among the pseudo-fields; -1: it does not, or it is one that HTTP/2 has not. */
export function statusOf({ bytes, spans, count }: FieldSection): number {
  if (count === 0 || spans[1]! - spans[0]! !== statusName.length || spans[3]! - spans[2]! !== 3) return -1;
  for (let at = 0; at < statusName.length; at++) if (bytes[spans[0]! + at] !== statusName[at]) return -1;
  let status = 0;
  for (let at = spans[2]!; at < spans[3]!; at++) {
    const digit = bytes[at]! - byte.zero;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status < 100 || status === 101 ? -1 : status;
}

/** Of its Content-Length. Several that say the same are one. */
export function lengthOf({ bytes, spans, count }: FieldSection): number {
  let length = noLength;
  for (let index = 1; index < count; index++) {
    if (fieldId(bytes, spans[index * 4]!, spans[index * 4 + 1]!) !== field.contentLength) continue;
    const value = numberIn(bytes, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
    if (value === badLength || (length !== noLength && length !== value)) return badLength;
    length = value;
  }
  return length;
}

/** The lines behind the status line, without the empty one. False: they are malformed. `isLengthDropped`: another framing is told behind them. */
export function writeResponseFields(output: Output, fields: FieldSection, isLengthDropped: boolean): boolean {
  const { bytes, spans, count } = fields;
  output.reserve(fields.end + count * lineFramingBytes);
  for (let index = 1; index < count; index++) {
    const nameStart = spans[index * 4]!;
    const nameEnd = spans[index * 4 + 1]!;
    const id = fieldId(bytes, nameStart, nameEnd);
    if (isOfConnection[id] === 1) return false;
    if (id === field.contentLength && isLengthDropped && isLower(bytes, nameStart, nameEnd)) continue;
    if (!putLine(output, bytes, nameStart, nameEnd, spans[index * 4 + 2]!, spans[index * 4 + 3]!)) return false;
  }
  return true;
}

function numberIn(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > contentLengthDigitsMax) return badLength;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - byte.zero;
    if (digit < 0 || digit > 9) return badLength;
    value = value * 10 + digit;
  }
  return value;
}

/** Of a name that is known. */
function isLower(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x41 && bytes[at]! <= 0x5a) return false;
  return true;
}
