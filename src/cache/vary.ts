// Vary and the second part of a key (RFC 9111 section 4.1): which fields of a request a response was chosen by, and what they
// say, in one spelling. Fields that differ only where the RFCs let them are the same: lines are joined, blanks around commas
// are gone (not in quoted strings), Accept-Encoding is a set (acceptencoding.ts), Accept-Language has no case and no blanks.
// The order of a list counts. A field that a server may take for another counts as that other; one that Connection names is
// not there, for it goes no further. Fields that we write ourselves, for each client another, are in no head that we see here:
// what varies by them is for one client only.
//
//   second part = *( name ( 0x00 / ":" value 0x00 ) )     absent and empty differ; no name holds ":" and no value 0x00

import { field } from "../wire/http1/fields.ts";
import { byte, isToken } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { writeAcceptEncoding } from "./acceptencoding.ts";
import { cacheField, isTakenFor, lowered, nextField, valueEnd, valueStart } from "./fieldname.ts";
import type { Key } from "./key.ts";
import type { RequestFacts } from "./requestfacts.ts";
import type { ResponseFacts } from "./responsefacts.ts";

/** What `VaryNames.read` answers when it is not the number of names. */
export const varyOutcome = { star: -1, unreadable: -2, client: -3 } as const;

/** Forwarding makes these, out of the client's address or anew for each request. */
const ofClient: readonly Uint8Array[] = ["x-forwarded-for", "forwarded", "x-request-id"].map((name) =>
  new TextEncoder().encode(name),
);

/** With more names a response is not stored: nobody would find it again. */
const namesMax = 16;
const namesBytesMax = 512;

/** The names of one response, lower case, each once, in the order of their bytes; as `markVary` takes them. */
export class VaryNames {
  /** Names with ", " between them in bytes[0, end). */
  readonly bytes: Uint8Array = new Uint8Array(namesBytesMax + namesMax * 2);
  end = 0;
  #names: Uint8Array[] = [];

  /** Of all Vary fields: how many names, or one of `varyOutcome`. */
  read(head: Head, response: ResponseFacts): number {
    this.end = 0;
    if (response.vary === -1) return 0;
    this.#names = [];
    let outcome = 0;
    for (let index = response.vary; index !== -1; index = nextField(head, cacheField.vary, index + 1)) {
      const read = this.#readLine(head.bytes, valueStart(head, index), valueEnd(head, index));
      // A star anywhere says more than what cannot be read.
      if (read === varyOutcome.star) return read;
      if (read < 0) outcome = read;
    }
    if (outcome < 0) return outcome;
    return this.#write();
  }

  #readLine(bytes: Uint8Array, start: number, end: number): number {
    let outcome = 0;
    for (let at = start; at < end; ) {
      const from = at;
      while (at < end && isToken[bytes[at]!] !== 0) at++;
      if (at === from) {
        const octet = bytes[at++]!;
        if (octet !== byte.comma && octet !== byte.space && octet !== byte.tab) outcome = varyOutcome.unreadable;
        continue;
      }
      if (at - from === 1 && bytes[from] === 0x2a) return varyOutcome.star;
      const name = bytes.slice(from, at);
      for (let each = 0; each < name.length; each++) name[each] = lowered(name[each]!);
      if (ofClient.some((other) => compare(other, name) === 0)) outcome = varyOutcome.client;
      if (this.#names.some((other) => compare(other, name) === 0)) continue;
      if (this.#names.length === namesMax) return varyOutcome.unreadable;
      else this.#names.push(name);
    }
    return outcome;
  }

  #write(): number {
    this.#names.sort(compare);
    for (const name of this.#names) {
      if (this.end + name.length + 2 > namesBytesMax) return varyOutcome.unreadable;
      if (this.end > 0) {
        this.bytes[this.end++] = byte.comma;
        this.bytes[this.end++] = byte.space;
      }
      this.bytes.set(name, this.end);
      this.end += name.length;
    }
    return this.#names.length;
  }
}

function compare(one: Uint8Array, other: Uint8Array): number {
  return Buffer.compare(one, other);
}

const acceptEncoding = new TextEncoder().encode("accept-encoding");
const acceptLanguage = new TextEncoder().encode("accept-language");

/**
 * The second part of the key for a request, behind the first. The names are bytes[start, end), with ", " between them, as
 * `VaryNames` writes them and a mark keeps them.
 */
export function writeVariant(
  key: Key,
  bytes: Uint8Array,
  start: number,
  end: number,
  head: Head,
  request: RequestFacts,
): void {
  key.cut();
  const { output } = key;
  for (let at = start; at < end; ) {
    const from = at;
    while (at < end && bytes[at] !== byte.comma) at++;
    output.copy(bytes, from, at);
    if (isWord(bytes, from, at, acceptEncoding)) {
      if (request.acceptEncoding !== -1) {
        output.byte(byte.colon);
        writeAcceptEncoding(output, head, request.acceptEncoding, request.acceptEncodingCount);
      }
      writeDisguised(output, head);
    } else writeValues(output, head, bytes, from, at);
    output.byte(0);
    at += 2;
  }
}

function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) if (bytes[start + at] !== word[at]) return false;
  return true;
}

/** ":" and all values of the field with that name; nothing when there is none. */
function writeValues(output: Output, head: Head, bytes: Uint8Array, start: number, end: number): void {
  const isLanguage = isWord(bytes, start, end, acceptLanguage);
  let isThere = false;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isTakenFor(head, index, bytes, start, end)) continue;
    const id = head.ids[index]!;
    if (!isThere) output.byte(byte.colon);
    else output.byte(id === field.cookie ? byte.semicolon : byte.comma);
    isThere = true;
    const from = valueStart(head, index);
    const to = valueEnd(head, index);
    // These are no lists; a comma in them is one of many characters.
    if (id === field.cookie || id === field.userAgent || id === field.referer) output.copy(head.bytes, from, to);
    else if (isLanguage) writeFolded(output, head.bytes, from, to);
    else writeList(output, head.bytes, from, to);
  }
}

/** Accept_Encoding: rare enough to stand as it is, behind a mark that no coding begins with. */
function writeDisguised(output: Output, head: Head): void {
  for (let index = 0; index < head.fieldCount; index++) {
    const start = head.spans[index * 4]!;
    // Nearly every field is told from it by these two looks.
    if (head.bytes[start + dashAt] !== underscore || head.spans[index * 4 + 1]! - start !== acceptEncoding.length)
      continue;
    if (!isTakenFor(head, index, acceptEncoding, 0, acceptEncoding.length)) continue;
    output.byte(underscore);
    output.copy(head.bytes, valueStart(head, index), valueEnd(head, index));
  }
}

const underscore = 0x5f;
const dashAt = 6;

function writeFolded(output: Output, bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (octet !== byte.space && octet !== byte.tab) output.byte(lowered(octet));
  }
}

/** Without blanks around commas, but in quoted strings. */
function writeList(output: Output, bytes: Uint8Array, start: number, end: number): void {
  let isQuoted = false;
  let isAfterComma = true;
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (isQuoted) {
      output.byte(octet);
      if (octet === 0x5c && at + 1 < end) output.byte(bytes[++at]!);
      else if (octet === 0x22) isQuoted = false;
      continue;
    }
    if (octet === byte.space || octet === byte.tab) {
      let next = at;
      while (next < end && (bytes[next] === byte.space || bytes[next] === byte.tab)) next++;
      if (!isAfterComma && next < end && bytes[next] !== byte.comma) output.copy(bytes, at, next);
      at = next - 1;
      continue;
    }
    output.byte(octet);
    isQuoted = octet === 0x22;
    isAfterComma = octet === byte.comma;
  }
}
