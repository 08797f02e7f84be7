// IP addresses between text in a stream and 16 octets, an IPv4 address as IPv4-mapped IPv6 (RFC 4291 2.5.5.2). The readers look
// at an address that may not have come whole: they answer where it ends, that they need more, or that the byte they stand at
// cannot belong to any address, whatever follows. What ends an address is the caller's to judge. It is written in one way
// only: RFC 5952 for IPv6, and plain IPv4 where it is mapped, so that one client has one name.

import { hexValue } from "./http1/grammar.ts";

/** Instead of an index, when text is read. */
export const reading = { more: -1, bad: -2 } as const;

export const addressBytes = 16;
const noDigit = 255;
const colon = 0x3a;
const dot = 0x2e;
const zero = 0x30;
const space = 0x20;
const octetDigitsMax = 3;
const groupDigitsMax = 4;
const groupsMax = 8;
/** Octets of an IPv4 address stand in the last four. */
const mappedStart = 12;
/** "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" */
const textBytesMax = 45;

/** Four decimal numbers up to 255, without leading zeros. Answers the index after it, where a byte stands that ends it. */
export function readIPv4(bytes: Uint8Array, start: number, end: number, octets: Uint8Array): number {
  octets.fill(0, 0, mappedStart - 2);
  octets.fill(0xff, mappedStart - 2, mappedStart);
  let next = start;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0) {
      if (bytes[next] !== dot) return reading.bad;
      next++;
    }
    if (next >= end) return reading.more;
    let value = bytes[next]! - zero;
    if (value < 0 || value > 9) return reading.bad;
    next++;
    for (let digits = 1; digits < octetDigitsMax && next < end; digits++) {
      const digit = bytes[next]! - zero;
      if (digit < 0 || digit > 9) break;
      if (value === 0) return reading.bad;
      value = value * 10 + digit;
      if (value > 255) return reading.bad;
      next++;
    }
    if (next >= end) return reading.more;
    octets[mappedStart + octet] = value;
  }
  return next;
}

/** Groups of hexadecimal digits with at most one gap, the last two perhaps as IPv4. Answers as readIPv4 does. */
export function readIPv6(bytes: Uint8Array, start: number, end: number, octets: Uint8Array): number {
  let next = start;
  let groups = 0;
  /** How many groups stand before "::", which stands for one group of zeros at least. */
  let gap = -1;
  if (next < end && bytes[next] === colon) {
    if (next + 1 >= end) return reading.more;
    if (bytes[next + 1] !== colon) return reading.bad;
    gap = 0;
    next += 2;
  }
  for (;;) {
    if (next >= end) return reading.more;
    const most = gap === -1 ? groupsMax : groupsMax - 1;
    if (groups === most || hexValue[bytes[next]!] === noDigit) {
      // Only a gap may stand at the end.
      if (gap !== groups) return reading.bad;
      break;
    }
    const groupStart = next;
    let value = 0;
    for (; next < end && next - groupStart < groupDigitsMax; next++) {
      const digit = hexValue[bytes[next]!]!;
      if (digit === noDigit) break;
      value = value * 16 + digit;
    }
    if (next >= end) return reading.more;
    if (bytes[next] === dot) return readTail(bytes, groupStart, end, octets, groups, gap);
    octets[groups * 2] = value >> 8;
    octets[groups * 2 + 1] = value & 0xff;
    groups++;
    if (bytes[next] !== colon) break;
    if (groups === most) return reading.bad;
    next++;
    if (next >= end) return reading.more;
    if (bytes[next] !== colon) continue;
    if (gap !== -1) return reading.bad;
    gap = groups;
    next++;
  }
  if (gap === -1 && groups !== groupsMax) return reading.bad;
  if (gap !== -1) spread(octets, gap, groups);
  return next;
}

const tail = new Uint8Array(addressBytes);

function readTail(
  bytes: Uint8Array,
  start: number,
  end: number,
  octets: Uint8Array,
  groups: number,
  gap: number,
): number {
  if (gap === -1 ? groups !== groupsMax - 2 : groups > groupsMax - 3) return reading.bad;
  const next = readIPv4(bytes, start, end, tail);
  if (next < 0) return next;
  octets.set(tail.subarray(mappedStart), groups * 2);
  if (gap !== -1) spread(octets, gap, groups + 2);
  return next;
}

/** Moves the groups behind the gap to the end, and fills the gap with zeros. */
function spread(octets: Uint8Array, gap: number, groups: number): void {
  const to = addressBytes - (groups - gap) * 2;
  octets.copyWithin(to, gap * 2, groups * 2);
  octets.fill(0, gap * 2, to);
}

const scratch = new Uint8Array(textBytesMax + 1);

/** Reads a whole text into `octets`; false when it is no address. A zone ("fe80::1%eth0") says nothing to others and is ignored. */
export function readAddress(text: string, octets: Uint8Array): boolean {
  const zone = text.indexOf("%");
  const isIPv6 = text.includes(":");
  const length = zone === -1 || !isIPv6 ? text.length : zone;
  if (length === 0 || length > textBytesMax) return false;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    scratch[index] = code;
  }
  scratch[length] = space;
  return (isIPv6 ? readIPv6 : readIPv4)(scratch, 0, length + 1, octets) === length;
}

/** Whether the 16 octets from `at` on are an IPv4 address. */
export function isMapped(octets: Uint8Array, at: number): boolean {
  for (let index = 0; index < mappedStart - 2; index++) if (octets[at + index] !== 0) return false;
  return octets[at + mappedStart - 2] === 0xff && octets[at + mappedStart - 1] === 0xff;
}

export function formatIPv4(octets: Uint8Array, at: number): string {
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`;
}

/** The 16 octets from `at` on as text. */
export function formatAddress(octets: Uint8Array, at: number): string {
  if (isMapped(octets, at)) return formatIPv4(octets, at + mappedStart);
  let gap = -1;
  // RFC 5952 4.2: the longest run of zeros, the first of equals, and never a single group.
  let gapGroups = 1;
  for (let group = 0; group < groupsMax; group++) {
    let run = 0;
    while (group + run < groupsMax && groupAt(octets, at, group + run) === 0) run++;
    if (run > gapGroups) {
      gap = group;
      gapGroups = run;
    }
    group += run;
  }
  let text = "";
  for (let group = 0; group < groupsMax; group++) {
    if (group === gap) {
      text += "::";
      group += gapGroups - 1;
    } else {
      if (text !== "" && !text.endsWith(":")) text += ":";
      text += groupAt(octets, at, group).toString(16);
    }
  }
  return text;
}

function groupAt(octets: Uint8Array, at: number, group: number): number {
  return (octets[at + group * 2]! << 8) | octets[at + group * 2 + 1]!;
}
