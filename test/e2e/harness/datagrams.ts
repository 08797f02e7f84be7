// Peers that speak UDP: servers that answer each datagram with their own name before it, and clients that keep what they get.
// Datagrams may be lost by law; on the loopback they are not, as long as a socket's buffer holds them.

import { freePort } from "./port.ts";
import { until } from "./wait.ts";

/** A port that is free for UDP on every address, from where no system takes ports for clients. */
export async function freeDatagramPort(): Promise<number> {
  for (;;) {
    const port = freePort();
    try {
      (await Bun.udpSocket({ hostname: "0.0.0.0", port })).close();
      return port;
    } catch {
      // The next one.
    }
  }
}

export class DatagramServer {
  readonly name: string;
  readonly port: number;
  /** What it got, and from where. */
  readonly got: { readonly text: string; readonly address: string; readonly port: number }[] = [];
  /** What it does with a datagram; answers by its name and a colon unless told otherwise. */
  answer: (text: string) => string[] = (text) => [`${this.name}:${text}`];
  readonly #close: () => void;

  private constructor(name: string, port: number, close: () => void) {
    this.name = name;
    this.port = port;
    this.#close = close;
  }

  static async start(name: string, port = 0, hostname = "127.0.0.1"): Promise<DatagramServer> {
    const socket = await Bun.udpSocket({
      hostname,
      port,
      socket: {
        data(from, bytes, fromPort, address) {
          const text = bytes.toString("latin1");
          server.got.push({ text, address, port: fromPort });
          for (const answer of server.answer(text)) from.send(answer, fromPort, address);
        },
        // A session that is over before its answer.
        error() {},
      },
    });
    const server = new DatagramServer(name, socket.port, () => socket.close());
    return server;
  }

  stop(): void {
    this.#close();
  }
}

export class DatagramClient {
  readonly port: number;
  readonly got: string[] = [];
  readonly #send: (text: string | Uint8Array) => void;
  readonly #close: () => void;

  private constructor(port: number, send: (text: string | Uint8Array) => void, close: () => void) {
    this.port = port;
    this.#send = send;
    this.#close = close;
  }

  static async start(port: number, host = "127.0.0.1"): Promise<DatagramClient> {
    const socket = await Bun.udpSocket({
      hostname: host.includes(":") ? "::" : "0.0.0.0",
      connect: { hostname: host, port },
      socket: {
        data(_from, bytes) {
          client.got.push(bytes.toString("latin1"));
        },
        // Nobody listens there (any more).
        error() {},
      },
    });
    const send = (text: string | Uint8Array): void => {
      try {
        socket.send(text);
      } catch {
        // ICMP's answer to an earlier one.
        socket.send(text);
      }
    };
    const client = new DatagramClient(socket.port, send, () => socket.close());
    return client;
  }

  send(text: string | Uint8Array): void {
    this.#send(text);
  }

  /** Send, and wait for the next answer. */
  async ask(text: string): Promise<string> {
    const before = this.got.length;
    this.send(text);
    await until(`an answer to ${text}`, () => this.got.length > before);
    return this.got[before]!;
  }

  stop(): void {
    this.#close();
  }
}
