// What a request that changes something makes stale (RFC 9111 section 4.4): its own target, and what Location and
// Content-Location of the answer name, if they are of the same origin. Only an answer that is no error says that something
// was changed. References are resolved as far as a same origin needs it (RFC 3986 section 5.2); what is not understood names
// nothing.

import { authorityEnd, authorityStart } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import { type Head, method } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import { valueEnd, valueStart } from "./fieldname.ts";
import { Key } from "./key.ts";
import type { CachePolicy } from "./policy.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Safe by the registry of methods, and not in RFC 9110. */
const safeMethods = ["PROPFIND", "REPORT", "SEARCH", "QUERY", "PRI"].map(encode);

/** Whether an answer of that status to the request makes what is stored about its target stale. Methods of unknown safety do. */
export function invalidates(head: Head, status: number): boolean {
  if (status < 200 || status > 399) return false;
  switch (head.method) {
    case method.get:
    case method.head:
    case method.options:
    case method.trace:
    case method.connect:
      return false;
    case method.other:
      return !safeMethods.some((name) => isMethod(head, name));
    default:
      return true;
  }
}

function isMethod(head: Head, name: Uint8Array): boolean {
  if (head.methodEnd - head.start !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (head.bytes[head.start + at] !== name[at]) return false;
  return true;
}

const target = new Output(1024);
const wanted = new Key();

/**
 * The key of what a reference names that stands in field `index` of the answer, into `key`. False: another origin, or no
 * reference. The request says host, path and scheme.
 */
export function writeReference(
  key: Key,
  request: Head,
  isSecure: boolean,
  response: Head,
  index: number,
  policy: CachePolicy,
): boolean {
  const { bytes } = response;
  let start = valueStart(response, index);
  let end = start;
  const last = valueEnd(response, index);
  while (end < last && bytes[end] !== 0x23) {
    if (bytes[end]! <= 0x20 || bytes[end]! >= 0x7f) return false;
    end++;
  }
  if (start === end) return false;
  const schemeEnd = schemeEndOf(bytes, start, end);
  if (schemeEnd !== -1 || (bytes[start] === byte.slash && bytes[start + 1] === byte.slash && start + 1 < end))
    return writeAbsolute(key, request, isSecure, bytes, start, end, schemeEnd, policy);
  target.clear();
  if (bytes[start] !== byte.slash) {
    const from = pathStart(request);
    let to = from;
    while (to < request.targetEnd && request.bytes[to] !== 0x3f) to++;
    // A query alone is of the same path; all else is beside the last segment.
    if (bytes[start] !== 0x3f) while (to > from && request.bytes[to - 1] !== byte.slash) to--;
    target.copy(request.bytes, from, to);
    if (target.length === 0) target.byte(byte.slash);
  }
  target.copy(bytes, start, end);
  removeDots();
  start = 0;
  end = target.length;
  key.writeOther(request, isSecure, target.bytes, start, end, policy);
  return true;
}

/** Of the same origin: scheme, host and port are those of the request, however they are spelled. */
function writeAbsolute(
  key: Key,
  request: Head,
  isSecure: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
  schemeEnd: number,
  policy: CachePolicy,
): boolean {
  let url = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  wanted.writeOther(request, isSecure, rootPath, 0, 1, policy);
  const origin = Buffer.from(wanted.bytes.buffer, wanted.bytes.byteOffset, wanted.firstEnd).toString("latin1");
  const ours = /^(https?:)\/\/[^/]*/.exec(origin);
  if (ours === null) return false;
  if (schemeEnd === -1) url = ours[1]! + url;
  const parts = /^https?:\/\/[^/?]+/i.exec(url);
  if (parts === null || !wanted.writeUrl(parts[0], null)) return false;
  const theirs = Buffer.from(wanted.bytes.buffer, wanted.bytes.byteOffset, wanted.firstEnd).toString("latin1");
  if (theirs !== `${ours[0]}/`) return false;
  target.clear();
  target.latin1(url.slice(parts[0].length));
  if (target.bytes[0] !== byte.slash || target.length === 0) {
    const rest = url.slice(parts[0].length);
    target.clear();
    target.byte(byte.slash);
    target.latin1(rest);
  }
  removeDots();
  key.writeOther(request, isSecure, target.bytes, 0, target.length, policy);
  return true;
}

const rootPath = encode("/");

function pathStart(request: Head): number {
  const authority = authorityStart(request);
  return authority === -1 ? request.targetStart : authorityEnd(request, authority);
}

/** Where the scheme of a reference ends that has one, behind its colon; -1 without. */
function schemeEndOf(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (octet === byte.colon) return at === start ? -1 : at + 1;
    if (octet === byte.slash || octet === 0x3f) return -1;
  }
  return -1;
}

/** RFC 3986 section 5.2.4, in `target`, on the path only. Most have no dot behind a slash. */
function removeDots(): void {
  const { bytes } = target;
  let pathEnd = 0;
  let hasDots = false;
  while (pathEnd < target.length && bytes[pathEnd] !== 0x3f) {
    if (bytes[pathEnd] === 0x2e && pathEnd > 0 && bytes[pathEnd - 1] === byte.slash) hasDots = true;
    pathEnd++;
  }
  if (!hasDots) return;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, target.length).toString("latin1");
  const kept: string[] = [];
  const segments = text.slice(0, pathEnd).split("/").slice(1);
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (isLast) kept.push("");
  });
  const rest = text.slice(pathEnd);
  target.clear();
  target.latin1(`/${kept.join("/")}${rest}`);
}
