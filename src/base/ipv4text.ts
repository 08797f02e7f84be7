// The text of an IPv4 address (RFC 791), written where it is wanted, without a string in between: who has thousands of addresses keeps
// them as numbers, four bytes each. Nothing is known here of IPv6, nor of how an address is read, or made a string of
// (wire/ipaddress.ts).

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
