// Receivers of syslog for tests: by UDP, by TCP with octet counting, and a unix socket of datagrams, which Bun does not have and the C
// library is asked for. Each keeps the messages that have come, without what frames them.

import { existsSync, unlinkSync } from "node:fs";
import { libc } from "../../../src/data/libc.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

const pollMs = 5;

export class Receiver {
  readonly messages: string[] = [];
  readonly address: string;
  readonly #close: () => void;
  #isClosed = false;

  private constructor(address: string, close: () => void) {
    this.address = address;
    this.#close = close;
  }

  get port(): number {
    return Number(/\d+$/.exec(this.address)![0]);
  }

  static async udp(room: Room, port = 0): Promise<Receiver> {
    const socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      port,
      socket: { data: (_socket, bytes) => void receiver.messages.push(bytes.toString()) },
    });
    const receiver = new Receiver(`udp://127.0.0.1:${socket.port}`, () => socket.close());
    room.ending(() => receiver.close());
    return receiver;
  }

  static tcp(room: Room, port = 0): Receiver {
    const sockets = new Set<{ terminate(): void }>();
    const server = Bun.listen<{ text: string }>({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => {
          socket.data = { text: "" };
          sockets.add(socket);
        },
        data: (socket, bytes) => {
          socket.data.text = framed(socket.data.text + bytes.toString("latin1"), receiver.messages);
        },
      },
    });
    const receiver = new Receiver(`tcp://127.0.0.1:${server.port}`, () => {
      for (const socket of sockets) socket.terminate();
      server.stop(true);
    });
    room.ending(() => receiver.close());
    return receiver;
  }

  static unix(room: Room, path: string): Receiver {
    const c = libc()!;
    const calls = c.sockets!;
    if (existsSync(path)) unlinkSync(path);
    const descriptor = calls.openDatagrams(1);
    const address = new Uint8Array([1, 0, ...Buffer.from(path), 0]);
    if (calls.bind(descriptor, address) < 0) throw new Error(`${path} cannot be bound`);
    const bytes = new Uint8Array(65_536);
    const timer = setInterval(() => {
      for (
        let count = c.take(descriptor, bytes, bytes.length);
        count > 0;
        count = c.take(descriptor, bytes, bytes.length)
      )
        receiver.messages.push(Buffer.from(bytes.subarray(0, count)).toString());
    }, pollMs);
    const receiver = new Receiver(`unix:${path}`, () => {
      clearInterval(timer);
      calls.close(descriptor);
    });
    room.ending(() => receiver.close());
    return receiver;
  }

  come(count: number): Promise<string[]> {
    return until(`${count} messages`, () => (this.messages.length >= count ? this.messages : null)).catch((error) => {
      throw new Error(`${(error as Error).message}; there are ${JSON.stringify(this.messages)}`);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#close();
  }
}

/** Takes whole frames off the front: a length, a space, a message. */
function framed(text: string, messages: string[]): string {
  for (let frame = /^(\d+) /.exec(text); frame !== null; frame = /^(\d+) /.exec(text)) {
    const end = frame[0].length + Number(frame[1]);
    if (text.length < end) return text;
    messages.push(text.slice(frame[0].length, end));
    text = text.slice(end);
  }
  return text;
}
