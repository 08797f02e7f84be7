// Addresses and blocks as HAProxy writes them: 10.12 is 10.0.0.12, masks may be dotted, and bits behind a mask may be set. Here they
// are whole and without those bits.

import ipaddr from "ipaddr.js";
import { quote } from "../../../base/reading.ts";
import { fault, refuse } from "./objection.ts";
import type { Word } from "./scene.ts";

export function readBlock(word: Word, written: string): string {
  const [host = "", mask, ...rest] = written.split("/");
  if (rest.length > 0) return fault(word, `must be an address or a block, not ${quote(written)}`);
  if (host.includes(":")) return readIPv6(word, written, host, mask);
  const whole = host === "localhost" ? "127.0.0.1" : wholeIPv4(host);
  if (whole === null) {
    if (mask === undefined && /^[A-Za-z0-9.-]+$/.test(host) && /[A-Za-z]/.test(host))
      return refuse(word, `${quote(host)} is a name, which HAProxy resolves once at its start: write its addresses`);
    return fault(word, `must be an address or a block such as 10.0.0.0/8, not ${quote(written)}`);
  }
  if (mask === undefined) return whole;
  const bits = /^\d{1,2}$/.test(mask) ? Number(mask) : bitsOf(mask);
  if (bits === null || bits > 32) return fault(word, `must have a mask of 0 to 32 bits, not ${quote(mask)}`);
  return bits === 32 ? whole : `${ipaddr.IPv4.networkAddressFromCIDR(`${whole}/${bits}`).toString()}/${bits}`;
}

function readIPv6(word: Word, written: string, host: string, mask: string | undefined): string {
  const isBits = mask === undefined || (/^\d{1,3}$/.test(mask) && Number(mask) <= 128);
  if (!ipaddr.IPv6.isValid(host) || host.includes("%") || !isBits)
    return fault(word, `must be an address or a block such as fd00::/8, not ${quote(written)}`);
  if (mask === undefined || mask === "128") return ipaddr.IPv6.parse(host).toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${host}/${mask}`).toString()}/${mask}`;
}

/** The last part stands at the end, and zeros before it: 10.12 is 10.0.0.12. */
function wholeIPv4(host: string): string | null {
  const parts = host.split(".");
  if (parts.length > 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  const last = parts.pop()!;
  while (parts.length < 3) parts.push("0");
  return [...parts, last].map(Number).join(".");
}

function bitsOf(mask: string): number | null {
  const whole = wholeIPv4(mask);
  return whole === null ? null : ipaddr.IPv4.parse(whole).prefixLengthFromSubnetMask();
}
