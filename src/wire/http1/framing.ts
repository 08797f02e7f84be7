// What a head says about the message after it: length, persistence, upgrade (RFC 9112 sections 6 and 9, RFC 9110 7.6 and 7.8).
// This is where request smuggling is decided: whatever could be framed in two ways is refused, from clients and servers
// alike. `noteField` sees each field that fields.ts knows as the reader passes it; `check…` judges the head as a whole.

import type { FaultCode } from "../../base/fault.ts";
import { field, isName } from "./fields.ts";
import { byte, isHost, isToken } from "./grammar.ts";
import { type BodyKind, bodyKind, type Head, method } from "./head.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const chunked = encode("chunked");
const close = encode("close");
const keepAlive = encode("keep-alive");
const upgrade = encode("upgrade");
const trailers = encode("trailers");
const continue100 = encode("100-continue");
const contentLengthLength = "content-length".length;

/** Take note of field `index`. False refuses the head, with the reason in `head.fault`. */
export function noteField(head: Head, id: number, index: number, start: number, end: number): boolean {
  switch (id) {
    case field.host:
      if (head.hostIndex !== -1 || !isHostValue(head.bytes, start, end)) return refuse(head, "bad_host");
      head.hostIndex = index;
      return true;
    case field.contentLength:
      return noteContentLength(head, start, end);
    case field.transferEncoding:
      // RFC 9112 6.1 allows a list that ends in chunked; nobody sends one, and servers differ on what they do with it.
      if (head.isChunked || !isName(head.bytes, start, end, chunked)) return refuse(head, "bad_transfer_encoding");
      head.isChunked = true;
      return true;
    case field.connection:
      head.hasSpecial = true;
      return noteConnection(head, start, end);
    case field.upgrade:
      head.hasSpecial = true;
      if (head.upgradeIndex === -1) head.upgradeIndex = index;
      return true;
    case field.expect:
      if (!isName(head.bytes, start, end, continue100)) return refuse(head, "expectation_refused");
      head.isContinueExpected = true;
      return true;
    case field.te:
      head.hasSpecial = true;
      head.hasTrailers ||= isName(head.bytes, start, end, trailers);
      return true;
    case field.cookie:
    case field.userAgent:
    case field.referer:
      return true;
    case field.authorization:
      head.hasAuthorization = true;
      return true;
    case field.framingLookalike: {
      // CGI and its heirs know both by one name: such a server would frame the message in another way. Of a response nobody does.
      if (head.status !== 0) return true;
      const isLength = head.spans[index * 4 + 1]! - head.spans[index * 4]! === contentLengthLength;
      return refuse(head, isLength ? "bad_content_length" : "bad_transfer_encoding");
    }
    case field.xRequestId:
      if (head.requestIdIndex === -1) head.requestIdIndex = index;
      return true;
    default:
      head.hasSpecial = true;
      return true;
  }
}

function refuse(head: Head, code: FaultCode): boolean {
  head.fault = code;
  return false;
}

/** 1*DIGIT that a double holds exactly. The same value in a second field is marked for removal by `hasSpecial`. */
function noteContentLength(head: Head, start: number, end: number): boolean {
  const digitsMax = 15;
  if (start === end || end - start > digitsMax) return refuse(head, "bad_content_length");
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = head.bytes[at]! - byte.zero;
    if (digit < 0 || digit > 9) return refuse(head, "bad_content_length");
    value = value * 10 + digit;
  }
  if (head.contentLength === -1) head.contentLength = value;
  else if (head.contentLength === value) head.hasSpecial = true;
  else return refuse(head, "bad_content_length");
  return true;
}

/**
 * All of Connection together. Each field of a head is compared with each option: without a bound a head of 16 kB takes as
 * long as thirty others. What is ever sent has a few dozen bytes.
 */
const connectionBytesMax = 512;

/** Connection = #connection-option */
function noteConnection(head: Head, start: number, end: number): boolean {
  const bytes = head.bytes;
  head.connectionBytes += end - start;
  if (head.connectionBytes > connectionBytesMax) return refuse(head, "bad_field");
  // Nearly always it is one of these, and nothing else.
  if (isName(bytes, start, end, keepAlive)) head.hasKeepAlive = true;
  else if (isName(bytes, start, end, close)) head.hasClose = true;
  else return noteOptions(head, start, end);
  return true;
}

function noteOptions(head: Head, start: number, end: number): boolean {
  const bytes = head.bytes;
  let at = start;
  while (at < end) {
    while (at < end && (bytes[at] === byte.space || bytes[at] === byte.tab || bytes[at] === byte.comma)) at++;
    const optionStart = at;
    while (at < end && isToken[bytes[at]!] !== 0) at++;
    if (at > optionStart) {
      if (isName(bytes, optionStart, at, close)) head.hasClose = true;
      else if (isName(bytes, optionStart, at, keepAlive)) head.hasKeepAlive = true;
      else if (isName(bytes, optionStart, at, upgrade)) head.hasUpgrade = true;
      else head.hasNominated = true;
    }
    if (
      at < end &&
      isToken[bytes[at]!] === 0 &&
      bytes[at] !== byte.comma &&
      bytes[at] !== byte.space &&
      bytes[at] !== byte.tab
    ) {
      return refuse(head, "bad_field");
    }
  }
  return true;
}

/** Whether Connection names this field, so that it goes no further. Framing and Host are never given away like that. */
export function isNominated(head: Head, nameStart: number, nameEnd: number): boolean {
  const bytes = head.bytes;
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.ids[index] !== field.connection) continue;
    const end = head.spans[index * 4 + 3]!;
    let at = head.spans[index * 4 + 2]!;
    while (at < end) {
      while (at < end && isToken[bytes[at]!] === 0) at++;
      const optionStart = at;
      while (at < end && isToken[bytes[at]!] !== 0) at++;
      if (at - optionStart === nameEnd - nameStart && isSameName(bytes, optionStart, nameStart, at - optionStart))
        return true;
    }
  }
  return false;
}

function isSameName(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    const a = bytes[one + index]!;
    const b = bytes[other + index]!;
    if (a !== b && ((a | 0x20) !== (b | 0x20) || (a | 0x20) < 0x61 || (a | 0x20) > 0x7a)) return false;
  }
  return true;
}

/** uri-host [ ":" port ]; an empty Host is allowed (RFC 9110 section 7.2). Behind the host's end only a port may follow. */
function isHostValue(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (at < end && bytes[at] === bracketOpen) {
    at++;
    while (at < end && (isHost[bytes[at]!] !== 0 || bytes[at] === byte.colon)) at++;
    if (at === end || bytes[at] !== bracketClose) return false;
    at++;
  } else while (at < end && isHost[bytes[at]!] !== 0) at++;
  if (at === end) return true;
  if (bytes[at] !== byte.colon) return false;
  for (at++; at < end; at++) if (bytes[at]! < byte.zero || bytes[at]! > byte.zero + 9) return false;
  return true;
}

const bracketOpen = 0x5b;
const bracketClose = 0x5d;

/** Rules on a request as a whole. */
export function checkRequest(head: Head): boolean {
  if (head.isChunked && (head.contentLength !== -1 || head.minor === 0)) return refuse(head, "bad_transfer_encoding");
  if (head.hostIndex === -1 && head.minor === 1) return refuse(head, "bad_host");
  return checkTarget(head);
}

/** origin-form and absolute-form for all, asterisk-form for OPTIONS, authority-form for CONNECT (RFC 9112 section 3.2). */
function checkTarget(head: Head): boolean {
  const { bytes, targetStart, targetEnd } = head;
  if (head.method === method.connect) return true;
  if (bytes[targetStart] === byte.slash) return true;
  if (head.method === method.options && targetEnd - targetStart === 1 && bytes[targetStart] === 0x2a) return true;
  const authority = authorityStart(head);
  if (authority === -1) return refuse(head, "bad_target");
  const end = authorityEnd(head, authority);
  if (end === authority || !isHostValue(bytes, authority, end)) return refuse(head, "bad_target");
  // RFC 9112 3.2.2 lets the target win over a Host that differs. The next server may think otherwise: refused, but for proxies, which replace it.
  if (head.hostIndex === -1) return true;
  const hostStart = head.spans[head.hostIndex * 4 + 2]!;
  const hostEnd = head.spans[head.hostIndex * 4 + 3]!;
  const isSame = hostEnd - hostStart === end - authority && isSameName(bytes, hostStart, authority, end - authority);
  // Host is written anew then, so that the next server has one name only.
  head.isHostOther = !isSame;
  if (isSame || head.isHostFree) return true;
  const isSecure = authority - targetStart === schemes[1]!.length;
  const bareEnd = withoutDefaultPort(bytes, authority, end, isSecure);
  const length = bareEnd - authority;
  return (
    (withoutDefaultPort(bytes, hostStart, hostEnd, isSecure) - hostStart === length &&
      isSameName(bytes, hostStart, authority, length)) ||
    refuse(head, "bad_host")
  );
}

/** The end of an authority without the port that its scheme has anyway, or an empty one (RFC 9110 section 4.2.3). */
function withoutDefaultPort(bytes: Uint8Array, start: number, end: number, isSecure: boolean): number {
  const port = isSecure ? portSecure : portPlain;
  if (end > start && bytes[end - 1] === byte.colon) return end - 1;
  const colon = end - port.length;
  if (colon <= start) return end;
  for (let at = 0; at < port.length; at++) if (bytes[colon + at] !== port[at]) return end;
  return colon;
}

const portPlain = encode(":80");
const portSecure = encode(":443");

const schemes = [encode("http://"), encode("https://")];

/** Where the authority of an absolute-form target starts; -1 when the target has another form. */
export function authorityStart(head: Head): number {
  for (const scheme of schemes) {
    const end = head.targetStart + scheme.length;
    if (end > head.targetEnd) continue;
    let at = 0;
    while (
      at < scheme.length &&
      (scheme[at]! >= 0x61 ? head.bytes[head.targetStart + at]! | 0x20 : head.bytes[head.targetStart + at]!) ===
        scheme[at]
    )
      at++;
    if (at === scheme.length) return end;
  }
  return -1;
}

/** Where path or query start behind the authority of an absolute-form target. */
export function authorityEnd(head: Head, start: number): number {
  let at = start;
  while (at < head.targetEnd && head.bytes[at] !== byte.slash && head.bytes[at] !== 0x3f) at++;
  return at;
}

/** Rules on a response as a whole. */
export function checkResponse(head: Head): boolean {
  if (head.isChunked && (head.contentLength !== -1 || head.minor === 0)) return refuse(head, "bad_response");
  // RFC 9112 6.1: no Transfer-Encoding in 1xx and 204; a body there would be read as the next response by some.
  if (head.isChunked && (head.status < 200 || head.status === 204)) return refuse(head, "bad_response");
  if (head.contentLength > 0 && (head.status < 200 || head.status === 204)) return refuse(head, "bad_response");
  return true;
}

/** RFC 9112 section 6.3 for a request. */
export function requestBody(head: Head): BodyKind {
  if (head.isChunked) return bodyKind.chunked;
  return head.contentLength > 0 ? bodyKind.length : bodyKind.none;
}

/** RFC 9112 section 6.3 for the response to a request with that method. */
export function responseBody(head: Head, requestMethod: number): BodyKind {
  if (requestMethod === method.head || head.status < 200 || head.status === 204 || head.status === 304)
    return bodyKind.none;
  if (head.isChunked) return bodyKind.chunked;
  if (head.contentLength !== -1) return head.contentLength === 0 ? bodyKind.none : bodyKind.length;
  return bodyKind.close;
}
