// Whether a record is of a client within a block of addresses, by the bytes of its address as they stand in the record: nothing is made
// of them but 16 octets, in a place that is there already.

import { type Reading, read } from "../../base/reading.ts";
import { readCidr } from "../../config/cidr.ts";
import { addressBytes, readAddress, readIPv4, readIPv6 } from "../../wire/ipaddress.ts";
import type { TextTest } from "./pattern.ts";

/** A test of the text that a record has of its client. */
export function clientWithin(value: string): Reading<TextTest> {
  const checked = readCidr(value);
  if (!checked.ok) return checked;
  const [host = "", length] = value.split("/");
  const octets = new Uint8Array(addressBytes);
  readAddress(host, octets);
  const isFour = !host.includes(":");
  const bits = length === undefined ? 128 : Number(length) + (isFour ? 96 : 0);
  const other = new Uint8Array(addressBytes);
  return read((bytes, start, end) => readAddressBytes(bytes, start, end, other) && isWithin(other, octets, bits));
}

function isWithin(octets: Uint8Array, block: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (octets[at] !== block[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (octets[whole]! ^ block[whole]!) >> (8 - rest) === 0;
}

/** Longer is no address. */
const addressTextMax = 45;
const scratch = new Uint8Array(addressTextMax + 1);
const [percent, space, colon] = [0x25, 0x20, 0x3a];

/** As `readAddress` reads a text. */
function readAddressBytes(bytes: Uint8Array, start: number, end: number, octets: Uint8Array): boolean {
  let isSix = false;
  let zone = -1;
  for (let at = start; at < end; at++) {
    if (bytes[at] === colon) isSix = true;
    else if (bytes[at] === percent && zone === -1) zone = at - start;
  }
  const length = zone !== -1 && isSix ? zone : end - start;
  if (length === 0 || length > addressTextMax) return false;
  // What ends it has to stand behind it.
  for (let index = 0; index < length; index++) scratch[index] = bytes[start + index]!;
  scratch[length] = space;
  return (isSix ? readIPv6 : readIPv4)(scratch, 0, length + 1, octets) === length;
}
