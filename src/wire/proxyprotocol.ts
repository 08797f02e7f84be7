// The header by which a proxy says for whom it connects: the PROXY protocol of HAProxy, version 1 (a line of text) and
// version 2 (binary). It knows bytes and addresses; whom to believe is for others. A header that has not come whole is `more`
// as long as some continuation of it is right, and `bad` from the first byte on that no header can have there. Bytes behind
// the header are never looked at. One object per connection, and none for `more` and `bad`, which are asked for often.
//
// Version 1, 2.1 of the specification:  "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP port SP port CRLF
//                                       "PROXY" SP "UNKNOWN" [SP anything] CRLF
// Version 2, 2.2:  signature (12)  version and command (1)  family and protocol (1)  length (2)  addresses  TLVs

import { assert } from "../base/assert.ts";
import {
  addressBytes,
  formatAddress,
  formatIPv4,
  isMapped,
  readAddress,
  readIPv4,
  readIPv6,
  reading,
} from "./ipaddress.ts";
import { areTlvsRight } from "./proxytlv.ts";

export type ProxyVersion = 1 | 2;

export type ProxyVerdict =
  | { readonly kind: "more" }
  | { readonly kind: "bad" }
  | {
      readonly kind: "header";
      /** The index after the header. */
      readonly end: number;
      /** The peer itself is meant, or somebody who has no IP address: addresses are "" and ports 0. */
      readonly isLocal: boolean;
      readonly source: string;
      readonly sourcePort: number;
      readonly destination: string;
      readonly destinationPort: number;
    };

/** With CRLF, by the specification. */
const lineBytesMax = 107;
const fixedBytes = 16;
/** Addresses and TLVs. A certificate's name and a host name are what is long in practice; HAProxy itself sends under 1 kB. */
const blockBytesMax = 2048;
/** Longer headers are refused, so this much room always gives a verdict. */
export const proxyHeaderBytesMax: number = fixedBytes + blockBytesMax;

const more: ProxyVerdict = { kind: "more" };
const bad: ProxyVerdict = { kind: "bad" };

const signature = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const opening = ascii("PROXY ");
const unknownWord = ascii("UNKNOWN");
const internetWord = ascii("TCP");
const cr = 0x0d;
const lf = 0x0a;
const space = 0x20;
const zero = 0x30;

const family = { unspecified: 0, ipv4: 1, ipv6: 2, unix: 3 } as const;
const protocol = { unspecified: 0, stream: 1, datagram: 2 } as const;
/** Addresses and ports, by family. */
const familyBytes = [0, 12, 36, 216] as const;

const sourceOctets = new Uint8Array(addressBytes);
const destinationOctets = new Uint8Array(addressBytes);

/** Looks at bytes[start, end) for a header at `start`. */
export function parseProxyHeader(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
  if (start >= end) return more;
  if (bytes[start] === signature[0]) return parseBinary(bytes, start, end);
  const verdict = parseLine(bytes, start, Math.min(end, start + lineBytesMax));
  return verdict === more && end - start >= lineBytesMax ? bad : verdict;
}

function parseLine(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
  const next = readWord(bytes, start, end, opening);
  if (next < 0) return refusal(next);
  if (next >= end) return more;
  if (bytes[next] === unknownWord[0]) return parseUnknown(bytes, readWord(bytes, next, end, unknownWord), end);
  const digit = readWord(bytes, next, end, internetWord);
  if (digit < 0) return refusal(digit);
  if (digit >= end) return more;
  if (bytes[digit] !== zero + 4 && bytes[digit] !== zero + 6) return bad;
  const read = bytes[digit] === zero + 4 ? readIPv4 : readIPv6;
  const sourceStart = readByte(bytes, digit + 1, end, space);
  const destinationStart = readField(bytes, sourceStart, end, read, sourceOctets);
  const sourcePortStart = readField(bytes, destinationStart, end, read, destinationOctets);
  const portStart = readPort(bytes, sourcePortStart, end, space);
  const lineEnd = readByte(bytes, readPort(bytes, portStart, end, cr), end, lf);
  if (lineEnd < 0) return refusal(lineEnd);
  return {
    kind: "header",
    end: lineEnd,
    isLocal: false,
    source: formatAddress(sourceOctets, 0),
    sourcePort: decimal(bytes, sourcePortStart, portStart - 1),
    destination: formatAddress(destinationOctets, 0),
    destinationPort: decimal(bytes, portStart, lineEnd - 2),
  };
}

/** "The receiver must ignore anything presented before the CRLF is found", but a lone CR or LF is no line's end. */
function parseUnknown(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
  if (start < 0) return refusal(start);
  if (start >= end) return more;
  if (bytes[start] !== space && bytes[start] !== cr) return bad;
  let next = start;
  while (next < end && bytes[next] !== cr && bytes[next] !== lf) next++;
  const lineEnd = readByte(bytes, readByte(bytes, next, end, cr), end, lf);
  return lineEnd < 0 ? refusal(lineEnd) : local(lineEnd);
}

// Each of these answers the index after what it reads, or a code of `reading`; a code that comes in goes out again.

function readWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): number {
  for (let index = 0; index < word.length; index++) {
    if (start + index >= end) return reading.more;
    if (bytes[start + index] !== word[index]) return reading.bad;
  }
  return start + word.length;
}

function readByte(bytes: Uint8Array, start: number, end: number, expected: number): number {
  if (start < 0) return start;
  if (start >= end) return reading.more;
  return bytes[start] === expected ? start + 1 : reading.bad;
}

function readField(bytes: Uint8Array, start: number, end: number, read: typeof readIPv4, octets: Uint8Array): number {
  return start < 0 ? start : readByte(bytes, read(bytes, start, end, octets), end, space);
}

/** A decimal number up to 65535 without leading zeros, and the byte behind it. */
function readPort(bytes: Uint8Array, start: number, end: number, ending: number): number {
  if (start < 0) return start;
  let value = 0;
  for (let next = start; next < end; next++) {
    const digit = bytes[next]! - zero;
    const isFirst = next === start;
    if (!isFirst && bytes[next] === ending) return next + 1;
    if (digit < 0 || digit > 9 || (!isFirst && value === 0)) return reading.bad;
    value = value * 10 + digit;
    if (value > 65_535) return reading.bad;
  }
  return reading.more;
}

function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let next = start; next < end; next++) value = value * 10 + bytes[next]! - zero;
  return value;
}

function parseBinary(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
  const next = readWord(bytes, start, end, signature);
  if (next < 0) return refusal(next);
  if (next >= end) return more;
  const command = bytes[next]! - 0x20;
  if (command !== 0 && command !== 1) return bad;
  if (next + 1 >= end) return more;
  const isProxied = command === 1;
  const from = bytes[next + 1]! >> 4;
  const carriedBy = bytes[next + 1]! & 0xf;
  // "The family is ignored" when the command is LOCAL.
  if (isProxied && (from > family.unix || carriedBy > protocol.datagram)) return bad;
  // Without a protocol or a family it is not said how long the addresses are.
  const isKnown = isProxied && from !== family.unspecified && carriedBy !== protocol.unspecified;
  const known = isKnown ? familyBytes[from as 1 | 2 | 3] : 0;
  if (next + 2 >= end) return more;
  if (bytes[next + 2]! << 8 > blockBytesMax) return bad;
  if (next + 3 >= end) return more;
  const length = (bytes[next + 2]! << 8) | bytes[next + 3]!;
  if (length > blockBytesMax || length < known) return bad;
  const block = start + fixedBytes;
  const blockEnd = block + length;
  if (isKnown && !areTlvsRight(bytes, block + known, blockEnd, start, end)) return bad;
  if (end < blockEnd) return more;
  if (!isKnown || from === family.unix) return local(blockEnd);
  return from === family.ipv4 ? ipv4Header(bytes, block, blockEnd) : ipv6Header(bytes, block, blockEnd);
}

function ipv4Header(bytes: Uint8Array, at: number, end: number): ProxyVerdict {
  return {
    kind: "header",
    end,
    isLocal: false,
    source: formatIPv4(bytes, at),
    sourcePort: word16(bytes, at + 8),
    destination: formatIPv4(bytes, at + 4),
    destinationPort: word16(bytes, at + 10),
  };
}

function ipv6Header(bytes: Uint8Array, at: number, end: number): ProxyVerdict {
  return {
    kind: "header",
    end,
    isLocal: false,
    source: formatAddress(bytes, at),
    sourcePort: word16(bytes, at + 32),
    destination: formatAddress(bytes, at + 16),
    destinationPort: word16(bytes, at + 34),
  };
}

function refusal(code: number): ProxyVerdict {
  return code === reading.more ? more : bad;
}

function local(end: number): ProxyVerdict {
  return { kind: "header", end, isLocal: true, source: "", sourcePort: 0, destination: "", destinationPort: 0 };
}

function word16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * The header for a connection. Addresses of two families are written as IPv6; what is no IP address ("unix", "") makes it a
 * header that names nobody.
 */
export function writeProxyHeader(
  version: ProxyVersion,
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): Uint8Array {
  assert(isPort(sourcePort) && isPort(destinationPort), "a port of a PROXY header is a port");
  const isKnown = readAddress(source, sourceOctets) && readAddress(destination, destinationOctets);
  if (!isKnown) return version === 1 ? ascii("PROXY UNKNOWN\r\n") : Uint8Array.of(...signature, 0x20, 0x00, 0, 0);
  const isIPv4 = isMapped(sourceOctets, 0) && isMapped(destinationOctets, 0);
  return version === 1
    ? writeLine(isIPv4, sourcePort, destinationPort)
    : writeBinary(isIPv4, sourcePort, destinationPort);
}

function writeLine(isIPv4: boolean, sourcePort: number, destinationPort: number): Uint8Array {
  const addresses = [sourceOctets, destinationOctets].map((octets) => {
    const text = formatAddress(octets, 0);
    return isIPv4 || text.includes(":") ? text : `::ffff:${text}`;
  });
  return ascii(`PROXY ${isIPv4 ? "TCP4" : "TCP6"} ${addresses.join(" ")} ${sourcePort} ${destinationPort}\r\n`);
}

function writeBinary(isIPv4: boolean, sourcePort: number, destinationPort: number): Uint8Array {
  const from = isIPv4 ? family.ipv4 : family.ipv6;
  const length = familyBytes[from];
  const octets = isIPv4 ? 4 : addressBytes;
  const bytes = new Uint8Array(fixedBytes + length);
  bytes.set(signature);
  bytes.set([0x21, (from << 4) | protocol.stream, 0, length], signature.length);
  bytes.set(sourceOctets.subarray(addressBytes - octets), fixedBytes);
  bytes.set(destinationOctets.subarray(addressBytes - octets), fixedBytes + octets);
  const ports = [sourcePort >> 8, sourcePort & 0xff, destinationPort >> 8, destinationPort & 0xff];
  bytes.set(ports, fixedBytes + octets * 2);
  return bytes;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}
