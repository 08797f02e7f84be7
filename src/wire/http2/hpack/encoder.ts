// Writes the fields of requests and responses as a header block (RFC 7541, 6), without a dynamic table and without Huffman: a block then
// depends on no other, blocks of one connection may be made in any order, and the bytes are copied and not looked at. What the
// static table has is told by its index. Names go out in small letters, as HTTP/2 wants them; which fields to write, and what
// they may hold, is decided above.

import type { Output } from "../../http1/writer.ts";
import { lowerCase, staticIndexOf } from "./statictable.ts";

/** In the static table: the first `:status`, whose name stands for all. */
const statusIndex = 8;
const isIndexed = 0x80;
const namePrefixMax = 0x0f;
const stringPrefixMax = 0x7f;
const sizeUpdate = 0x20;

/** Status as an indexed field where appendix A has it, else as a literal with the name's index. */
export function putStatus(output: Output, status: number): void {
  const index = statusIndexOf(status);
  if (index > 0) return output.byte(isIndexed | index);
  output.byte(statusIndex);
  output.byte(3);
  output.byte(0x30 + Math.floor(status / 100));
  output.byte(0x30 + (Math.floor(status / 10) % 10));
  output.byte(0x30 + (status % 10));
}

/** A literal without indexing; the name by its static index where there is one, else bytes[nameStart, nameEnd) in small letters. */
export function putField(
  output: Output,
  bytes: Uint8Array,
  nameStart: number,
  nameEnd: number,
  valueStart: number,
  valueEnd: number,
): void {
  const index = staticIndexOf(bytes, nameStart, nameEnd);
  putInteger(output, index, namePrefixMax);
  if (index === 0) {
    putInteger(output, nameEnd - nameStart, stringPrefixMax);
    const from = output.length;
    output.copy(bytes, nameStart, nameEnd);
    const written = output.bytes;
    for (let at = from; at < output.length; at++) written[at] = lowerCase[written[at]!]!;
  }
  putInteger(output, valueEnd - valueStart, stringPrefixMax);
  output.copy(bytes, valueStart, valueEnd);
}

/** A pseudo-field of requests, by an entry of the static table that has its name: bytes[start, end) is the value. */
export function putPseudo(output: Output, index: number, bytes: Uint8Array, start: number, end: number): void {
  output.byte(index);
  putInteger(output, end - start, stringPrefixMax);
  output.copy(bytes, start, end);
}

/** An entry of the static table, name and value. */
export function putIndexed(output: Output, index: number): void {
  output.byte(isIndexed | index);
}

/** Size update to 0: no block of this connection will use the dynamic table. It stands at the beginning of the first. */
export function putNoTable(output: Output): void {
  output.byte(sizeUpdate);
}

function statusIndexOf(status: number): number {
  switch (status) {
    case 200:
      return 8;
    case 204:
      return 9;
    case 206:
      return 10;
    case 304:
      return 11;
    case 400:
      return 12;
    case 404:
      return 13;
    case 500:
      return 14;
    default:
      return 0;
  }
}

/** RFC 7541, 5.1, with nothing in the bits above the prefix. */
function putInteger(output: Output, value: number, prefixMax: number): void {
  if (value < prefixMax) return output.byte(value);
  output.byte(prefixMax);
  let rest = value - prefixMax;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) output.byte((rest % 0x80) | 0x80);
  output.byte(rest);
}
