// A key as a table keeps it: bytes of at most the table's length, made from whatever an expression yields. One holder a table,
// laid anew before each call. What cannot be a key there leaves it unset: then nothing is found and nothing is created.
//
//   ip       8 bytes for prefixes up to 64, else 16: an IPv6 address with the bits behind the prefix zeroed. An IPv4 address
//            stands in the last four, and `isIPv4` tells it from an IPv6 block with the same bytes
//   integer  4 bytes, low end first
//   string   up to `bytesMax`, what is longer is cut off; text is Latin-1, a character a byte
//   binary   exactly `bytesMax`, cut off or filled up with zeros

import type { TableKeyPlan } from "../config/plan.ts";

const addressBytes = 16;
const shortAddressBytes = 8;
const mappedStart = 12;

export class TableKey {
  readonly plan: TableKeyPlan;
  readonly bytes: Uint8Array;
  length = 0;
  isSet = false;
  isIPv4 = false;

  constructor(plan: TableKeyPlan) {
    this.plan = plan;
    this.bytes = new Uint8Array(keyBytes(plan));
  }

  unset(): void {
    this.isSet = false;
  }

  /** The 16 octets from `at` on, an IPv4 address as IPv4-mapped. Only for tables of kind ip. */
  setAddress(octets: Uint8Array, at: number): void {
    const { plan, bytes } = this;
    this.isSet = plan.kind === "ip";
    if (plan.kind !== "ip") return;
    this.length = bytes.length;
    this.isIPv4 = isMapped(octets, at);
    if (this.isIPv4) {
      bytes.fill(0);
      for (let index = 0; index < 4; index++) bytes[bytes.length - 4 + index] = octets[at + mappedStart + index]!;
      return;
    }
    for (let index = 0; index < bytes.length; index++) {
      const bits = Math.min(Math.max(plan.prefix6 - index * 8, 0), 8);
      bytes[index] = octets[at + index]! & (0xff00 >> bits);
    }
  }

  /** Modulo 2^32, as HAProxy's integers. Not for tables of kind ip. */
  setInteger(value: number): void {
    const { plan, bytes } = this;
    if (plan.kind === "string") return this.setText(String(value));
    this.isSet = plan.kind === "integer" && Number.isFinite(value);
    if (!this.isSet) return;
    this.length = 4;
    const word = value | 0;
    for (let index = 0; index < 4; index++) bytes[index] = (word >>> (index * 8)) & 0xff;
  }

  /** For kind integer the digits that it begins with count: "abc" is 0, "-1" is 4294967295 and "" is none, as in HAProxy. */
  setText(text: string): void {
    const { plan, bytes } = this;
    if (plan.kind === "integer") {
      if (text === "") return this.unset();
      return this.setInteger(Number(/^\s*[-+]?\d{1,15}/.exec(text)?.[0] ?? 0) % 2 ** 32);
    }
    this.isSet = plan.kind !== "ip";
    if (plan.kind === "ip") return;
    const length = Math.min(text.length, plan.bytesMax);
    for (let index = 0; index < length; index++) bytes[index] = text.charCodeAt(index);
    this.#end(length);
  }

  /** Not for tables of kind ip or integer. */
  setBytes(from: Uint8Array, start: number, end: number): void {
    const { plan, bytes } = this;
    this.isSet = plan.kind === "string" || plan.kind === "binary";
    if (plan.kind === "ip" || plan.kind === "integer") return;
    const length = Math.min(end - start, plan.bytesMax);
    for (let index = 0; index < length; index++) bytes[index] = from[start + index]!;
    this.#end(length);
  }

  #end(length: number): void {
    this.length = length;
    if (this.plan.kind !== "binary") return;
    this.bytes.fill(0, length);
    this.length = this.bytes.length;
  }
}

/** Bytes that a key takes at most. */
export function keyBytes(plan: TableKeyPlan): number {
  switch (plan.kind) {
    case "ip":
      return plan.prefix6 > shortAddressBytes * 8 ? addressBytes : shortAddressBytes;
    case "integer":
      return 4;
    case "string":
    case "binary":
      return plan.bytesMax;
  }
}

/** Whether they are an IPv4 address. */
export function isMapped(octets: Uint8Array, at: number): boolean {
  for (let index = 0; index < mappedStart - 2; index++) if (octets[at + index] !== 0) return false;
  return octets[at + mappedStart - 2] === 0xff && octets[at + mappedStart - 1] === 0xff;
}

/** Lay the key that `from` holds into `to`, which is of a table with the same kind of keys. */
export function copyKeyOf(from: TableKey, to: TableKey): void {
  to.bytes.set(from.bytes);
  to.length = from.length;
  to.isSet = from.isSet;
  to.isIPv4 = from.isIPv4;
}

/** Tells a key that is laid from all others of its table. */
export function keyName(key: TableKey): string {
  return `${key.isIPv4 ? "4" : ""}:${key.bytes.subarray(0, key.length).toHex()}`;
}

/** Lays what `keyName` wrote of a key of the same kind; left unset where it is none. */
export function layKeyName(name: string, to: TableKey): void {
  const colon = name.indexOf(":");
  const bytes = /^4?:(?:[0-9a-f]{2})*$/.test(name) ? Uint8Array.fromHex(name.slice(colon + 1)) : null;
  to.isSet = bytes !== null && bytes.length <= to.bytes.length;
  if (bytes === null || !to.isSet) return;
  to.bytes.fill(0);
  to.bytes.set(bytes);
  to.length = bytes.length;
  to.isIPv4 = colon === 1;
}
