// SOCKS5 (RFC 1928) and its user name and password (RFC 1929), as a server reads and writes them. No I/O: what has come so far is
// read anew each time, and the verdict does not depend on how it was cut. Laxer than nothing: what is not said as the RFC has it is
// bad. Which target is served and whose password is good is for others to say; a name is told as it came, if it can be one.
//
//   greeting     05 | count | methods                     -> 05 | method
//   credentials  01 | length | user | length | password   -> 01 | status
//   request      05 | command | 00 | type | address | port -> 05 | reply | 00 | 01 | 0.0.0.0 | 0

import { addressBytes, formatAddress, formatIPv4 } from "./ipaddress.ts";

export const socksVersion = 5;
const credentialsVersion = 1;

/** Methods of authentication; `none` of them is acceptable. */
export const socksMethod = { open: 0x00, password: 0x02, none: 0xff } as const;

export const socksReply = {
  succeeded: 0,
  failed: 1,
  denied: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  expired: 6,
  commandUnknown: 7,
  addressUnknown: 8,
} as const;
export type SocksReply = (typeof socksReply)[keyof typeof socksReply];

const command = { connect: 1, bind: 2, associate: 3 } as const;
const addressType = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** Not all of it has come. */
export interface SocksMore {
  readonly kind: "more";
}
/** It is malformed, or asks for what there is not. `reply`: what to say to that; null where nothing can be said. */
export interface SocksBad {
  readonly kind: "bad";
  readonly reply: SocksReply | null;
}

const more: SocksMore = Object.freeze({ kind: "more" });
const malformed: SocksBad = Object.freeze({ kind: "bad", reply: null });
const bad = (reply: SocksReply): SocksBad => ({ kind: "bad", reply });

export interface SocksGreeting {
  readonly kind: "greeting";
  readonly isOpenOffered: boolean;
  readonly isPasswordOffered: boolean;
  /** Index of the byte behind it. */
  readonly end: number;
}

export function parseSocksGreeting(
  bytes: Uint8Array,
  start: number,
  end: number,
): SocksGreeting | SocksMore | SocksBad {
  if (start >= end) return more;
  if (bytes[start] !== socksVersion) return malformed;
  if (start + 1 >= end) return more;
  const count = bytes[start + 1]!;
  // RFC 1928 section 3: 1 to 255 methods.
  if (count === 0) return malformed;
  const next = start + 2 + count;
  if (next > end) return more;
  const methods = bytes.subarray(start + 2, next);
  return {
    kind: "greeting",
    isOpenOffered: methods.includes(socksMethod.open),
    isPasswordOffered: methods.includes(socksMethod.password),
    end: next,
  };
}

export interface SocksCredentials {
  readonly kind: "credentials";
  readonly user: Uint8Array;
  readonly password: Uint8Array;
  readonly end: number;
}

export function parseSocksCredentials(
  bytes: Uint8Array,
  start: number,
  end: number,
): SocksCredentials | SocksMore | SocksBad {
  if (start >= end) return more;
  if (bytes[start] !== credentialsVersion) return malformed;
  if (start + 1 >= end) return more;
  const userEnd = start + 2 + bytes[start + 1]!;
  if (userEnd === start + 2) return malformed;
  if (userEnd >= end) return more;
  // RFC 1929 wants at least one byte of a password; clients that have none send none, and it is then as wrong as another.
  const next = userEnd + 1 + bytes[userEnd]!;
  if (next > end) return more;
  return {
    kind: "credentials",
    user: bytes.subarray(start + 2, userEnd),
    password: bytes.subarray(userEnd + 1, next),
    end: next,
  };
}

export interface SocksRequest {
  readonly kind: "request";
  /** An address or a name as it came, without brackets. */
  readonly host: string;
  readonly isIPv6: boolean;
  readonly port: number;
  readonly end: number;
}

/** CONNECT; of the other commands nothing is served. */
export function parseSocksRequest(bytes: Uint8Array, start: number, end: number): SocksRequest | SocksMore | SocksBad {
  if (start >= end) return more;
  if (bytes[start] !== socksVersion) return malformed;
  if (start + 1 >= end) return more;
  const asked = bytes[start + 1]!;
  if (asked !== command.connect)
    return asked === command.bind || asked === command.associate ? bad(socksReply.commandUnknown) : malformed;
  if (start + 2 >= end) return more;
  if (bytes[start + 2] !== 0) return malformed;
  if (start + 3 >= end) return more;
  const at = start + 4;
  switch (bytes[start + 3]) {
    case addressType.ipv4:
      return at + 6 > end ? more : request(formatIPv4(bytes, at), false, bytes, at + 4);
    case addressType.ipv6: {
      if (at + addressBytes + 2 > end) return more;
      // One that is mapped is written as the IPv4 address that it is.
      const host = formatAddress(bytes, at);
      return request(host, host.includes(":"), bytes, at + addressBytes);
    }
    case addressType.name: {
      if (at >= end) return more;
      const length = bytes[at]!;
      if (length === 0) return malformed;
      if (at + 1 + length + 2 > end) return more;
      const host = nameIn(bytes, at + 1, at + 1 + length);
      return host === null ? bad(socksReply.hostUnreachable) : request(host, false, bytes, at + 1 + length);
    }
    default:
      return bad(socksReply.addressUnknown);
  }
}

function request(host: string, isIPv6: boolean, bytes: Uint8Array, portAt: number): SocksRequest {
  const port = bytes[portAt]! * 256 + bytes[portAt + 1]!;
  return { kind: "request", host, isIPv6, port, end: portAt + 2 };
}

/** Letters, digits, hyphens, dots and underscores; what else may be in the field is no name that anything resolves. */
function nameIn(bytes: Uint8Array, start: number, end: number): string | null {
  let name = "";
  for (let at = start; at < end; at++) name += String.fromCharCode(bytes[at]!);
  return /^[A-Za-z0-9._-]+$/.test(name) ? name : null;
}

export function socksMethodBytes(method: number): Uint8Array {
  return Uint8Array.of(socksVersion, method);
}

export function socksStatusBytes(isGood: boolean): Uint8Array {
  return Uint8Array.of(credentialsVersion, isGood ? 0 : 1);
}

/** The address that we connect from is nobody's business. */
export function socksReplyBytes(reply: SocksReply): Uint8Array {
  return Uint8Array.of(socksVersion, reply, 0, addressType.ipv4, 0, 0, 0, 0, 0, 0);
}
