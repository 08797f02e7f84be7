// A client on a raw socket, for what curl and fetch do not do: bytes exactly as the test writes them, half-closes, stalls and
// sudden ends. It keeps all that it was sent. What a Server (server.ts) accepts is one of the same kind.

import type { Socket, SocketHandler } from "bun";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

/** Where a client connects to, and from. */
export type Place =
  | { readonly unix: string }
  | { readonly port: number; readonly hostname?: string; readonly localAddress?: string };

interface Box {
  client: Client | null;
}

export class Client {
  readonly socket: Socket<Box>;
  #chunks: Buffer[] = [];
  #length = 0;
  #unsent: Buffer = Buffer.alloc(0);
  /** The other side has ended its half. */
  isEnded = false;
  /** The connection is gone, from whatever side. */
  isClosed = false;
  /** It went by a reset. */
  isReset = false;

  constructor(room: Room, socket: Socket<Box>) {
    this.socket = socket;
    socket.data.client = this;
    room.ending(() => socket.terminate());
  }

  static async connect(room: Room, to: number | Place): Promise<Client> {
    const place = typeof to === "number" ? { port: to } : to;
    const common = { allowHalfOpen: true, data: { client: null }, socket: clientHandlers };
    const socket =
      "unix" in place
        ? await Bun.connect<Box>({ ...common, unix: place.unix })
        : await Bun.connect<Box>({ ...common, hostname: "127.0.0.1", ...place });
    return new Client(room, socket);
  }

  take(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes));
    this.#length += bytes.length;
  }

  send(bytes: string | Uint8Array): this {
    this.#unsent = Buffer.concat([this.#unsent, typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes]);
    this.flush();
    return this;
  }

  flush(): void {
    if (this.#unsent.length === 0) return;
    const taken = this.socket.write(this.#unsent);
    this.#unsent = taken < 0 ? Buffer.alloc(0) : this.#unsent.subarray(taken);
  }

  /** What the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#unsent.length;
  }

  /** All that was received so far. */
  get bytes(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  get length(): number {
    return this.#length;
  }

  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Resolves with all that was received, once it holds `part`. */
  async saw(part: string, withinMs?: number): Promise<string> {
    try {
      return await until(
        `${JSON.stringify(part)} at the client`,
        () => {
          if (this.text.includes(part)) return this.text;
          if (this.isClosed || this.isEnded) throw new Error(`closed without ${JSON.stringify(part)}`);
          return null;
        },
        withinMs,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}; it was sent ${JSON.stringify(this.text.slice(0, 600))}`);
    }
  }

  /** Resolves with all that was received, once the other side has ended or closed. */
  async over(withinMs?: number): Promise<string> {
    await until("the connection to be closed", () => this.isEnded || this.isClosed, withinMs);
    return this.text;
  }
}

export const clientHandlers: SocketHandler<Box> = {
  data: ({ data: { client } }, bytes) => client?.take(bytes),
  end: ({ data: { client } }) => {
    if (client !== null) client.isEnded = true;
  },
  close: ({ data: { client } }, error) => {
    if (client === null) return;
    client.isClosed = true;
    client.isReset = error !== undefined && error !== null;
  },
  drain: ({ data: { client } }) => client?.flush(),
  error: () => {},
};

/** A GET for a raw client. */
export function get(target: string, ...fields: readonly string[]): string {
  return `GET ${target} HTTP/1.1\r\nHost: test\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
}
