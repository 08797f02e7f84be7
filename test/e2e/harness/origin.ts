// Servers behind Sluice whose every byte the test decides: a small HTTP/1.1 server on raw sockets, which keeps what it was
// sent and answers with what it is told to, well-formed or not.

import type { Socket } from "bun";
import { freePort } from "./port.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export interface Asked {
  /** The head with its empty line. */
  readonly head: string;
  readonly method: string;
  readonly target: string;
  /** By lowercase name; repeated ones in order. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
  readonly socket: Socket<State>;
}

/** The bytes of the answer; null when the handler writes to the socket by itself, or never. */
export type Handler = (asked: Asked) => string | Uint8Array | null | Promise<string | Uint8Array | null>;

interface State {
  held: Buffer;
  connection: number;
  isBusy: boolean;
  unsent: Buffer;
}

export interface OriginOptions {
  readonly port?: number;
  readonly hostname?: string;
}

export class Origin {
  readonly port: number;
  readonly asked: Asked[] = [];
  /** All bytes, from all connections, as they came. */
  received: Buffer = Buffer.alloc(0);
  connections = 0;
  open = 0;
  handler: Handler;
  readonly #listener: { stop(force?: boolean): void };
  readonly #sockets = new Set<Socket<State>>();

  constructor(room: Room, handler: Handler = () => ok("ok"), options: OriginOptions = {}) {
    this.handler = handler;
    this.port = options.port ?? freePort();
    this.#listener = Bun.listen<State>({
      hostname: options.hostname ?? "127.0.0.1",
      port: this.port,
      allowHalfOpen: true,
      socket: {
        open: (socket) => {
          this.connections++;
          this.open++;
          this.#sockets.add(socket);
          socket.data = {
            held: Buffer.alloc(0),
            connection: this.connections,
            isBusy: false,
            unsent: Buffer.alloc(0),
          };
        },
        data: (socket, bytes) => {
          if (this.received.length < 1 << 20) this.received = Buffer.concat([this.received, bytes]);
          socket.data.held = Buffer.concat([socket.data.held, bytes]);
          void this.#serve(socket);
        },
        drain: (socket) => flush(socket),
        end: (socket) => void socket.end(),
        close: (socket) => {
          this.open--;
          this.#sockets.delete(socket);
        },
        error: () => {},
      },
    });
    room.ending(() => this.stop());
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** As a server that is killed: the port closes, and so do all connections. */
  stop(): void {
    this.#listener.stop(true);
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Closes the connections that are open, and goes on listening. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  /** Request number `count`, once it has come. */
  request(count: number): Promise<Asked> {
    return until(`request ${count} at the origin`, () => this.asked[count - 1]);
  }

  async #serve(socket: Socket<State>): Promise<void> {
    const state = socket.data;
    if (state.isBusy) return;
    state.isBusy = true;
    for (let asked = take(socket); asked !== null; asked = take(socket)) {
      this.asked.push(asked);
      const answer = await this.handler(asked);
      if (answer !== null) write(socket, answer);
    }
    state.isBusy = false;
  }
}

/** A whole request off what has been received; null when there is none. */
function take(socket: Socket<State>): Asked | null {
  const state = socket.data;
  const end = state.held.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const head = state.held.subarray(0, end + 4).toString("latin1");
  const fields = new Map<string, string[]>();
  const [first = "", ...lines] = head.trimEnd().split("\r\n");
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const rest = state.held.subarray(end + 4);
  let size = Number(fields.get("content-length")?.[0] ?? 0);
  if (fields.get("transfer-encoding")?.[0] === "chunked") {
    const end = /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest.toString("latin1"));
    if (end === null) return null;
    size = end.index + end[0].length;
  }
  if (rest.length < size) return null;
  state.held = rest.subarray(size);
  const [method = "", target = ""] = first.split(" ");
  const body = Buffer.from(rest.subarray(0, size));
  return { head, method, target, fields, body, connection: state.connection, socket };
}

/** Writes all of it, however slowly it is taken. */
export function write(socket: Socket<State>, bytes: string | Uint8Array): void {
  socket.data.unsent = Buffer.concat([socket.data.unsent, typeof bytes === "string" ? Buffer.from(bytes) : bytes]);
  flush(socket);
}

function flush(socket: Socket<State>): void {
  const { unsent } = socket.data;
  if (unsent.length === 0) return;
  const taken = socket.write(unsent);
  socket.data.unsent = taken < 0 ? Buffer.alloc(0) : unsent.subarray(taken);
}

/** A good answer with a length. */
export function ok(body: string | Uint8Array, ...fields: readonly string[]): Buffer {
  const bytes = Buffer.from(body as string);
  const lines = fields.map((field) => `${field}\r\n`).join("");
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${lines}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}
