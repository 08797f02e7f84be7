// SOCKS5 (RFC 1928) and its user name and password (RFC 1929), as a client writes and reads them: the other side of socks.ts, and
// as strict. No I/O: what has come so far is read anew each time. What a reply means for whoever asked is for others to say.
//
//   greeting     05 | count | methods                     -> 05 | method
//   credentials  01 | length | user | length | password   -> 01 | status
//   request      05 | 01 | 00 | type | address | port     -> 05 | reply | 00 | type | address | port

import { addressBytes, isMapped, readAddress } from "./ipaddress.ts";
import { socksMethod, socksVersion } from "./socks.ts";

const credentialsVersion = 1;
const connect = 1;
const addressType = { ipv4: 1, name: 3, ipv6: 4 } as const;
/** RFC 1929 has a byte for the length of each, RFC 1928 one for that of a name. */
const textBytesMax = 255;

/** -1: not all of it has come. -2: this is no SOCKS5. */
export const socksRead = { more: -1, bad: -2 } as const;

/** With a user to show both methods are offered, for the proxy may know us otherwise. */
export function socksGreetingBytes(hasUser: boolean): Uint8Array {
  return hasUser
    ? Uint8Array.of(socksVersion, 2, socksMethod.open, socksMethod.password)
    : Uint8Array.of(socksVersion, 1, socksMethod.open);
}

/** The method that was chosen, or one of `socksRead`. Two bytes. */
export function readSocksMethod(bytes: Uint8Array): number {
  return readPair(bytes, socksVersion);
}

/** Null: too long to be said. */
export function socksCredentialsBytes(user: string, password: string): Uint8Array | null {
  const name = new TextEncoder().encode(user);
  const secret = new TextEncoder().encode(password);
  if (name.length === 0 || name.length > textBytesMax || secret.length > textBytesMax) return null;
  return Uint8Array.from([credentialsVersion, name.length, ...name, secret.length, ...secret]);
}

/** The status, 0 is good, or one of `socksRead`. Two bytes. */
export function readSocksStatus(bytes: Uint8Array): number {
  return readPair(bytes, credentialsVersion);
}

function readPair(bytes: Uint8Array, version: number): number {
  if (bytes.length === 0) return socksRead.more;
  if (bytes[0] !== version) return socksRead.bad;
  return bytes.length < 2 ? socksRead.more : bytes[1]!;
}

/** CONNECT. Null: the name is too long to be said. */
export function socksRequestBytes(host: string, port: number): Uint8Array | null {
  const octets = new Uint8Array(addressBytes);
  const tail = [port >> 8, port & 0xff];
  if (readAddress(host, octets)) {
    const isIPv4 = isMapped(octets, 0);
    const address = isIPv4 ? octets.subarray(12) : octets;
    return Uint8Array.from([
      socksVersion,
      connect,
      0,
      isIPv4 ? addressType.ipv4 : addressType.ipv6,
      ...address,
      ...tail,
    ]);
  }
  const name = new TextEncoder().encode(host);
  if (name.length === 0 || name.length > textBytesMax) return null;
  return Uint8Array.from([socksVersion, connect, 0, addressType.name, name.length, ...name, ...tail]);
}

export interface SocksAnswer {
  /** Of socksReply, or a number that nobody knows. */
  reply: number;
  /** Index of the byte behind it, or one of `socksRead`. */
  end: number;
}

/**
 * The reply to a request. One that says no may end behind its second byte: some proxies say no more, and close. The address that it
 * names is where the proxy connects from, and nobody's business.
 */
export function readSocksReply(bytes: Uint8Array): SocksAnswer {
  const bad = { reply: -1, end: socksRead.bad };
  const more = { reply: -1, end: socksRead.more };
  if (bytes.length > 0 && bytes[0] !== socksVersion) return bad;
  if (bytes.length < 2) return more;
  const reply = bytes[1]!;
  if (reply !== 0) return { reply, end: bytes.length };
  if (bytes.length < 5) return bytes.length > 2 && bytes[2] !== 0 ? bad : more;
  if (bytes[2] !== 0) return bad;
  const length = lengthOf(bytes[3]!, bytes[4]!);
  if (length === -1) return bad;
  const end = 4 + length + 2;
  return bytes.length < end ? more : { reply, end };
}

function lengthOf(type: number, first: number): number {
  switch (type) {
    case addressType.ipv4:
      return 4;
    case addressType.ipv6:
      return addressBytes;
    // An empty one is what some proxies say of an address that they do not want to tell.
    case addressType.name:
      return 1 + first;
    default:
      return -1;
  }
}
