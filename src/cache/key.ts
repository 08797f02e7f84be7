// The first part of a key: what is asked for, as bytes (RFC 9111 section 2). "scheme://host/path?query" in one spelling: host
// in lower case, without the port that is the scheme's own; path and query as they came, for servers differ on which
// spellings mean the same. Then whatever a pool's policy adds: for each field and cookie 0x00 when it is absent, 0x01 and its
// value when it is there; then 0x02 and the scope, where pools share a cache; last 0x03 and the host that a proxy in front reports, where
// that is another. None of these octets is in a target or in a value, so that no two requests have one key by accident.
//
// GET and HEAD share a key; other methods have none. Whoever can say something to a server that is not in the key can put an
// answer of his own before others. So what the policy leaves out is left out only where no server can read more into it, and
// what counts, counts in all its disguises: "%69d", "ID", "id[]" for "id", X_Tenant for X-Tenant, a cookie that comes twice.
// What Connection names does not count, for servers do not see it.

import type { CacheKey } from "../memory/cache.ts";
import { field } from "../wire/http1/fields.ts";
import { authorityEnd, authorityStart, isNominated } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import { isTakenFor, valueEnd, valueStart } from "./fieldname.ts";
import type { CachePolicy } from "./policy.ts";
import { writeQuery } from "./query.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const http = encode("http://");
const https = encode("https://");
const question = 0x3f;
const equals = 0x3d;
const underscore = 0x5f;

export class Key implements CacheKey {
  readonly output: Output = new Output(4096);
  firstEnd = 0;

  get bytes(): Uint8Array {
    return this.output.bytes;
  }

  get end(): number {
    return this.output.length;
  }

  /** The first part alone. `isSecure`: its scheme is https, for a server; what a target in absolute form says itself does not count. */
  write(head: Head, isSecure: boolean, policy: CachePolicy): void {
    const { bytes, targetStart, targetEnd } = head;
    if (bytes[targetStart] === byte.slash) {
      this.#begin(isSecure);
      if (head.hostIndex !== -1)
        this.#writeHost(bytes, valueStart(head, head.hostIndex), valueEnd(head, head.hostIndex), isSecure);
      this.#writeTarget(bytes, targetStart, targetEnd, policy);
    } else this.#writeAbsolute(head, isSecure, policy);
    if (policy.keyFields.length > 0 || policy.keyCookies.length > 0) this.#writeExtras(head, policy);
    if (policy.scope.length > 0) this.#writeScope(policy);
    this.firstEnd = this.output.length;
  }

  /** The same for another target of the same host: bytes[start, end) in origin form, as of the request in `head`. */
  writeOther(head: Head, isSecure: boolean, bytes: Uint8Array, start: number, end: number, policy: CachePolicy): void {
    const authority = authorityStart(head);
    this.#begin(isSecure);
    if (authority !== -1) this.#writeHost(head.bytes, authority, authorityEnd(head, authority), isSecure);
    else if (head.hostIndex !== -1)
      this.#writeHost(head.bytes, valueStart(head, head.hostIndex), valueEnd(head, head.hostIndex), isSecure);
    this.#writeTarget(bytes, start, end, policy);
    if (policy.keyFields.length > 0 || policy.keyCookies.length > 0) this.#writeExtras(head, policy);
    if (policy.scope.length > 0) this.#writeScope(policy);
    this.firstEnd = this.output.length;
  }

  /**
   * The first part for a URL that a person has typed, without what fields and cookies add; its query as it is where no policy
   * says other. False: it is none. What a target may not hold is percent-encoded, a fragment is left out.
   */
  writeUrl(url: string, policy: CachePolicy | null): boolean {
    const parts = /^(https?):\/\/([^/?#\s@]+)(?=[/?#]|$)([^#]*)/i.exec(url.toWellFormed().trim());
    if (parts === null) return false;
    const isSecure = parts[1]!.toLowerCase() === "https";
    this.#begin(isSecure);
    const host = encode(parts[2]!);
    this.#writeHost(host, 0, host.length, isSecure);
    const target = encode(parts[3]!.replace(/[^\x21-\x7e]/gu, encodeURIComponent));
    this.#writeTarget(target, 0, target.length, policy);
    if (policy !== null && policy.scope.length > 0) this.#writeScope(policy);
    this.firstEnd = this.output.length;
    return true;
  }

  /** More of the first part: a host that servers are told beside the one in Host. */
  addHost(bytes: Uint8Array, start: number, end: number): void {
    this.output.byte(3);
    this.output.copy(bytes, start, end);
    this.firstEnd = this.output.length;
  }

  /** Before another second part: what was written behind the first is gone. */
  cut(): void {
    this.output.length = this.firstEnd;
  }

  #begin(isSecure: boolean): void {
    this.output.clear();
    this.output.put(isSecure ? https : http);
  }

  #writeAbsolute(head: Head, isSecure: boolean, policy: CachePolicy): void {
    const authority = authorityStart(head);
    this.#begin(isSecure);
    const path = authority === -1 ? head.targetStart : authorityEnd(head, authority);
    if (authority !== -1) this.#writeHost(head.bytes, authority, path, isSecure);
    this.#writeTarget(head.bytes, path, head.targetEnd, policy);
  }

  #writeHost(bytes: Uint8Array, start: number, end: number, isSecure: boolean): void {
    const { output } = this;
    const stop = hostEnd(bytes, start, end, isSecure);
    const from = output.length;
    output.copy(bytes, start, stop);
    const { bytes: written, length } = output;
    for (let at = from; at < length; at++) {
      const octet = written[at]!;
      if (octet <= 0x5a && octet >= 0x41) written[at] = octet | 0x20;
    }
  }

  /** Path and query. */
  #writeTarget(bytes: Uint8Array, start: number, end: number, policy: CachePolicy | null): void {
    const { output } = this;
    // An empty path is that of the root (RFC 9110 section 4.2.3).
    if (start === end || bytes[start] !== byte.slash) output.byte(byte.slash);
    if (policy === null || policy.isQueryWhole) return output.copy(bytes, start, end);
    let mark = start;
    while (mark < end && bytes[mark] !== question) mark++;
    output.copy(bytes, start, mark);
    if (mark < end) writeQuery(output, bytes, mark, end, policy);
  }

  #writeScope({ scope }: CachePolicy): void {
    this.output.byte(2);
    this.output.put(scope);
  }

  #writeExtras(head: Head, policy: CachePolicy): void {
    for (let index = 0; index < policy.keyFields.length; index++)
      writeField(this.output, head, policy.keyFields[index]!);
    for (let index = 0; index < policy.keyCookies.length; index++)
      writeCookie(this.output, head, policy.keyCookies[index]!);
  }
}

/** Where host and port end, less the port that is the scheme's own, and less a colon without a port (RFC 9110 section 4.2.3). */
function hostEnd(bytes: Uint8Array, start: number, end: number, isSecure: boolean): number {
  let colon = end - 1;
  while (colon >= start && bytes[colon]! >= 0x30 && bytes[colon]! <= 0x39) colon--;
  if (colon < start || bytes[colon] !== byte.colon) return end;
  // With a zero before it a port is the same and looks other: what is made of it may not be for everybody.
  if (end - colon > 4 || bytes[colon + 1] === byte.zero) return end;
  let port = 0;
  for (let at = colon + 1; at < end; at++) port = port * 10 + bytes[at]! - 0x30;
  return colon + 1 === end || port === (isSecure ? 443 : 80) ? colon : end;
}

/** 0x00, or 0x01 and all values of the field, joined. */
function writeField(output: Output, head: Head, name: Uint8Array): void {
  let isThere = false;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isTakenFor(head, index, name, 0, name.length)) continue;
    output.byte(isThere ? byte.comma : 1);
    isThere = true;
    output.copy(head.bytes, valueStart(head, index), valueEnd(head, index));
  }
  if (!isThere) output.byte(0);
}

/** The same of all cookies of that name, with ";" between them: which one counts servers do not agree on. */
function writeCookie(output: Output, head: Head, name: Uint8Array): void {
  const { bytes, spans } = head;
  let isThere = false;
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.ids[index] !== field.cookie) continue;
    if (head.hasNominated && isNominated(head, spans[index * 4]!, spans[index * 4 + 1]!)) continue;
    const end = valueEnd(head, index);
    for (let at = valueStart(head, index); at < end; at++) {
      while (at < end && (bytes[at] === byte.space || bytes[at] === byte.tab)) at++;
      const start = at;
      while (at < end && bytes[at] !== byte.semicolon) at++;
      const value = cookieValue(bytes, start, at, name);
      if (value === -1) continue;
      output.byte(isThere ? byte.semicolon : 1);
      isThere = true;
      output.copy(bytes, value, at);
    }
  }
  if (!isThere) output.byte(0);
}

/** Where its value starts, -1 when it has another name. Some servers let blanks stand before "=", and "." for "_". */
function cookieValue(bytes: Uint8Array, start: number, end: number, name: Uint8Array): number {
  if (end - start <= name.length) return -1;
  for (let at = 0; at < name.length; at++) {
    const octet = bytes[start + at]!;
    if (octet !== name[at] && !(name[at] === underscore && octet === 0x2e)) return -1;
  }
  let at = start + name.length;
  while (at < end && (bytes[at] === byte.space || bytes[at] === byte.tab)) at++;
  return at < end && bytes[at] === equals ? at + 1 : -1;
}
