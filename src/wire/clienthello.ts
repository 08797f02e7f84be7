// The first message of a TLS client, read without taking part in the handshake: the name it wants, the protocols it offers,
// its fingerprint. RFC 8446 4.1.2 and 5.1, for older versions RFC 5246; SNI is RFC 6066 3, ALPN RFC 7301 3.1. An encrypted
// ClientHello (ECH) counts as the outer one that it looks like.
//
// The message may come in any number of records, cut anywhere. As long as it is not whole, only the heads of the records and
// of the message are looked at: what cannot be a ClientHello is `bad` at the byte that shows it, and `more` costs next to
// nothing, however often it is asked. The inside is judged once, when all is there: each length must agree with the one
// around it, and what could be understood in two ways (an extension that stands there twice) is refused.

import { addressBytes, readAddress } from "./ipaddress.ts";
import { type HelloTraits, ja4Of } from "./ja4.ts";

export type HelloVerdict =
  | { readonly kind: "more" }
  | { readonly kind: "bad" }
  | {
      readonly kind: "hello";
      /** In lower case, without the dot at its end; "" when none is asked for. */
      readonly serverName: string;
      /** In the client's order; each byte is a character. */
      readonly alpn: readonly string[];
      /** "" when it was not wanted. */
      readonly ja4: string;
    };

/** The message with its head. The largest that are seen (with post-quantum keys and several tickets) have under 5 kB. */
const messageBytesMax = 16 * 1024;
/** Smaller records than half a kilobyte are somebody's test; a hello of today in records of one byte each needs some 1800. */
const recordsMax = 2048;
const recordHeadBytes = 5;
/** A hello that does not end within as many bytes is refused, so this much room always gives a verdict. */
export const clientHelloBytesMax: number = messageBytesMax + recordsMax * recordHeadBytes;

/** Version, random, one cipher suite, one compression method. */
const messageBytesMin = 45;
const recordPayloadMax = 16 * 1024;
const handshakeRecord = 22;
const clientHelloMessage = 1;
const messageHeadBytes = 4;
const majorVersion = 3;
const randomBytes = 32;
const sessionIdBytesMax = 32;
const nameBytesMax = 255;

const extension = { serverName: 0, signatureAlgorithms: 13, alpn: 16, supportedVersions: 43 } as const;
const hostNameType = 0;

const more: HelloVerdict = { kind: "more" };
const bad: HelloVerdict = { kind: "bad" };

/** Whether what a `bad` verdict is about begins as a record of a handshake does: its sender speaks TLS, or something that passes for it. */
export function beginsAsTls(bytes: Uint8Array): boolean {
  // Whatever the version: who reads records passes over that (RFC 8446 section 5.1).
  return bytes[0] === handshakeRecord;
}

/** Looks at bytes[start, end) for a hello that begins at `start`. Bytes behind its last record are not looked at. */
export function parseClientHello(bytes: Uint8Array, start: number, end: number, isJa4Wanted = true): HelloVerdict {
  /** Of the message: how many bytes have come, and how many it has; -1 while that is unknown. */
  let come = 0;
  let length = -1;
  const head = messageHead;
  let records = 0;
  for (let at = start; ; ) {
    const payload = recordPayload(bytes, at, end);
    if (payload === -1) return more;
    if (payload === 0 || ++records > recordsMax) return bad;
    const from = at + recordHeadBytes;
    const here = come + Math.min(payload, end - from);
    for (let index = come; index < messageHeadBytes && index < here; index++) {
      head[index] = bytes[from + index - come]!;
      if (!isHeadByte(index, head[index]!)) return bad;
    }
    if (length === -1 && here >= messageHeadBytes) {
      length = messageHeadBytes + ((head[1]! << 16) | (head[2]! << 8) | head[3]!);
      if (length < messageBytesMin || length > messageBytesMax) return bad;
    }
    // A record that goes on behind the hello would hold what a client cannot say yet.
    if (come + payload > (length === -1 ? messageBytesMax : length)) return bad;
    if (here === length) return parseMessage(bytes, start, from + payload, records, length, isJa4Wanted);
    if (from + payload > end) return more;
    come += payload;
    at = from + payload;
  }
}

const messageHead = new Uint8Array(messageHeadBytes);

/** The length of the record at `at`; 0 when it cannot be one of a hello, -1 when its head has not come whole. */
function recordPayload(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  if (bytes[at] !== handshakeRecord) return 0;
  if (at + 1 >= end) return -1;
  if (bytes[at + 1] !== majorVersion) return 0;
  if (at + 3 >= end) return -1;
  if (bytes[at + 3]! << 8 > recordPayloadMax) return 0;
  if (at + 4 >= end) return -1;
  const payload = word16(bytes, at + 3);
  return payload > recordPayloadMax ? 0 : payload;
}

/** Type and upper length bytes of the message's head can be judged as they come. */
function isHeadByte(index: number, value: number): boolean {
  if (index === 0) return value === clientHelloMessage;
  if (index === 1) return value === 0;
  return index !== 2 || value << 8 <= messageBytesMax;
}

function parseMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  records: number,
  length: number,
  isJa4Wanted: boolean,
): HelloVerdict {
  const isOneRecord = records === 1;
  const message = isOneRecord ? bytes : joined(bytes, start, end, length);
  const at = isOneRecord ? start + recordHeadBytes : 0;
  const reader = new HelloReader(message);
  if (!reader.read(at + messageHeadBytes, at + length)) return bad;
  const { serverName, alpnNames } = reader;
  return { kind: "hello", serverName, alpn: alpnNames, ja4: isJa4Wanted ? ja4Of(reader) : "" };
}

/** The payloads of the records one after the other. */
function joined(bytes: Uint8Array, start: number, end: number, length: number): Uint8Array {
  const message = new Uint8Array(length);
  let come = 0;
  for (let at = start; at < end; ) {
    const payload = word16(bytes, at + 3);
    message.set(bytes.subarray(at + recordHeadBytes, at + recordHeadBytes + payload), come);
    come += payload;
    at += recordHeadBytes + payload;
  }
  return message;
}

/** Walks through a whole message, of which [start, end) is what follows the head. */
class HelloReader implements HelloTraits {
  version = 0;
  readonly versions: number[] = [];
  readonly ciphers: number[] = [];
  readonly extensions: number[] = [];
  readonly signatureAlgorithms: number[] = [];
  serverName = "";
  readonly alpnNames: string[] = [];
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get alpn(): string {
    return this.alpnNames[0] ?? "";
  }

  /** Whether it is right. */
  read(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const sessionId = start + 2 + randomBytes;
    if (sessionId > end) return false;
    this.version = word16(bytes, start);
    if (this.version >> 8 !== majorVersion) return false;
    const ciphers = vectorEnd(bytes, sessionId, end, 1);
    if (ciphers === -1 || ciphers - sessionId - 1 > sessionIdBytesMax) return false;
    const compressions = vectorEnd(bytes, ciphers, end, 2);
    if (!readWords(bytes, ciphers + 2, compressions, this.ciphers)) return false;
    const extensions = vectorEnd(bytes, compressions, end, 1);
    if (extensions - compressions < 2) return false;
    // Before TLS 1.2 a hello may end here.
    if (extensions === end) return true;
    return vectorEnd(bytes, extensions, end, 2) === end && this.#readExtensions(extensions + 2, end);
  }

  #readExtensions(start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const next = vectorEnd(this.#bytes, at + 2, end, 2);
      if (next === -1) return false;
      const type = word16(this.#bytes, at);
      this.extensions.push(type);
      if (!this.#readExtension(type, at + 4, next)) return false;
      at = next;
    }
    return new Set(this.extensions).size === this.extensions.length;
  }

  #readExtension(type: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    if (type === extension.supportedVersions)
      return vectorEnd(bytes, start, end, 1) === end && readWords(bytes, start + 1, end, this.versions);
    if (type !== extension.serverName && type !== extension.alpn && type !== extension.signatureAlgorithms) return true;
    // A list that is not empty, and nothing behind it.
    if (vectorEnd(bytes, start, end, 2) !== end || end === start + 2) return false;
    if (type === extension.signatureAlgorithms) return readWords(bytes, start + 2, end, this.signatureAlgorithms);
    return type === extension.alpn ? this.#readAlpn(start + 2, end) : this.#readServerNames(start + 2, end);
  }

  #readAlpn(start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const next = vectorEnd(this.#bytes, at, end, 1);
      if (next - at < 2) return false;
      this.alpnNames.push(latin1(this.#bytes, at + 1, next));
      at = next;
    }
    return true;
  }

  /** Names of other types are allowed for and ignored, but no type twice. */
  #readServerNames(start: number, end: number): boolean {
    const types: number[] = [];
    for (let at = start; at < end; ) {
      const type = this.#bytes[at]!;
      const next = vectorEnd(this.#bytes, at + 1, end, 2);
      if (next === -1 || types.includes(type)) return false;
      types.push(type);
      if (type === hostNameType) {
        const name = hostName(this.#bytes, at + 3, next);
        if (name === null) return false;
        this.serverName = name;
      }
      at = next;
    }
    return true;
  }
}

const addressOctets = new Uint8Array(addressBytes);

/**
 * The name as it is compared with those in a config; null when it is none. "Literal IPv4 and IPv6 addresses are not
 * permitted" and are sent all the same: they name nothing.
 */
function hostName(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start > nameBytesMax) return null;
  const text = latin1(bytes, start, end).toLowerCase();
  if (text.includes(":")) return readAddress(text, addressOctets) ? "" : null;
  if (!/^[a-z0-9_.*-]*$/.test(text) || text.includes("..")) return null;
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.startsWith(".")) return null;
  return readAddress(name, addressOctets) ? "" : name;
}

/** Where the vector at `at` ends whose length is written in so many bytes; -1 when it does not fit. */
function vectorEnd(bytes: Uint8Array, at: number, end: number, lengthBytes: 1 | 2): number {
  if (at === -1 || at + lengthBytes > end) return -1;
  const next = at + lengthBytes + (lengthBytes === 1 ? bytes[at]! : word16(bytes, at));
  return next > end ? -1 : next;
}

/** One number of two bytes at least, and no half of one. */
function readWords(bytes: Uint8Array, start: number, end: number, words: number[]): boolean {
  if (end - start < 2 || (end - start) % 2 !== 0) return false;
  for (let at = start; at < end; at += 2) words.push(word16(bytes, at));
  return true;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function word16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
