// What is asked of a head by name, as strings: the fields, cookies and parameters that an expression reads (rules/fields.ts).
// Nothing is kept here; who asks more than once keeps the answer. Bytes are Latin-1, a character each, so that nothing that came
// is lost. Null is absent.

import { field } from "../wire/http1/fields.ts";
import { authorityEnd, authorityStart } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import { type Head, method } from "../wire/http1/head.ts";
import { trimmed } from "./fieldtext.ts";
import { isNumber, readPlace } from "./targets/place.ts";

const question = 0x3f;
const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;

/** Buffer's own, which works on any Uint8Array. */
const slice = Buffer.prototype.latin1Slice as (this: Uint8Array, start: number, end: number) => string;

export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return start === end ? "" : slice.call(bytes, start, end);
}

export function methodOf(head: Head): string | null {
  return head.methodEnd === head.start ? null : textOf(head.bytes, head.start, head.methodEnd);
}

/** As it was sent. */
export function targetOf(head: Head): string | null {
  return head.targetEnd === head.targetStart ? null : textOf(head.bytes, head.targetStart, head.targetEnd);
}

/** Where the path starts, behind the authority of a target that has one. */
export function pathStart(head: Head): number {
  const authority = authorityStart(head);
  return authority === -1 ? head.targetStart : authorityEnd(head, authority);
}

/** Where the query's "?" stands; `targetEnd` without one. */
export function queryMark(head: Head, from: number): number {
  for (let at = from; at < head.targetEnd; at++) if (head.bytes[at] === question) return at;
  return head.targetEnd;
}

/** Without the query; an empty path is that of the root (RFC 9110 section 4.2.3). CONNECT has none. */
export function pathOf(head: Head): string | null {
  if (head.targetEnd === head.targetStart || head.method === method.connect) return null;
  const start = pathStart(head);
  const end = queryMark(head, start);
  return start === end ? "/" : textOf(head.bytes, start, end);
}

export function queryOf(head: Head): string | null {
  const mark = queryMark(head, pathStart(head));
  return mark === head.targetEnd ? null : textOf(head.bytes, mark + 1, head.targetEnd);
}

/** Host and port as they were sent: of the target where it names them (RFC 9112 section 3.2.2), else of the Host field. */
function authorityOf(head: Head): string {
  if (head.method === method.connect) return textOf(head.bytes, head.targetStart, head.targetEnd);
  const authority = authorityStart(head);
  if (authority !== -1) return textOf(head.bytes, authority, authorityEnd(head, authority));
  return head.hostIndex === -1 ? "" : valueAt(head, head.hostIndex);
}

/**
 * In lower case, without the port and the dot at the end of a whole name, which names the same host. An address is told in one
 * spelling, whichever it came in ("127.1", "0x7f.1", "[::ffff:127.0.0.1]"), since a forward proxy goes to one place for all of them.
 */
export function hostOf(head: Head): string | null {
  const authority = authorityOf(head);
  const named = authority.slice(0, hostLength(authority)).toLowerCase();
  const host = named.endsWith(".") ? named.slice(0, -1) : named;
  if (host === "") return null;
  return host.endsWith("]") || isNumber(host.slice(host.lastIndexOf(".") + 1)) ? addressOf(host) : host;
}

/** Text that is no address stays as it is: nobody is led anywhere by it. The port is of no matter. */
function addressOf(host: string): string {
  const place = readPlace(host, 80);
  if (place === null || place.octets === null) return host;
  return place.host.includes(":") ? `[${place.host}]` : place.host;
}

export function portOf(head: Head): number | null {
  const authority = authorityOf(head);
  const digits = authority.slice(hostLength(authority) + 1);
  return digits === "" ? null : Number(digits);
}

/** The colons of an IPv6 address stand in brackets. */
function hostLength(authority: string): number {
  const colon = authority.lastIndexOf(":");
  return colon > authority.lastIndexOf("]") ? colon : authority.length;
}

function valueAt(head: Head, index: number): string {
  return textOf(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!);
}

const names = new Map<string, Uint8Array>();
/** Names come from configs; those of many former ones are not worth keeping. */
const namesMax = 4096;

function bytesOf(name: string): Uint8Array {
  let bytes = names.get(name);
  if (bytes === undefined) {
    bytes = Uint8Array.from(Buffer.from(name, "latin1"));
    if (names.size >= namesMax) names.clear();
    names.set(name, bytes);
  }
  return bytes;
}

/** Whatever a name may hold: `isName` knows only those without "_" and the like. */
function isNamed(head: Head, index: number, name: Uint8Array): boolean {
  const start = head.spans[index * 4]!;
  if (head.spans[index * 4 + 1]! - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (lower(head.bytes[start + at]!) !== name[at]!) return false;
  return true;
}

function lower(value: number): number {
  return value >= 0x41 && value <= 0x5a ? value | 0x20 : value;
}

/** All values of a field, joined as if it had been sent once (RFC 9110 section 5.3; Cookie: RFC 6265 section 5.4). `name` is in lower case. */
export function fieldOf(head: Head, name: string): string | null {
  const wanted = bytesOf(name);
  let value: string | null = null;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isNamed(head, index, wanted)) continue;
    const next = valueAt(head, index);
    if (value === null) value = next;
    else value += (head.ids[index] === field.cookie ? "; " : ", ") + next;
  }
  return value;
}

/**
 * Each value of a field; those of a list one by one. Empty ones count, as in HAProxy, although RFC 9110 section 5.6.1.2 would have
 * them ignored: who is limited by a field must not escape by saying nothing in it. Null without the field.
 */
export function fieldList(head: Head, name: string): readonly string[] | null {
  const wanted = bytesOf(name);
  let values: string[] | null = null;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isNamed(head, index, wanted)) continue;
    values ??= [];
    split(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!, values);
  }
  return values;
}

/** Each field of that name as a whole, commas and all: of those that are no lists, such as User-Agent. Null without the field. */
export function fieldLines(head: Head, name: string): readonly string[] | null {
  const wanted = bytesOf(name);
  let values: string[] | null = null;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isNamed(head, index, wanted)) continue;
    values ??= [];
    values.push(valueAt(head, index));
  }
  return values;
}

export function fieldCount(head: Head, name: string): number {
  const wanted = bytesOf(name);
  let count = 0;
  for (let index = 0; index < head.fieldCount; index++) if (isNamed(head, index, wanted)) count++;
  return count;
}

/** By commas outside of quoted strings. */
function split(bytes: Uint8Array, start: number, end: number, into: string[]): void {
  let isQuoted = false;
  let from = start;
  for (let at = start; at <= end; at++) {
    const now = at === end ? comma : bytes[at]!;
    if (at < end && isQuoted && now === backslash) at++;
    else if (at < end && now === quote) isQuoted = !isQuoted;
    else if (now === comma && (at === end || !isQuoted)) {
      into.push(trimmed(textOf(bytes, from, Math.min(at, end))));
      from = at + 1;
    }
  }
  // A backslash may have been the last byte of all.
  if (from < end) into.push(trimmed(textOf(bytes, from, end)));
}

/** Of the first cookie of that name. */
export function cookieOf(head: Head, name: string): string | null {
  return cookiesOf(head, name, 1)?.[0] ?? null;
}

/** Of each cookie of that name, for which one counts servers do not agree on; null without any. An empty one right at the end of a field is none, as in HAProxy. */
export function cookieList(head: Head, name: string): readonly string[] | null {
  return cookiesOf(head, name, Number.POSITIVE_INFINITY);
}

function cookiesOf(head: Head, name: string, most: number): readonly string[] | null {
  let values: string[] | null = null;
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.ids[index] !== field.cookie) continue;
    const end = head.spans[index * 4 + 3]!;
    for (let at = head.spans[index * 4 + 2]!; at < end; at++) {
      const begin = at;
      while (at < end && isBlank(head.bytes[at]!)) at++;
      let stop = at;
      while (stop < end && head.bytes[stop] !== byte.semicolon) stop++;
      const value = namedPart(head.bytes, at, stop, name);
      if (value !== -1 && (most === 1 || stop !== end || stop - begin > name.length + 1)) {
        values ??= [];
        values.push(trimmed(textOf(head.bytes, value, stop)));
        if (values.length === most) return values;
      }
      at = stop;
    }
  }
  return values;
}

function isBlank(value: number): boolean {
  return value === byte.space || value === byte.tab;
}

/** Where the value of "name=value" in bytes[start, end) starts, -1 when the name is another. Blanks before the sign are none of the name, as most servers have it. */
function namedPart(bytes: Uint8Array, start: number, end: number, name: string): number {
  let sign = start + name.length;
  while (sign < end && isBlank(bytes[sign]!)) sign++;
  if (sign >= end || bytes[sign] !== 0x3d) return -1;
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name.charCodeAt(index)) return -1;
  return sign + 1;
}

/** The first parameter of that name in a query; one without "=" is empty. */
export function parameterOf(query: string, name: string): string | null {
  for (const part of query.split("&")) {
    const value = parameterIn(part, name);
    if (value !== null) return value;
  }
  return null;
}

/** Each of them; null without any. */
export function parameterList(query: string, name: string): readonly string[] | null {
  const values = query.split("&").map((part) => parameterIn(part, name));
  const named = values.filter((value): value is string => value !== null);
  return named.length === 0 ? null : named;
}

function parameterIn(part: string, name: string): string | null {
  const sign = part.indexOf("=");
  if (decode(sign === -1 ? part : part.slice(0, sign)) !== name) return null;
  return sign === -1 ? "" : decode(part.slice(sign + 1));
}

/** Percent-encoding taken away, an octet a character; what is none stays as it came. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}
