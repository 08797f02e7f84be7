// Heads of requests and responses out of bytes (RFC 9112 sections 2 to 5). A head is parsed in one go once it is there in
// full; before that the answer is "more". Any bytes are parsed or refused, nothing else, and the verdict does not depend on how
// they were cut: the earliest offence in the bytes decides, then the rules on the whole head (framing.ts).
//
// Stricter than the RFC, because others read these differently: no bare LF as a line end, no obs-fold, no white space around
// the request line's parts, no empty field name, no white space before the colon, at most one empty line before a request.

import { fieldId } from "./fields.ts";
import { checkRequest, checkResponse, noteField } from "./framing.ts";
import { byte, isTarget, isToken, isValue } from "./grammar.ts";
import { type Head, method } from "./head.ts";

/** What a parse answers when it is not the index after the head. */
export const parsed = { more: -1, refused: -2 } as const;

/**
 * Parse a request head from bytes[start, end). Answers the index of the first body byte, `parsed.more`, or `parsed.refused` with
 * the reason in `head.fault`. `headBytesMax` bounds the head from `start` to its empty line.
 */
export function parseRequest(head: Head, bytes: Uint8Array, start: number, end: number, headBytesMax: number): number {
  head.reset(bytes, start);
  const limit = Math.min(end, start + headBytesMax);
  let next = start;
  // RFC 9112 2.2: a server should ignore at least one empty line before the request line; some clients send one after a POST.
  if (next < limit && bytes[next] === byte.cr) {
    if (next + 1 === limit) return limit < end ? refuse(head, "head_too_large") : parsed.more;
    if (bytes[next + 1] === byte.lf) next += 2;
  }
  head.start = next;
  next = parseRequestLine(head, bytes, next, limit);
  if (next >= 0) next = parseFields(head, bytes, next, limit);
  if (next === parsed.more && end - start >= headBytesMax) {
    return refuse(head, head.fieldsStart === 0 ? "target_too_long" : "head_too_large");
  }
  if (next < 0) return next;
  head.end = next;
  return checkRequest(head) ? next : parsed.refused;
}

/** The same for a response; `isHead` when it answers a HEAD request. */
export function parseResponse(head: Head, bytes: Uint8Array, start: number, end: number, headBytesMax: number): number {
  head.reset(bytes, start);
  const limit = Math.min(end, start + headBytesMax);
  let next = parseStatusLine(head, bytes, start, limit);
  if (next >= 0) next = parseFields(head, bytes, next, limit);
  if (next === parsed.more && end - start >= headBytesMax) return refuse(head, "bad_response");
  if (next === parsed.refused) head.fault = "bad_response";
  if (next < 0) return next;
  head.end = next;
  return checkResponse(head) ? next : parsed.refused;
}

function refuse(head: Head, code: NonNullable<Head["fault"]>): number {
  head.fault = code;
  return parsed.refused;
}

/** request-line = method SP request-target SP HTTP-version CRLF */
function parseRequestLine(head: Head, bytes: Uint8Array, start: number, end: number): number {
  let next = start;
  while (next < end && isToken[bytes[next]!] !== 0) next++;
  if (next === end) return next - start > methodBytesMax ? refuse(head, "bad_start_line") : parsed.more;
  if (bytes[next] !== byte.space || next === start || next - start > methodBytesMax)
    return refuse(head, "bad_start_line");
  head.methodEnd = next;
  head.method = methodOf(bytes, start, next);
  next++;
  head.targetStart = next;
  while (next < end && isTarget[bytes[next]!] !== 0) next++;
  if (next === end) return parsed.more;
  if (bytes[next] !== byte.space)
    return refuse(head, bytes[next] === byte.cr || bytes[next] === byte.lf ? "bad_start_line" : "bad_target");
  if (next === head.targetStart) return refuse(head, "bad_target");
  head.targetEnd = next;
  return parseVersion(head, bytes, next + 1, end, "bad_start_line");
}

/** Longer than any registered method. */
const methodBytesMax = 32;

/** status-line = HTTP-version SP status-code [ SP reason-phrase ] CRLF; the SP before an empty reason is often left out. */
function parseStatusLine(head: Head, bytes: Uint8Array, start: number, end: number): number {
  let next = parseVersionName(head, bytes, start, end, "bad_response");
  if (next < 0) return next;
  if (next === end) return parsed.more;
  if (bytes[next] !== byte.space) return refuse(head, "bad_response");
  next++;
  let status = 0;
  for (let digit = 0; digit < 3; digit++, next++) {
    if (next === end) return parsed.more;
    const value = bytes[next]! - byte.zero;
    if (value < 0 || value > 9) return refuse(head, "bad_response");
    status = status * 10 + value;
  }
  if (status < 100 || status > 999) return refuse(head, "bad_response");
  head.status = status;
  if (next === end) return parsed.more;
  if (bytes[next] === byte.space) {
    next++;
    while (next < end && isValue[bytes[next]!] !== 0) next++;
  }
  return parseLineEnd(head, bytes, next, end, "bad_response");
}

const versionPrefix = new TextEncoder().encode("HTTP/1.");

function parseVersion(head: Head, bytes: Uint8Array, start: number, end: number, code: "bad_start_line"): number {
  const next = parseVersionName(head, bytes, start, end, code);
  return next < 0 ? next : parseLineEnd(head, bytes, next, end, code);
}

function parseVersionName(
  head: Head,
  bytes: Uint8Array,
  start: number,
  end: number,
  code: "bad_start_line" | "bad_response",
): number {
  for (let index = 0; index < versionPrefix.length; index++) {
    if (start + index === end) return parsed.more;
    if (bytes[start + index] === versionPrefix[index]) continue;
    // "HTTP/2.0" and the like are understood, only not served.
    const isOtherVersion = index === 5 && bytes[start + index]! >= 0x30 && bytes[start + index]! <= 0x39;
    return refuse(head, isOtherVersion && code === "bad_start_line" ? "bad_version" : code);
  }
  const next = start + versionPrefix.length;
  if (next === end) return parsed.more;
  const minor = bytes[next]! - byte.zero;
  if (minor !== 0 && minor !== 1)
    return refuse(head, minor > 1 && minor <= 9 && code === "bad_start_line" ? "bad_version" : code);
  head.minor = minor;
  return next + 1;
}

/** CRLF at `next`, or the reason why not. */
function parseLineEnd(
  head: Head,
  bytes: Uint8Array,
  next: number,
  end: number,
  code: "bad_start_line" | "bad_field" | "bad_response",
): number {
  if (next === end) return parsed.more;
  if (bytes[next] !== byte.cr) return refuse(head, bytes[next] === byte.lf ? "bad_line_ending" : code);
  if (next + 1 === end) return parsed.more;
  if (bytes[next + 1] !== byte.lf) return refuse(head, "bad_line_ending");
  return next + 2;
}

/** *( field-name ":" OWS field-value OWS CRLF ) CRLF */
function parseFields(head: Head, bytes: Uint8Array, start: number, end: number): number {
  const { spans, ids, fieldsMax } = head;
  head.fieldsStart = start;
  // Names and values are looked at in steps of four, with one branch a step, and what is left of them byte by byte: a fifth faster
  // with the heads of browsers. Steps of eight, and a search for the CR by the runtime, are no faster still.
  const last = end - 3;
  let count = 0;
  let next = start;
  for (;;) {
    if (next === end) return parsed.more;
    const first = bytes[next]!;
    if (first === byte.cr || first === byte.lf) break;
    if (count === fieldsMax) return refuse(head, "head_too_large");
    const nameStart = next;
    while (
      next < last &&
      (isToken[bytes[next]!]! &
        isToken[bytes[next + 1]!]! &
        isToken[bytes[next + 2]!]! &
        isToken[bytes[next + 3]!]!) !==
        0
    )
      next += 4;
    while (next < end && isToken[bytes[next]!] !== 0) next++;
    if (next === end) return parsed.more;
    if (bytes[next] !== byte.colon || next === nameStart) return refuse(head, "bad_field");
    const nameEnd = next++;
    while (next < end && (bytes[next] === byte.space || bytes[next] === byte.tab)) next++;
    const valueStart = next;
    while (
      next < last &&
      (isValue[bytes[next]!]! &
        isValue[bytes[next + 1]!]! &
        isValue[bytes[next + 2]!]! &
        isValue[bytes[next + 3]!]!) !==
        0
    )
      next += 4;
    while (next < end && isValue[bytes[next]!] !== 0) next++;
    if (next === end) return parsed.more;
    let valueEnd = next;
    // An obs-fold or anything else that starts with white space is refused by the next turn: SP is no token.
    if (bytes[next] === byte.cr && next + 1 < end && bytes[next + 1] === byte.lf) next += 2;
    else return parseLineEnd(head, bytes, next, end, "bad_field");
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === byte.space || bytes[valueEnd - 1] === byte.tab))
      valueEnd--;
    const span = count * 4;
    spans[span] = nameStart;
    spans[span + 1] = nameEnd;
    spans[span + 2] = valueStart;
    spans[span + 3] = valueEnd;
    const id = fieldId(bytes, nameStart, nameEnd);
    ids[count] = id;
    head.fieldCount = ++count;
    if (id !== 0 && !noteField(head, id, count - 1, valueStart, valueEnd)) return parsed.refused;
  }
  head.fieldsEnd = next;
  return parseLineEnd(head, bytes, next, end, "bad_field");
}

/** The methods we treat in a way of their own; names are case-sensitive (RFC 9110 section 9.1). */
const methods: readonly (readonly [string, number])[] = [
  ["GET", method.get],
  ["POST", method.post],
  ["HEAD", method.head],
  ["PUT", method.put],
  ["DELETE", method.delete],
  ["OPTIONS", method.options],
  ["CONNECT", method.connect],
  ["TRACE", method.trace],
];
const methodBytes = methods.map(([name, id]) => ({ id, bytes: new TextEncoder().encode(name) }));

function methodOf(bytes: Uint8Array, start: number, end: number): number {
  // Nearly every request is a GET.
  if (end - start === 3 && bytes[start] === 0x47 && bytes[start + 1] === 0x45 && bytes[start + 2] === 0x54)
    return method.get;
  for (let index = 0; index < methodBytes.length; index++) {
    const known = methodBytes[index]!;
    if (known.bytes.length !== end - start) continue;
    let at = 0;
    while (at < known.bytes.length && known.bytes[at] === bytes[start + at]) at++;
    if (at === known.bytes.length) return known.id;
  }
  return method.other;
}
