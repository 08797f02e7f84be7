// Which addresses are somebody's on the internet: what IANA's registries of special-purpose addresses (RFC 6890) and of address
// space have for global unicast. All else is loopback, private, link-local (clouds keep their credentials at 169.254.169.254),
// multicast, for documentation, or nobody's, and no target of a proxy that is not told otherwise. IPv6 is judged the other way
// round: only what is assigned (2000::/3) passes. An IPv4 address is judged in whatever IPv6 address it is wrapped: mapped, and
// behind NAT64 (RFC 6052); 6to4 and Teredo, whose relays are gone, are no targets at all.

import { isMapped } from "../../wire/ipaddress.ts";

type Block = readonly [base: number, bits: number];

const block = (text: string, bits: number): Block => {
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return [a * 2 ** 24 + b * 2 ** 16 + c * 256 + d, bits];
};

/** IPv4: not globally reachable, or not unicast. */
const special: readonly Block[] = [
  block("0.0.0.0", 8), // "This network" (RFC 791); Linux connects to itself.
  block("10.0.0.0", 8), // Private (RFC 1918).
  block("100.64.0.0", 10), // Behind carriers' NAT (RFC 6598).
  block("127.0.0.0", 8), // Loopback (RFC 1122).
  block("169.254.0.0", 16), // Link-local (RFC 3927).
  block("172.16.0.0", 12), // Private.
  block("192.0.0.0", 24), // IETF protocols (RFC 6890).
  block("192.0.2.0", 24), // Documentation (RFC 5737).
  block("192.88.99.0", 24), // 6to4 relays, withdrawn (RFC 7526).
  block("192.168.0.0", 16), // Private.
  block("198.18.0.0", 15), // Benchmarks (RFC 2544).
  block("198.51.100.0", 24), // Documentation.
  block("203.0.113.0", 24), // Documentation.
  block("224.0.0.0", 4), // Multicast (RFC 5771).
  block("240.0.0.0", 4), // Reserved (RFC 1112), and the broadcast address.
];

/** By the first octet: whether some of them begin with it. Most addresses that are asked for are of none. */
const isSpecialFirst: Uint8Array = Uint8Array.from({ length: 256 }, (_, first) =>
  special.some(([base, bits]) => {
    const from = Math.floor(base / 2 ** 24);
    return first >= from && first < from + (bits < 8 ? 2 ** (8 - bits) : 1);
  })
    ? 1
    : 0,
);

/** 16 octets, IPv4 as IPv4-mapped. */
export function isPublic(octets: Uint8Array): boolean {
  if (isMapped(octets, 0)) return isPublicIPv4(octets, 12);
  if (isNat64(octets)) return isPublicIPv4(octets, 12);
  const first = pair(octets, 0);
  const second = pair(octets, 2);
  // Global unicast (RFC 4291 section 2.4): 2000::/3 is all that was ever assigned.
  if (octets[0]! >> 5 !== 1) return false;
  // 2001::/23: IETF protocols, Teredo, benchmarks and ORCHIDs among them. 2001:db8::/32 and 3fff::/20: documentation. 2002::/16: 6to4.
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return false;
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000);
}

/** False: none of the addresses that begin with these bits is anybody's. Not so of each block that has none, but of those that are written. */
export function hasPublic(octets: Uint8Array, bits: number): boolean {
  const first = octets[0]!;
  const isWrapping = isMapped(octets, 0) || isNat64(octets);
  if (!isWrapping || bits < 96) return bits < 3 || first >> 5 === 1 || (first === 0 && bits < 96);
  const address = pair(octets, 12) * 2 ** 16 + pair(octets, 14);
  return !special.some(([base, length]) => length <= bits - 96 && isWithin(address, base, length));
}

function isPublicIPv4(octets: Uint8Array, at: number): boolean {
  if (isSpecialFirst[octets[at]!] === 0) return true;
  const address = pair(octets, at) * 2 ** 16 + pair(octets, at + 2);
  return !special.some(([base, bits]) => isWithin(address, base, bits));
}

function isWithin(address: number, base: number, bits: number): boolean {
  return Math.floor(address / 2 ** (32 - bits)) === base / 2 ** (32 - bits);
}

/** 64:ff9b::/96 (RFC 6052); 64:ff9b:1::/48 (RFC 8215) is of local use. */
function isNat64(octets: Uint8Array): boolean {
  if (pair(octets, 0) !== 0x0064 || pair(octets, 2) !== 0xff9b) return false;
  for (let at = 4; at < 12; at++) if (octets[at] !== 0) return false;
  return true;
}

/** The IPv4 address that a NAT64 gateway would connect to, as IPv4-mapped; any other address as it is. */
export function withoutNat64(octets: Uint8Array): Uint8Array {
  if (!isNat64(octets)) return octets;
  const plain = octets.slice();
  plain.fill(0, 0, 10).fill(0xff, 10, 12);
  return plain;
}

function pair(octets: Uint8Array, at: number): number {
  return octets[at]! * 256 + octets[at + 1]!;
}
