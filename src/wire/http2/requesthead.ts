// The field section of a request (RFC 9113 section 8) as the HTTP/1.1 head that says the same, for the parser that all requests go
// through. A value may hold any byte on this wire, and there a line end would begin another field: each byte is looked at before it is
// written. What section 8.2 and 8.3 call malformed is refused here, the rest by that parser.

import { copyBytes } from "../../base/copybytes.ts";
import type { FaultCode } from "../../base/fault.ts";
import { field, fieldId } from "../http1/fields.ts";
import { byte, isHost, isTarget, isToken, isValue } from "../http1/grammar.ts";
import type { Output } from "../http1/writer.ts";
import type { FieldSection } from "./hpack/fieldsection.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const version = encode(" HTTP/1.1\r\nhost: ");
const versionOnly = encode(" HTTP/1.1\r\n");
const crlf = encode("\r\n");
const cookieName = encode("cookie: ");
const crumbSeparator = encode("; ");
const chunkedLine = encode("transfer-encoding: chunked\r\n");
const schemeEnd = encode("://");
const trailers = encode("trailers");
const connect = encode("CONNECT");

const pseudoNames: readonly Uint8Array[] = [":method", ":scheme", ":authority", ":path"].map(encode);
const pseudo = { method: 0, scheme: 1, authority: 2, path: 3 } as const;

/** What may stand in :authority: a host and a port, never userinfo (RFC 9113 section 8.3.1). */
const isAuthority: Uint8Array = isHost.slice();
for (const mark of ":[]") isAuthority[mark.charCodeAt(0)] = 1;
const isSchemePart: Uint8Array = isToken.map((is, code) =>
  is === 1 && /[A-Za-z0-9+.-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** A token without capital letters. */
const isNamePart: Uint8Array = isToken.map((is, code) => (is === 1 && (code < 0x41 || code > 0x5a) ? 1 : 0));
/** What a line has beside its name and its value. */
export const lineFramingBytes = 4;

/** Where the pseudo-fields stand, by the numbers above: index of the field, -1 when there is none. Of one request at a time. */
const found = new Int32Array(pseudoNames.length);

/**
 * Write the head behind what stands in `output`. Null: it is there, and to be parsed. Otherwise why it is malformed, and what was
 * written is of no use. `isForProxy`: a forward proxy is asked, for which the target has its scheme and authority.
 * A request whose content has no length is in chunks from here on.
 */
export function writeRequestHead(
  output: Output,
  fields: FieldSection,
  isEndStream: boolean,
  isForProxy: boolean,
): FaultCode | null {
  const { bytes, spans, count } = fields;
  found.fill(-1);
  let index = 0;
  for (; index < count && bytes[spans[index * 4]!] === byte.colon; index++) {
    const which = pseudoOf(bytes, spans[index * 4]!, spans[index * 4 + 1]!);
    if (which === -1 || found[which] !== -1) return "bad_field";
    found[which] = index;
  }
  const isTunnel = isMethodConnect(fields);
  const problem = writeStart(output, fields, isTunnel, isForProxy);
  if (problem !== null) return problem;
  let crumbs = 0;
  let isMeasured = false;
  output.reserve(fields.end + count * lineFramingBytes);
  for (; index < count; index++) {
    const nameStart = spans[index * 4]!;
    const nameEnd = spans[index * 4 + 1]!;
    const valueStart = spans[index * 4 + 2]!;
    const valueEnd = spans[index * 4 + 3]!;
    const id = fieldId(bytes, nameStart, nameEnd);
    if (id !== field.other) {
      // Names are known in capital letters too, and of these two there may be no line by which that would be seen.
      if (id === field.cookie) {
        if (!isLower(bytes, nameStart, nameEnd) || !isFieldValue(bytes, valueStart, valueEnd)) return "bad_field";
        crumbs++;
        continue;
      }
      if (id === field.host && isLower(bytes, nameStart, nameEnd)) {
        // Empty it is right in HTTP/1.1 only (section 8.3.1).
        if (valueStart === valueEnd) return "bad_host";
        if (found[pseudo.authority] !== -1) {
          if (!isSameHost(fields, valueStart, valueEnd)) return "bad_host";
          continue;
        }
      }
      if (!isOfRequests(bytes, id, valueStart, valueEnd)) return "bad_field";
      isMeasured ||= id === field.contentLength;
    }
    if (!putLine(output, bytes, nameStart, nameEnd, valueStart, valueEnd)) return "bad_field";
  }
  if (crumbs > 0) putCookies(output, fields);
  if (!isEndStream && !isMeasured && !isTunnel) output.put(chunkedLine);
  output.put(crlf);
  return null;
}

/**
 * Fields behind a message's content as the lines that go behind its last chunk. False: they are malformed. Those of the message's
 * framing and of its routing are refused where the body is followed (http1/body.ts).
 */
export function writeTrailers(output: Output, fields: FieldSection): boolean {
  const { bytes, spans, count } = fields;
  output.reserve(fields.end + count * lineFramingBytes);
  for (let index = 0; index < count; index++) {
    const nameStart = spans[index * 4]!;
    const nameEnd = spans[index * 4 + 1]!;
    const valueStart = spans[index * 4 + 2]!;
    const valueEnd = spans[index * 4 + 3]!;
    if (!isOfRequests(bytes, fieldId(bytes, nameStart, nameEnd), valueStart, valueEnd)) return false;
    if (!putLine(output, bytes, nameStart, nameEnd, valueStart, valueEnd)) return false;
  }
  return true;
}

/** method SP request-target SP version CRLF, and Host. */
function writeStart(output: Output, fields: FieldSection, isTunnel: boolean, isForProxy: boolean): FaultCode | null {
  const { bytes, spans } = fields;
  const methodAt = found[pseudo.method]!;
  if (methodAt === -1 || !isMadeOf(isToken, fields, methodAt)) return "bad_start_line";
  const [scheme, authority, path] = [found[pseudo.scheme]!, found[pseudo.authority]!, found[pseudo.path]!];
  if (authority !== -1 && !isMadeOf(isAuthority, fields, authority)) return "bad_host";
  // CONNECT names nothing but a host (section 8.5); all others name a scheme and a path.
  if (isTunnel ? scheme !== -1 || path !== -1 || authority === -1 : scheme === -1 || path === -1) return "bad_target";
  copyValue(output, fields, methodAt);
  output.byte(byte.space);
  if (isTunnel) copyValue(output, fields, authority);
  else {
    if (!isMadeOf(isSchemePart, fields, scheme) || !isMadeOf(isTarget, fields, path)) return "bad_target";
    const first = bytes[spans[path * 4 + 2]!];
    if (first !== byte.slash && (first !== 0x2a || spans[path * 4 + 3]! - spans[path * 4 + 2]! > 1))
      return "bad_target";
    if (isForProxy && first === byte.slash && authority !== -1) {
      copyValue(output, fields, scheme);
      output.put(schemeEnd);
      copyValue(output, fields, authority);
    }
    copyValue(output, fields, path);
  }
  if (authority === -1) output.put(versionOnly);
  else {
    output.put(version);
    copyValue(output, fields, authority);
    output.put(crlf);
  }
  return null;
}

/** Crumbs are put together again (section 8.2.3). */
function putCookies(output: Output, { bytes, spans, count }: FieldSection): void {
  output.put(cookieName);
  let isNext = false;
  for (let index = 0; index < count; index++) {
    if (fieldId(bytes, spans[index * 4]!, spans[index * 4 + 1]!) !== field.cookie) continue;
    if (isNext) output.put(crumbSeparator);
    isNext = true;
    output.copy(bytes, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
  }
  output.put(crlf);
}

/** Into room that is there. False: it is malformed. */
export function putLine(
  output: Output,
  bytes: Uint8Array,
  nameStart: number,
  nameEnd: number,
  valueStart: number,
  valueEnd: number,
): boolean {
  if (nameStart === nameEnd || !isFieldValue(bytes, valueStart, valueEnd)) return false;
  const target = output.bytes;
  let at = output.length;
  for (let next = nameStart; next < nameEnd; next++) {
    const value = bytes[next]!;
    if (isNamePart[value] === 0) return false;
    target[at++] = value;
  }
  target[at++] = byte.colon;
  target[at++] = byte.space;
  copyBytes(bytes, valueStart, valueEnd, target, at);
  at += valueEnd - valueStart;
  target[at++] = byte.cr;
  target[at++] = byte.lf;
  output.length = at;
  return true;
}

/** Not what belongs to one connection of HTTP/1.1 (section 8.2.2). */
function isOfRequests(bytes: Uint8Array, id: number, valueStart: number, valueEnd: number): boolean {
  switch (id) {
    case field.connection:
    case field.keepAlive:
    case field.proxyConnection:
    case field.transferEncoding:
    case field.upgrade:
      return false;
    case field.te:
      return isText(bytes, valueStart, valueEnd, trailers);
    default:
      return true;
  }
}

/** Of a name that is known. */
function isLower(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (isNamePart[bytes[at]!] === 0) return false;
  return true;
}

/** No control characters, and no white space at its ends. Looked at in steps of four, as the parser does. */
function isFieldValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  const last = end - 3;
  let at = start;
  for (; at < last; at += 4)
    if ((isValue[bytes[at]!]! & isValue[bytes[at + 1]!]! & isValue[bytes[at + 2]!]! & isValue[bytes[at + 3]!]!) === 0)
      return false;
  for (; at < end; at++) if (isValue[bytes[at]!] === 0) return false;
  return !isBlank(bytes[start]!) && !isBlank(bytes[end - 1]!);
}

function isBlank(value: number): boolean {
  return value === byte.space || value === byte.tab;
}

function isMadeOf(table: Uint8Array, { bytes, spans }: FieldSection, index: number): boolean {
  const end = spans[index * 4 + 3]!;
  let at = spans[index * 4 + 2]!;
  if (at === end) return false;
  for (; at < end; at++) if (table[bytes[at]!] === 0) return false;
  return true;
}

function isMethodConnect({ bytes, spans }: FieldSection): boolean {
  const index = found[pseudo.method]!;
  return index !== -1 && isText(bytes, spans[index * 4 + 2]!, spans[index * 4 + 3]!, connect);
}

function isSameHost({ bytes, spans }: FieldSection, start: number, end: number): boolean {
  const index = found[pseudo.authority]!;
  const other = spans[index * 4 + 2]!;
  if (spans[index * 4 + 3]! - other !== end - start) return false;
  for (let at = 0; at < end - start; at++) {
    const [one, two] = [bytes[start + at]!, bytes[other + at]!];
    if (one !== two && ((one | 0x20) !== (two | 0x20) || (one | 0x20) < 0x61 || (one | 0x20) > 0x7a)) return false;
  }
  return true;
}

function pseudoOf(bytes: Uint8Array, start: number, end: number): number {
  for (let which = 0; which < pseudoNames.length; which++) {
    const name = pseudoNames[which]!;
    if (end - start === name.length && bytes[start + 1] === name[1] && isText(bytes, start, end, name)) return which;
  }
  return -1;
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text[at]) return false;
  return true;
}

function copyValue(output: Output, { bytes, spans }: FieldSection, index: number): void {
  output.copy(bytes, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
}
