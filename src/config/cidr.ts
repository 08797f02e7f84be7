// Addresses and blocks of them as operators write them: "10.0.0.1", "10.0.0.0/8", "fd00::/8". It knows how they are written, and
// not what is asked of them.

import ipaddr from "ipaddr.js";
import { misread, quote, type Reading, read } from "../base/reading.ts";

export function readCidr(text: string): Reading<string> {
  const [host = "", bits, ...rest] = text.split("/");
  // The library also reads 10.1 and 0x0a000001 as addresses; nobody means them.
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(host);
  const isIpv6 = host.includes(":") && !host.includes("%") && ipaddr.IPv6.isValid(host);
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIpv4 ? 32 : 128));
  if ((isIpv4 || isIpv6) && isBits && rest.length === 0) return read(text);
  return misread(`must be an IP address or a block such as "10.0.0.0/8" or "fd00::/8", not ${quote(text)}`);
}
