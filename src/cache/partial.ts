// Heads of the answers that are made from a stored whole: 304, 206 with one range or several, 416 (RFC 9110 sections 15.4.5,
// 15.3.7, 14.6, 15.5.17). A head is written up to where its last own fields would follow: who shows it adds Age, Cache-Status
// and Connection, and the empty line. It knows nothing of how a body is sent; the pieces between the parts of a multipart are
// written where they belong.

import { field } from "../wire/http1/fields.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { cacheField, cacheFieldAt, nextField, valueEnd, valueStart } from "./fieldname.ts";
import type { Ranges } from "./range.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const notModifiedLine = encode("HTTP/1.1 304 Not Modified\r\n");
const partialLine = encode("HTTP/1.1 206 Partial Content\r\n");
const unsatisfiableLine = encode("HTTP/1.1 416 Range Not Satisfiable\r\n");
const contentRangeName = encode("Content-Range: bytes ");
const contentTypeName = encode("Content-Type: ");
const contentLengthName = encode("Content-Length: ");
const multipartType = encode("Content-Type: multipart/byteranges; boundary=");
const crlf = encode("\r\n");
const dashes = encode("--");

/**
 * A 304 for the stored head (section 15.4.5): all of it but what describes a body that does not come. Fields that are about
 * sharing and safety, such as Access-Control-Allow-Origin, must come with it, for browsers put them in the place of those
 * they have.
 */
export function writeNotModifiedHead(output: Output, stored: Head): void {
  output.put(notModifiedLine);
  writeFields(output, stored, isBodily);
}

function isBodily(id: number, isLength: boolean): boolean {
  switch (id) {
    case cacheField.contentEncoding:
    case cacheField.contentLanguage:
    case cacheField.contentRange:
    case cacheField.contentType:
      return true;
    default:
      return isLength;
  }
}

/**
 * A 206 for the ranges of a stored whole. With several, `boundary` is between the parts, and Content-Type is theirs; it must
 * not be in the body, which is for who gives it to make sure of by chance (section 14.6, RFC 2046 section 5.1.1).
 */
export function writePartialHead(
  output: Output,
  stored: Head,
  ranges: Ranges,
  bodyBytes: number,
  boundary: string,
): void {
  output.put(partialLine);
  if (ranges.count === 1) {
    writeFields(output, stored, isLengthOrRange);
    writeContentRange(output, ranges.starts[0]!, ranges.ends[0]!, bodyBytes);
    writeContentLength(output, ranges.ends[0]! - ranges.starts[0]!);
    return;
  }
  writeFields(output, stored, isOfParts);
  output.put(multipartType);
  output.latin1(boundary);
  output.put(crlf);
  writeContentLength(output, multipartBytes(stored, ranges, bodyBytes, boundary));
}

function isLengthOrRange(id: number, isLength: boolean): boolean {
  return isLength || id === cacheField.contentRange;
}

function isOfParts(id: number, isLength: boolean): boolean {
  return isLengthOrRange(id, isLength) || id === cacheField.contentType;
}

/** A 416, without a body. */
export function writeUnsatisfiableHead(output: Output, bodyBytes: number): void {
  output.put(unsatisfiableLine);
  output.put(contentRangeName);
  output.latin1(`*/${bodyBytes}`);
  output.put(crlf);
  writeContentLength(output, 0);
}

/** What stands before the part of range `index`. */
export function writePartHead(
  output: Output,
  stored: Head,
  ranges: Ranges,
  index: number,
  bodyBytes: number,
  boundary: string,
): void {
  if (index > 0) output.put(crlf);
  output.put(dashes);
  output.latin1(boundary);
  output.put(crlf);
  const type = nextField(stored, cacheField.contentType, 0);
  if (type !== -1) {
    output.put(contentTypeName);
    output.copy(stored.bytes, valueStart(stored, type), valueEnd(stored, type));
    output.put(crlf);
  }
  writeContentRange(output, ranges.starts[index]!, ranges.ends[index]!, bodyBytes);
  output.put(crlf);
}

/** What stands behind the last part. */
export function writeLastBoundary(output: Output, boundary: string): void {
  output.put(crlf);
  output.put(dashes);
  output.latin1(boundary);
  output.put(dashes);
  output.put(crlf);
}

/** Length of a multipart body: its parts and all that is between them. */
export function multipartBytes(stored: Head, ranges: Ranges, bodyBytes: number, boundary: string): number {
  let bytes = 8 + boundary.length;
  const type = nextField(stored, cacheField.contentType, 0);
  const typeBytes =
    type === -1 ? 0 : contentTypeName.length + valueEnd(stored, type) - valueStart(stored, type) + crlf.length;
  for (let index = 0; index < ranges.count; index++) {
    const start = ranges.starts[index]!;
    const end = ranges.ends[index]!;
    const between = (index > 0 ? 2 : 0) + 4 + boundary.length;
    bytes += between + typeBytes + contentRangeName.length + rangeText(start, end, bodyBytes).length + 4 + end - start;
  }
  return bytes;
}

function writeContentRange(output: Output, start: number, end: number, bodyBytes: number): void {
  output.put(contentRangeName);
  output.latin1(rangeText(start, end, bodyBytes));
  output.put(crlf);
}

function rangeText(start: number, end: number, bodyBytes: number): string {
  return `${start}-${end - 1}/${bodyBytes}`;
}

export function writeContentLength(output: Output, bytes: number): void {
  output.put(contentLengthName);
  output.latin1(String(bytes));
  output.put(crlf);
}

/** The lines of a head but those that are left out. */
function writeFields(output: Output, head: Head, isLeftOut: (id: number, isLength: boolean) => boolean): void {
  let run = head.fieldsStart;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isLeftOut(cacheFieldAt(head, index), head.ids[index] === field.contentLength)) continue;
    output.copy(head.bytes, run, head.spans[index * 4]!);
    run = head.lineEnd(index);
  }
  output.copy(head.bytes, run, head.fieldsEnd);
}
