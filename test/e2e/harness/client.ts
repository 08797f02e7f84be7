// A client on a raw socket, for what curl and fetch do not do: bytes exactly as the test writes them, half-closes, stalls and
// sudden ends. It keeps all that it was sent.

import type { Socket } from "bun";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export class Client {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;
  #unsent: Buffer = Buffer.alloc(0);
  /** The other side has ended its half. */
  isEnded = false;
  /** The connection is gone, from whatever side. */
  isClosed = false;
  /** It went by a reset. */
  isReset = false;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async connect(room: Room, port: number): Promise<Client> {
    const box: { client: Client | null } = { client: null };
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      socket: {
        data: (_, bytes) => box.client?.take(bytes),
        end: () => {
          if (box.client) box.client.isEnded = true;
        },
        close: (_, error) => {
          if (!box.client) return;
          box.client.isClosed = true;
          box.client.isReset = error !== undefined && error !== null;
        },
        drain: () => box.client?.flush(),
        error: () => {},
      },
    });
    const client = new Client(socket);
    box.client = client;
    room.ending(() => socket.terminate());
    return client;
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
  async saw(part: string, withinMs = 10_000): Promise<string> {
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
  async over(withinMs = 10_000): Promise<string> {
    await until("the connection to be closed", () => this.isEnded || this.isClosed, withinMs);
    return this.text;
  }
}

/** A GET for a raw client. */
export function get(target: string, ...fields: readonly string[]): string {
  return `GET ${target} HTTP/1.1\r\nHost: test\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
}
