// Who has connected, as flow/port.ts wants to know it. What costs a system call or a conversion is looked up when it is asked
// for; a socket that has closed does not know its ports any more, so what the access log tells at the end of a connection's
// life is read at its beginning where there is such a log.

import type { X509Certificate } from "node:crypto";
import type { Socket } from "bun";
import type { TlsVersion } from "../config/plan.ts";
import type { Client, ClientTls } from "../flow/port.ts";

/** A client that is who its socket says. */
export class SocketClient<Data> implements Client {
  readonly address: string;
  readonly tls: ClientTls | null;
  readonly ja4: string;
  readonly #socket: Socket<Data>;
  #port = -1;

  constructor(socket: Socket<Data>, address: string, tls: ClientTls | null, ja4: string) {
    this.address = address;
    this.tls = tls;
    this.ja4 = ja4;
    this.#socket = socket;
  }

  /** Somebody will ask for the port when the socket does not know it any more. */
  keepPort(): this {
    this.#port = this.port;
    return this;
  }

  get peerAddress(): string {
    return this.address;
  }
  get port(): number {
    if (this.#port !== -1) return this.#port;
    return this.#isUnix ? 0 : (this.#socket.remotePort ?? 0);
  }
  get localAddress(): string {
    return this.#isUnix ? "unix" : plainAddress(this.#socket.localAddress ?? "");
  }
  get localPort(): number {
    return this.#isUnix ? 0 : (this.#socket.localPort ?? 0);
  }

  get #isUnix(): boolean {
    return this.address === "unix";
  }
}

/** Where a client is and what it connected to, when all of it is known. */
export interface Ends {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** One of whom a PROXY header has said all. */
export class KnownClient implements Client {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly tls: ClientTls | null;
  readonly ja4: string;

  constructor(ends: Ends, peerAddress: string, tls: ClientTls | null, ja4: string) {
    this.address = ends.address;
    this.port = ends.port;
    this.localAddress = ends.localAddress;
    this.localPort = ends.localPort;
    this.peerAddress = peerAddress;
    this.tls = tls;
    this.ja4 = ja4;
  }
}

/** What a handshake has shown. */
export class ShownTls implements ClientTls {
  readonly serverName: string;
  readonly alpn: string;
  readonly version: TlsVersion;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly #certificate: X509Certificate | null;

  /** `certificate`: one that was verified. */
  constructor(socket: Socket<unknown>, certificate: X509Certificate | null) {
    this.serverName = nameOf(socket.getServername() as string | undefined);
    this.alpn = socket.alpnProtocol || "";
    this.version = versionNames[socket.getTLSVersion()] ?? "1.3";
    this.cipher = interned(socket.getCipher().standardName);
    this.isResumed = socket.isSessionReused();
    this.#certificate = certificate;
  }

  get subject(): string {
    return this.#certificate === null ? "" : distinguishedName(this.#certificate.subject);
  }

  get fingerprint(): string {
    return this.#certificate === null ? "" : this.#certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  }
}

/** IPv4 clients of IPv6 sockets by their IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

const versionNames: Readonly<Record<string, TlsVersion>> = {
  TLSv1: "1.0",
  "TLSv1.1": "1.1",
  "TLSv1.2": "1.2",
  "TLSv1.3": "1.3",
};

const ciphers = new Map<string, string>();

/** There are a few dozen; each connection would keep a copy. */
function interned(cipher: string): string {
  const known = ciphers.get(cipher);
  if (known !== undefined) return known;
  ciphers.set(cipher, cipher);
  return cipher;
}

function nameOf(serverName: string | undefined): string {
  if (!serverName) return "";
  const lower = serverName.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** RFC 2253 2.1: the last part first. The runtime writes one part a line, first to last, with the escapes of RFC 2253. */
export function distinguishedName(lines: string): string {
  return lines.split("\n").reverse().join(",");
}
