// The text of an IPv4 address (RFC 791), written where it is wanted, without a string in between: who has thousands of addresses keeps
// them as numbers, four bytes each. Nothing is known here of IPv6, nor of other ways to write an address (wire/ipaddress.ts); what is
// not four decimal numbers is nobody's address.

const zero = 0x30;
const dot = 0x2e;
/** "255.255.255.255" */
export const ipv4TextMax = 15;

/** `address`: its four octets, the first one highest. At target[at] and on; answers the place behind it. */
export function putIPv4(target: Uint8Array, at: number, address: number): number {
  at = putOctet(target, at, address >>> 24);
  target[at] = dot;
  at = putOctet(target, at + 1, (address >>> 16) & 0xff);
  target[at] = dot;
  at = putOctet(target, at + 1, (address >>> 8) & 0xff);
  target[at] = dot;
  return putOctet(target, at + 1, address & 0xff);
}

function putOctet(target: Uint8Array, at: number, octet: number): number {
  const tens = (octet / 10) | 0;
  if (octet >= 100) {
    const hundreds = (octet / 100) | 0;
    target[at++] = zero + hundreds;
    target[at++] = zero + tens - hundreds * 10;
  } else if (octet >= 10) target[at++] = zero + tens;
  target[at] = zero + octet - tens * 10;
  return at + 1;
}

/** Its octets as a number, where `text` is four decimal numbers and nothing else; else 0, which is nobody's address. */
export function readIPv4(text: string): number {
  const parts = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (parts === null) return 0;
  const octets = parts.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return 0;
  return octets.reduce((address, octet) => address * 256 + octet, 0);
}
