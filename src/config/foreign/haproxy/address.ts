// Addresses as HAProxy writes them: "*:80", ":::443", "10.0.0.1:8000-8005", "/run/x.sock", "ipv4@", "unix@", several with commas
// between. What comes out are addresses of ours. HAProxy's "*" and "" are all IPv4 addresses, "::" those of both kinds.

import type { Ledger } from "../ledger.ts";
import { pathOf, type Word } from "./scene.ts";

/** A range longer than this is a mistake. */
const portsMax = 64;

interface Parts {
  readonly host: string;
  readonly port: string;
}

const strangers: Readonly<Record<string, string>> = {
  quic4: "QUIC is not spoken; clients that are offered it by Alt-Svc use TCP as well",
  quic6: "QUIC is not spoken; clients that are offered it by Alt-Svc use TCP as well",
  udp: "logs are not received; mode udp of Sluice's own config carries datagrams",
  udp4: "logs are not received; mode udp of Sluice's own config carries datagrams",
  udp6: "logs are not received; mode udp of Sluice's own config carries datagrams",
  fd: "sockets are not inherited; name the address",
  sockpair: "sockets are not inherited; name the address",
  abns: "abstract sockets are not opened; a path can be",
  rhttp: "reverse connections are not made",
};

/** Null after telling what is wrong; a word may hold several. */
export function listenAddresses(ledger: Ledger, word: Word): readonly string[] | null {
  const all = word.text.split(",").map((text) => listenAddress(ledger, word, text));
  return all.some((each) => each === null) ? null : all.flatMap((each) => each ?? []);
}

function listenAddress(ledger: Ledger, word: Word, text: string): readonly string[] | null {
  const bare = withoutKind(ledger, word, text);
  if (bare === null) return null;
  if (bare.text.startsWith("/")) return [`unix:${bare.text}`];
  const { host, port } = split(bare.text);
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(port);
  if (range === null) {
    ledger.fault(pathOf(word), `must be an address with a port, as in "*:80", "10.0.0.1:8080" or ":::443"`);
    return null;
  }
  const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
  if (first < 1 || last > 65_535 || last < first || last - first >= portsMax) {
    const message =
      last - first >= portsMax ? `is a range of more than ${portsMax} ports` : "must have a port from 1 to 65535";
    ledger.fault(pathOf(word), message);
    return null;
  }
  const own = host === "" || host === "*" ? (bare.isIpv6 ? "" : "0.0.0.0") : host === "::" ? "" : host;
  const shown = own.includes(":") ? `[${own}]` : own;
  return Array.from({ length: last - first + 1 }, (_, index) => `${shown}:${first + index}`);
}

/** `port` is what a server without one gets; HAProxy takes that of the client's connection. */
export function serverAddress(ledger: Ledger, word: Word, port: number | null): string | null {
  const bare = withoutKind(ledger, word, word.text);
  if (bare === null) return null;
  if (bare.text.startsWith("/")) return `unix:${bare.text}`;
  const parts = split(bare.text);
  if (/^[+-]/.test(parts.port)) {
    ledger.refuse(pathOf(word), "a port is not reckoned from the one that the client came to");
    return null;
  }
  if (parts.port === "" && port === null) {
    ledger.refuse(pathOf(word), "a server needs a port here; HAProxy takes the one that the client came to");
    return null;
  }
  if (parts.port === "")
    ledger.approximate(
      pathOf(word),
      `its port is ${port}, that of the bind; in HAProxy, the one that the client came to`,
    );
  const host = parts.host === "*" || parts.host === "" ? "127.0.0.1" : parts.host;
  return `${host.includes(":") ? `[${host}]` : host}:${parts.port === "" ? port : parts.port}`;
}

function withoutKind(
  ledger: Ledger,
  word: Word,
  text: string,
): { readonly text: string; readonly isIpv6: boolean } | null {
  const kind = /^([a-z0-9+]+)@/.exec(text)?.[1];
  if (kind === undefined) return { text, isIpv6: false };
  const bare = text.slice(kind.length + 1);
  if (["ipv4", "ipv6", "unix", "tcp", "tcp4", "tcp6", "stream+ipv4", "stream+ipv6", "stream+unix"].includes(kind))
    return { text: bare, isIpv6: kind.endsWith("6") };
  const why = Object.hasOwn(strangers, kind) ? strangers[kind] : undefined;
  if (why === undefined)
    ledger.fault(pathOf(word), `begins with ${JSON.stringify(`${kind}@`)}, which is no kind of address`);
  else ledger.refuse(pathOf(word), why);
  return null;
}

/** The last colon ends the host; an IPv6 address may stand in brackets or without. */
function split(text: string): Parts {
  const found = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? /^(.*):([^:]*)$/.exec(text);
  if (found === null) return { host: text, port: "" };
  return { host: found[1]!, port: found[2] ?? "" };
}
