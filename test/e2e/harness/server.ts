// A server whose connections the test holds in its own hands, each as a Client: it says what it is told to, keeps what it
// hears, ends and resets when the test wants it.

import { Client, clientHandlers } from "./client.ts";
import { freePort } from "./port.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export interface ServerOptions {
  readonly hostname?: string;
  /** Instead of a port. */
  readonly unix?: string;
  /** What a connection begins with. */
  readonly greet?: (client: Client) => void;
}

export class Server {
  readonly port: number;
  /** As a config writes it. */
  readonly address: string;
  readonly connections: Client[] = [];
  readonly #listener: { stop(force?: boolean): void };

  constructor(room: Room, { hostname = "127.0.0.1", unix, greet }: ServerOptions = {}) {
    this.port = unix === undefined ? freePort() : 0;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    this.address = unix === undefined ? `${host}:${this.port}` : `unix:${unix}`;
    const socket = {
      ...clientHandlers,
      open: (socket: Client["socket"]): void => {
        socket.data = { client: null };
        const client = new Client(room, socket);
        this.connections.push(client);
        greet?.(client);
      },
    };
    const common = { allowHalfOpen: true, socket };
    this.#listener =
      unix === undefined ? Bun.listen({ ...common, hostname, port: this.port }) : Bun.listen({ ...common, unix });
    room.ending(() => this.stop());
  }

  /** Connection number `count`, once it is there. */
  connection(count: number): Promise<Client> {
    return until(`connection ${count} at the server`, () => this.connections[count - 1]);
  }

  /** The port closes; connections go on. */
  stop(): void {
    this.#listener.stop(false);
  }
}
