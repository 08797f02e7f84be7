// Addresses as operators write them: where to listen (":8080", "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock") and where to
// connect ("host:port", "host:port^weight"). It knows how they are written, not what a name resolves to: that is asked of the
// network by others. A port is never guessed, for a wrong guess connects somewhere.

import ipaddr from "ipaddr.js";
import type { Address } from "../config/plan.ts";
import { misread, quote, type Reading, read } from "./reading.ts";

/** Where to connect to; the host of a TCP address may still be a name. */
export interface ServerAddress {
  /** As written, without the weight, the port in plain digits: what metrics and logs say. */
  readonly name: string;
  readonly address: Address;
  readonly weight: number | null;
}

export const weightMax = 65_535;
/** sun_path of Linux holds 108 bytes with the closing NUL. */
const unixPathBytesMax = 107;
/** RFC 1123 2.1, with the underscore that container names use. */
const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/** Four numbers up to 255, none with a zero in front. */
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function isIPv4(host: string): boolean {
  return ipv4.test(host);
}

function isIPv6(host: string): boolean {
  // Two colons at least, which tells it from host:port before it is looked into.
  const first = host.indexOf(":");
  return first >= 0 && host.includes(":", first + 1) && !host.includes("%") && ipaddr.IPv6.isValid(host);
}

export function isIp(host: string): boolean {
  return isIPv4(host) || isIPv6(host);
}

export function isLoopback(host: string): boolean {
  return host === "::1" || (isIPv4(host) && host.startsWith("127.")) || /^::ffff:127\./i.test(host);
}

/** Of an IP address to listen on: every address of the machine, or every one of IPv4, however its zeros are written. */
export function isEveryAddress(host: string): boolean {
  return /^(?:[0:.]+|[0:]*:ffff:(?:0\.0\.0\.0|0+:0+))$/i.test(host);
}

/** Every address of the machine, IPv4 and IPv6, is the host "::"; port 0 asks the system for a free one. */
export function readListenAddress(text: string): Reading<Address> {
  const unix = readUnix(text);
  if (unix !== null) return unix;
  const parts = split(text, 'must be an address such as ":8080", "127.0.0.1:8080" or "unix:/run/sluice.sock"', 0);
  if (!parts.ok) return parts;
  const { host, port } = parts.value;
  if (host === "" || host === "*") return read({ kind: "tcp", host: "::", port });
  if (host.toLowerCase() === "localhost") return read({ kind: "tcp", host: "127.0.0.1", port });
  if (!isIp(host))
    return misread(`must name an IP address of this machine, not ${quote(host)}: write ":${port}" for all of them`);
  return read({ kind: "tcp", host: host.toLowerCase(), port });
}

/** What was read lately. Where a thousand servers come and go, control reads each of them several times for every plan. */
const recent = new Map<string, Reading<ServerAddress>>();
const recentMax = 4096;
const recentLengthMax = 300;

export function readServerAddress(text: string): Reading<ServerAddress> {
  const known = recent.get(text);
  if (known !== undefined) return known;
  const reading = readAnew(text);
  if (recent.size >= recentMax) recent.clear();
  if (text.length <= recentLengthMax) recent.set(text, reading);
  return reading;
}

function readAnew(text: string): Reading<ServerAddress> {
  const marked = /^(.*)\^([^^]*)$/s.exec(text);
  const bare = marked === null ? text : marked[1]!;
  let weight: number | null = null;
  if (marked !== null) {
    weight = /^\d{1,6}$/.test(marked[2]!) ? Number(marked[2]) : 0;
    if (weight < 1 || weight > weightMax)
      return misread(`must have a weight from 1 to ${weightMax} after the ^, not ${quote(marked[2]!)}`);
  }
  const unix = readUnix(bare);
  if (unix !== null) return unix.ok ? read({ name: bare, address: unix.value, weight }) : unix;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)/i.exec(bare);
  if (scheme !== null) return misread(unschemed(scheme[1]!.toLowerCase(), scheme[2]!, bare));
  const parts = split(
    bare,
    'must be an address such as "10.0.0.1:80", "app:8080", "[::1]:80" or "unix:/run/app.sock"',
    1,
  );
  if (!parts.ok) return parts;
  const { host, port } = parts.value;
  if (host === "") return misread(`must name the host to connect to: write "127.0.0.1:${port}" for this machine`);
  if (!isIp(host) && (!hostName.test(host) || /^[\d.]+$/.test(host)))
    return misread(`must have a host name or IP address before the port, not ${quote(host)}`);
  const lower = host.toLowerCase();
  return read({
    name: `${isIPv6(lower) ? `[${lower}]` : lower}:${port}`,
    address: { kind: "tcp", host: lower, port },
    weight,
  });
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

const schemePorts: Record<string, string> = { http: ":80", https: ":443" };

/** What to write instead of an address that begins with a scheme. */
function unschemed(scheme: string, host: string, written: string): string {
  const port = /:\d+$/.test(host) ? "" : (schemePorts[scheme] ?? "");
  const isTls = ["https", "tls", "ssl"].includes(scheme);
  const more = isTls ? "; TLS is said by tls: true beside it, or for the whole pool" : "";
  return `must be host:port without a scheme: write ${quote(`${host}${port}`)} instead of ${quote(written)}${more}`;
}

/** Null when it is not a unix address. */
function readUnix(text: string): Reading<Address> | null {
  if (!text.startsWith("unix:")) return null;
  const path = text.slice("unix:".length);
  if (!path.startsWith("/"))
    return misread(`must have an absolute path after "unix:", as in "unix:/run/app.sock", not ${quote(path)}`);
  if (path.includes("\0")) return misread("must not hold a NUL in its path");
  if (Buffer.byteLength(path) > unixPathBytesMax)
    return misread(
      `must have a path of at most ${unixPathBytesMax} bytes: the system takes no longer one for a socket`,
    );
  return read({ kind: "unix", path });
}

/** In "::1:80" the last group is meant as a port, though it need not be: the address before it is one by itself. */
function bracketed(text: string): string {
  const [, host = "", port = ""] = /^(.*):([1-9]\d{0,4})$/.exec(text) ?? [];
  return isIPv6(host) && Number(port) <= 65_535 ? `[${host}]:${port}` : `[${text}]:80`;
}

function split(text: string, expected: string, portMin: number): Reading<{ host: string; port: number }> {
  const no = `${expected}, not ${quote(text)}`;
  if (isIPv6(text))
    return misread(`must have its IPv6 address in brackets and a port, as in ${quote(bracketed(text))}`);
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  if (parts === null) return misread(no);
  const host = parts[1] ?? parts[2] ?? "";
  if (parts[1] !== undefined && !isIPv6(parts[1]))
    return misread(`must have an IPv6 address in its brackets, not ${quote(parts[1])}`);
  const digits = parts[3];
  if (digits === undefined && /^\d+$/.test(text)) return misread(`${expected}: write ":${text}" for a port`);
  // What is no host with a port either is not advised.
  if (digits === undefined && (isIp(host) || hostName.test(host)))
    return misread(`must have a port: write ${quote(`${text}:80`)}`);
  if (digits === undefined || host.includes(" ")) return misread(no);
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : -1;
  if (port < portMin || port > 65_535)
    return misread(`must have a port from ${portMin} to 65535, not ${quote(digits)}`);
  return read({ host, port });
}
