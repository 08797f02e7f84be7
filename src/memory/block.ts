// A block of addresses as operators write it: "10.0.0.0/8", "2001:db8::/32", or one address. How the address itself is read is
// given by the caller, for that is the wire's to know. Bits behind the prefix may be set; they mean nothing.

import { misread, quote, type Reading, read } from "../base/reading.ts";

/** Reads a whole text into 16 octets, IPv4 as IPv4-mapped; false when it is no address (wire/ipaddress.ts). */
export type AddressReader = (text: string, octets: Uint8Array) => boolean;

/** Answers how many leading bits of the 128 count. The sentence of a misreading is complete. */
export function readBlock(text: string, readAddress: AddressReader, octets: Uint8Array): Reading<number> {
  const slash = text.indexOf("/");
  const host = slash === -1 ? text : text.slice(0, slash);
  const offset = host.includes(":") ? 0 : 96;
  const bitsMax = 128 - offset;
  // A zone is an interface of one machine: in a list it could only mislead.
  if (host.includes("%") || !readAddress(host, octets))
    return misread(`${quote(text)} is not an IP address or a block such as 10.0.0.0/8`);
  if (slash === -1) return read(128);
  const digits = text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN;
  if (bits <= bitsMax) return read(offset + bits);
  return misread(`${quote(text)} must have a whole number from 0 to ${bitsMax} after its slash`);
}

/** Zeroes the bits behind the prefix. */
export function maskBlock(octets: Uint8Array, prefix: number): void {
  for (let index = 0; index < 16; index++) {
    const bits = Math.min(Math.max(prefix - index * 8, 0), 8);
    octets[index]! &= 0xff00 >> bits;
  }
}
