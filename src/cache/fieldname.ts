// The fields that a cache reads, found in a head in one pass (requestfacts.ts, responsefacts.ts). The codec has ids of its
// own for what framing and forwarding need; these are apart, so that requests that no cache sees do not pay for them.

import { field } from "../wire/http1/fields.ts";
import { isNominated } from "../wire/http1/framing.ts";
import type { Head } from "../wire/http1/head.ts";
import { NameTable } from "./nametable.ts";

export const cacheField = {
  other: 0,
  cacheControl: 1,
  pragma: 2,
  ifNoneMatch: 3,
  ifModifiedSince: 4,
  ifMatch: 5,
  ifUnmodifiedSince: 6,
  range: 7,
  ifRange: 8,
  authorization: 9,
  acceptEncoding: 10,
  cdnCacheControl: 11,
  expires: 12,
  date: 13,
  age: 14,
  lastModified: 15,
  etag: 16,
  vary: 17,
  setCookie: 18,
  location: 19,
  contentLocation: 20,
  contentRange: 21,
  contentType: 22,
  contentEncoding: 23,
  setCookie2: 24,
  trailer: 25,
  proxyAuthenticationInfo: 26,
  contentLanguage: 27,
  surrogateControl: 28,
  contentMd5: 29,
  digest: 30,
  contentDigest: 31,
  reprDigest: 32,
  xHttpMethodOverride: 33,
  xHttpMethod: 34,
  xMethodOverride: 35,
  xOriginalUrl: 36,
  xRewriteUrl: 37,
} as const;

const names: readonly string[] = Object.entries(cacheField)
  .sort(([, one], [, other]) => one - other)
  .map(([key, id]) => {
    if (id === cacheField.other) return "";
    return id === cacheField.setCookie2 ? "set-cookie2" : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  });

const table: NameTable = new NameTable(names);

/** What of `cacheField` a field is. */
export function cacheFieldAt(head: Head, index: number): number {
  const known = head.ids[index];
  if (known !== field.other && known !== field.authorization) return cacheField.other;
  const start = head.spans[index * 4]!;
  const id = table.find(head.bytes, start, head.spans[index * 4 + 1]!);
  return id === cacheField.other && lowered(head.bytes[start]!) === letterX ? overridingAt(head, index) : id;
}

/** Of those by which servers understand another request: in any spelling with "_" that CGI and its heirs read as "-". */
function overridingAt(head: Head, index: number): number {
  for (const [id, name] of overriding) if (isTakenFor(head, index, name, 0, name.length)) return id;
  return cacheField.other;
}

const overriding: readonly (readonly [number, Uint8Array])[] = [
  cacheField.xHttpMethodOverride,
  cacheField.xHttpMethod,
  cacheField.xMethodOverride,
  cacheField.xOriginalUrl,
  cacheField.xRewriteUrl,
].map((id) => [id, new TextEncoder().encode(names[id])]);
const letterX = 0x78;

/** The next field of that kind, from `from` on; -1 without. */
export function nextField(head: Head, id: number, from: number): number {
  for (let index = from; index < head.fieldCount; index++) if (cacheFieldAt(head, index) === id) return index;
  return -1;
}

/** Where the value of a field starts and ends. */
export function valueStart(head: Head, index: number): number {
  return head.spans[index * 4 + 2]!;
}

export function valueEnd(head: Head, index: number): number {
  return head.spans[index * 4 + 3]!;
}

/** Whether the name of a field is `lower`, whatever bytes that holds; letters are folded, nothing else. */
export function isNamed(head: Head, index: number, lower: Uint8Array): boolean {
  const start = head.spans[index * 4]!;
  if (head.spans[index * 4 + 1]! - start !== lower.length) return false;
  for (let at = 0; at < lower.length; at++) if (lowered(head.bytes[start + at]!) !== lower[at]) return false;
  return true;
}

export function lowered(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

/**
 * Whether a server may take a field for the one whose name, in lower case, is names[start, end): it goes on to it, and CGI and
 * its heirs read "_" as "-". What such a field says belongs into a key as much as what its namesake says.
 */
export function isTakenFor(head: Head, index: number, names: Uint8Array, start: number, end: number): boolean {
  const from = head.spans[index * 4]!;
  const to = head.spans[index * 4 + 1]!;
  if (to - from !== end - start) return false;
  for (let at = start; at < end; at++) {
    const octet = lowered(head.bytes[from + at - start]!);
    if (octet !== names[at] && !(octet === underscore && names[at] === dash)) return false;
  }
  // What Connection names goes no further (RFC 9110 section 7.6.1): servers do not see it.
  return !(head.hasNominated && isNominated(head, from, to));
}

const dash = 0x2d;
const underscore = 0x5f;
