// Proxies of others as operators write them: "http://user:password@proxy.example:3128", "https://" for TLS to the proxy, "socks5://".
// User and password are percent-decoded. What is written there is secret, so no message repeats a word of it.

import { readServerAddress } from "../base/address.ts";
import { misread, type Reading, read } from "../base/reading.ts";

export interface ProxyAddress {
  readonly scheme: "http" | "https" | "socks5";
  /** A name or an IP address, in lower case. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export const proxyExpected = 'the URL of a proxy, such as "http://proxy.example:3128" or "socks5://10.0.0.9:1080"';
const form = "write http://, https:// or socks5://, then user:password@ where it asks for them, then host:port";
/** RFC 1929 section 2: a byte tells the length. */
const wordBytesMax = 255;

export function readProxy(text: string): Reading<ProxyAddress> {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(?:(.*)@)?([^@/?#\s]+)\/?$/is.exec(text.trim());
  if (parts === null) return misread(`must be a whole URL: ${form}`);
  const scheme = parts[1]!.toLowerCase().replace(/^socks5?h?$/, "socks5");
  if (scheme !== "http" && scheme !== "https" && scheme !== "socks5")
    return misread("must begin with http://, https:// or socks5://: no other proxies are spoken to");
  const address = readServerAddress(parts[3]!);
  if (!address.ok || address.value.address.kind !== "tcp" || address.value.weight !== null)
    return misread("must end in the proxy's host and port, such as proxy.example:3128 or [2001:db8::1]:1080");
  const { host, port } = address.value.address;
  const words = credentials(parts[2] ?? "", scheme);
  return words.ok ? read({ scheme, host, port, ...words.value }) : words;
}

function credentials(written: string, scheme: string): Reading<{ user: string; password: string }> {
  const colon = written.indexOf(":");
  const user = decoded(colon === -1 ? written : written.slice(0, colon));
  const password = decoded(colon === -1 ? "" : written.slice(colon + 1));
  if (user === null || password === null)
    return misread("must have user and password percent-encoded: write %25 for a % in them");
  if ([user, password].some((word) => Buffer.byteLength(word) > wordBytesMax))
    return misread(`must have a user and a password of at most ${wordBytesMax} bytes`);
  if (/[\0-\x1f\x7f]/.test(user + password)) return misread("must not have control characters in user or password");
  if (scheme !== "socks5" && user.includes(":"))
    return misread("must have a user without a colon, which is where its password begins (RFC 7617)");
  if (user === "" && password !== "") return misread("must have a user before the password");
  if (scheme === "socks5" && user !== "" && password === "")
    return misread("must have a password behind the user, for SOCKS5 has no empty ones");
  return read({ user, password });
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** What tells it from others at the same host and port. */
export function fullName({ scheme, user, host, port }: ProxyAddress): string {
  return `${scheme}://${user === "" ? "" : `${encodeURIComponent(user)}@`}${placeOf({ host, port })}`;
}

export function placeOf({ host, port }: Pick<ProxyAddress, "host" | "port">): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
