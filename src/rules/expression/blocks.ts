// Addresses and blocks that stand in an expression: ip('…') and cidr('…', …). Few, so they are looked at one after another;
// many belong into a list, which has a trie. A block of one family never holds an address of the other.

import { isMapped, readAddress } from "../../wire/ipaddress.ts";

const addressBits = 128;
/** Bits before an IPv4 address in its 16 octets. */
const mappedBits = 96;

export interface Block {
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly isIPv4: boolean;
  /** Bits behind the prefix were written too, and count for nothing. */
  readonly hasRest: boolean;
}

export function readIp(text: string): Uint8Array | null {
  const octets = new Uint8Array(addressBits / 8);
  return readAddress(text, octets) ? octets : null;
}

export function readBlock(text: string): Block | null {
  const parts = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const octets = parts === null ? null : readIp(parts[1]!);
  if (parts === null || octets === null) return null;
  const isIPv4 = isMapped(octets, 0) && !parts[1]!.includes(":");
  const written = parts[2] === undefined ? (isIPv4 ? addressBits - mappedBits : addressBits) : Number(parts[2]);
  const bits = isIPv4 ? written + mappedBits : written;
  if (bits > addressBits) return null;
  const masked = maskTo(octets, bits);
  return {
    octets: masked,
    bits,
    isIPv4: isMapped(octets, 0),
    hasRest: masked.some((octet, at) => octet !== octets[at]),
  };
}

export function isWithin(address: Uint8Array, blocks: readonly Block[]): boolean {
  const isIPv4 = isMapped(address, 0);
  for (const block of blocks) if (block.isIPv4 === isIPv4 && hasPrefix(address, block.octets, block.bits)) return true;
  return false;
}

function hasPrefix(address: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (address[index] !== prefix[index]) return false;
  const rest = bits & 7;
  return rest === 0 || ((address[whole]! ^ prefix[whole]!) & (0xff00 >> rest) & 0xff) === 0;
}

/** The network that an address is in: its first bits, of IPv4 and of IPv6 addresses so many. */
export function mask(address: Uint8Array, bits4: number, bits6: number = addressBits): Uint8Array {
  const bits = isMapped(address, 0) ? mappedBits + clamp(bits4, addressBits - mappedBits) : clamp(bits6, addressBits);
  return maskTo(address, bits);
}

function clamp(bits: number, most: number): number {
  return Math.min(Math.max(Math.trunc(bits), 0), most);
}

function maskTo(address: Uint8Array, bits: number): Uint8Array {
  const masked = new Uint8Array(addressBits / 8);
  for (let index = 0; index < masked.length; index++) {
    const kept = Math.min(Math.max(bits - index * 8, 0), 8);
    masked[index] = address[index]! & (0xff00 >> kept);
  }
  return masked;
}
