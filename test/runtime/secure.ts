// TLS connections as the runtime gives them, for tests: a raw socket on each side, upgraded; a cable between the two that can be
// cut in the ways in which networks and programs cut; and certificates that openssl has made, once for all tests of a process.

import { afterAll } from "bun:test";
import { connect as connectNet, createServer, type Socket as NetSocket, type Server } from "node:net";
import { createSecureContext } from "node:tls";
import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import { Authority, type Issued } from "../authority.ts";
import { within } from "../e2e/harness/wait.ts";
import { End, endHandlers } from "./pair.ts";

/** Until the tests of the file that wanted it are over. */
let made: { authority: Authority; server: Issued } | null = null;

afterAll(() => {
  made?.authority[Symbol.dispose]();
  made = null;
});

/** An authority, and a certificate of it for a.test and 127.0.0.1. */
export function materials(): { authority: Authority; server: Issued } {
  if (made === null) {
    const authority = new Authority();
    made = { authority, server: authority.issue(["DNS:a.test", "IP:127.0.0.1"]) };
  }
  return made;
}

export interface TlsTerms {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  readonly secureOptions?: number;
}

export function nativeContext(terms: TlsTerms): object {
  return createSecureContext(terms).context as object;
}

/** What upgradeTLS takes beside its handlers. */
export interface UpgradeOptions {
  readonly secureContext: object;
  readonly serverName?: string;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
}

interface Upgradable {
  upgradeTLS(options: object): [raw: Socket<End>, secure: Socket<End>];
}

/** Of raw sockets that are upgraded when they open: nothing is told to them any more. */
function upgrading(upgrade: (socket: Upgradable) => void): SocketHandler<End> {
  return {
    open: (socket) => upgrade(socket as unknown as Upgradable),
    drain() {},
    close() {},
    error() {},
  } as SocketHandler<End>;
}

/** The words of an end, and "handshake" or "handshake failed". */
function secureHandlers(end: End): SocketHandler<End> {
  const handshake = (_: Socket<End>, isDone: boolean): void => end.tell(isDone ? "handshake" : "handshake failed");
  return { ...endHandlers(() => end), handshake } as SocketHandler<End>;
}

/** Listens; every connection is upgraded and a new end. */
export class SecureDoor implements Disposable {
  readonly ends: End[] = [];
  readonly listener: TCPSocketListener<End>;

  constructor(terms: TlsTerms = {}, secureContext: object = nativeContext({ ...materials().server, ...terms })) {
    this.listener = Bun.listen<End>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: upgrading((socket) => {
        const end = new End();
        this.ends.push(end);
        const tls = { secureContext, isServer: true, rejectUnauthorized: false };
        socket.upgradeTLS({ data: end, tls, isServer: true, socket: secureHandlers(end) });
      }),
    });
  }

  get port(): number {
    return this.listener.port;
  }

  [Symbol.dispose](): void {
    this.listener.stop(true);
  }
}

/** A client's end, its handshake done. */
export async function secureConnect(port: number, options: Partial<UpgradeOptions> = {}): Promise<End> {
  const end = new End();
  const tls = {
    secureContext: nativeContext({ ca: materials().authority.cert }),
    serverName: "a.test",
    rejectUnauthorized: false,
    ...options,
  };
  const connecting = Bun.connect<End>({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    data: end,
    socket: upgrading((socket) => socket.upgradeTLS({ data: end, tls, socket: secureHandlers(end) })),
  });
  await within("a connection", connecting);
  await Promise.race([end.heard("handshake"), end.heard("handshake failed")]);
  if (!end.told.includes("handshake")) throw new Error("the handshake failed");
  return end;
}

/** A wire to `port`: whoever connects to `port` of its own is connected through. One connection at a time. */
export class Cable implements Disposable {
  /** The ends of the wire: towards who connected, and towards the listener. */
  client!: NetSocket;
  server!: NetSocket;
  /** What is done with bytes of the client instead of passing them on. */
  edit: ((bytes: Buffer) => Buffer) | null = null;
  readonly #listener: Server;

  private constructor(port: number) {
    this.#listener = createServer({ allowHalfOpen: true }, (client) => {
      const server = connectNet({ port, host: "127.0.0.1", allowHalfOpen: true });
      this.client = client;
      this.server = server;
      client.on("data", (bytes) =>
        server.write(this.edit === null ? Buffer.from(bytes) : this.edit(Buffer.from(bytes))),
      );
      server.on("data", (bytes) => client.write(bytes));
      client.on("end", () => server.end());
      server.on("end", () => client.end());
      for (const end of [client, server]) end.on("error", () => {});
    });
  }

  static async to(port: number): Promise<Cable> {
    const cable = new Cable(port);
    await new Promise<void>((resolve) => cable.#listener.listen(0, "127.0.0.1", resolve));
    return cable;
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.client?.destroy();
    this.server?.destroy();
  }
}
