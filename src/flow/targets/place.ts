// The place that a client names, read out of the texts that name one: an authority ("example.com:8080", "[::1]"), with the port that
// goes without saying. Addresses in other spellings than four decimal numbers ("0x7f.1", "2130706433", "0177.0.0.1") are what
// inet_aton(3) and the URL standard take them for, so that none goes by as a name; a name whose last part is a number, and which
// is no such address, is nothing (WHATWG URL, "ends in a number"). Bytes that no name holds are refused, for resolvers differ.

import { addressBytes, formatAddress, readAddress } from "../../wire/ipaddress.ts";
import type { Judged } from "./policy.ts";

export interface Place {
  /** In lower case, without brackets or a dot behind it; an address as formatAddress writes it. */
  readonly host: string;
  readonly port: number;
  /** 16 octets of an address; null of a name. */
  readonly octets: Uint8Array | null;
  /** What it leads to without being looked up: the address itself; none of a name. */
  readonly addresses: readonly string[];
  /** `host:port`: what logs and traces say. */
  readonly name: string;
  // What others have found out about it stands here and not in maps of theirs: among thousands of places each look into a map is of
  // memory that is not near at hand.
  /** What may be connected to, by who was asked last (policy.ts). */
  judged: Judged | null;
  /** Where connections to it are kept, by who kept one last (egress/doors.ts). */
  kept: PlaceKept | null;
}

export interface PlaceKept {
  readonly by: object;
}

/** Proxies are asked for the same places again and again: so many that were read lately are known, by usual port. */
const keptMax = 4096;
const kept = new Map<number, Map<string, Place>>();

/** `usualPort`: where none is said; 0 where it must be. Null: this is no place. The same text is the same object, for a while. */
export function readPlace(authority: string, usualPort: number): Place | null {
  let places = kept.get(usualPort);
  if (places === undefined) {
    places = new Map();
    kept.set(usualPort, places);
  }
  const known = places.get(authority);
  if (known !== undefined) return known;
  const place = read(authority, usualPort);
  if (place === null) return null;
  if (places.size >= keptMax) places.clear();
  places.set(authority, place);
  return place;
}

function read(authority: string, usualPort: number): Place | null {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{0,5}))?$/.exec(authority);
  if (parts === null) return null;
  const [, bracketed, plain, digits = ""] = parts;
  const port = digits === "" ? usualPort : Number(digits);
  if (port < 1 || port > 65_535) return null;
  if (bracketed !== undefined) {
    const octets = new Uint8Array(addressBytes);
    if (!bracketed.includes(":") || !readAddress(bracketed, octets)) return null;
    return placeAt(octets, port);
  }
  const name = withoutDot(plain!.toLowerCase());
  const parted = name.split(".");
  if (name.length > nameLengthMax || parted.some((part) => part === "" || part.length > 63)) return null;
  if (!isNumber(parted.at(-1)!)) return placeOf(name, port, null, []);
  const octets = readNumbers(parted);
  return octets === null ? null : placeAt(octets, port);
}

function placeAt(octets: Uint8Array, port: number): Place {
  const host = formatAddress(octets, 0);
  return placeOf(host, port, octets, [host]);
}

function placeOf(host: string, port: number, octets: Uint8Array | null, addresses: readonly string[]): Place {
  return { host, port, octets, addresses, name: placeText(host, port), judged: null, kept: null };
}

const nameLengthMax = 253;

/** A port behind it, brackets around an IPv6 address. */
export function placeText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** The last part of a name: whether the whole is an address, in whatever spelling, or nothing. */
export function isNumber(part: string): boolean {
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(part);
}

/** One to four numbers, decimal, octal or hexadecimal, the last of which fills what is left. */
function readNumbers(parts: readonly string[]): Uint8Array | null {
  if (parts.length > 4) return null;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const value = numberIn(part);
    const octetsLeft = index === parts.length - 1 ? 5 - parts.length : 1;
    if (value === null || value >= 256 ** octetsLeft) return null;
    address = address * 256 ** octetsLeft + value;
  }
  const octets = new Uint8Array(addressBytes).fill(0xff, 10, 12);
  for (let at = 15; at >= 12; at--, address = Math.floor(address / 256)) octets[at] = address % 256;
  return octets;
}

function numberIn(part: string): number | null {
  if (!isNumber(part)) return null;
  if (part.startsWith("0x")) return part.length > 10 ? null : Number.parseInt(`0${part.slice(2)}`, 16);
  if (part.length > 1 && part.startsWith("0")) return /^[0-7]{1,12}$/.test(part) ? Number.parseInt(part, 8) : null;
  return part.length > 10 ? null : Number(part);
}
