// Names of TLS servers as an operator writes them: what a certificate is for, and what a client asks for in its hello (SNI,
// RFC 6066 3). It knows their spelling and nothing of certificates. A hello never holds an address, a port or a last dot.

import { isIp } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";

const dnsName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

/** Whether a certificate can be for it. */
export function isServerName(text: string): boolean {
  return isIp(text) || (dnsName.test(text) && !/^[\d.]+$/.test(text));
}

/** For routes by name: a name, or a star for everything before a dot. */
export function readRouteName(text: string): Reading<string> {
  if (text === "*") return misread('must be a name; for every other name, write "use" beside "sni"');
  const bare = text.startsWith("*.") ? text.slice(2) : text;
  if (bare.includes("*"))
    return misread(
      `must have its star alone and in front, as in "*.example.com", not ${quote(text)}; other shapes are for pattern`,
    );
  if (bare.endsWith(".")) return misread(`must have no dot at its end: write ${quote(text.slice(0, -1))}`);
  if (isIp(bare) || /^\[.*\]$/.test(bare))
    return misread(`must be a name: clients that connect to an IP address name none, not ${quote(text)}`);
  if (/^[^:]+:\d+$/.test(bare))
    return misread(`must be a name without a port: write ${quote(text.replace(/:\d+$/, ""))}`);
  if (dnsName.test(bare)) return read(text);
  return misread(`must be a name such as "www.example.com" or "*.example.com", not ${quote(text)}`);
}
