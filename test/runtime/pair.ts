// Two ends of one connection as the runtime gives them, with nothing of ours in between: each writes down what it is told.
// Both are told of a FIN without being closed by it (`allowHalfOpen`), as our own sockets are.

import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import { within } from "../e2e/harness/wait.ts";
import { Journal } from "./journal.ts";

export class End extends Journal {
  readonly chunks: Uint8Array[] = [];
  #socket: Socket<End> | null = null;
  /** Called in place of the journal, for tests of what a handler may do. */
  onData: (() => void) | null = null;

  get socket(): Socket<End> {
    if (this.#socket === null) throw new Error("the socket has not been opened");
    return this.#socket;
  }

  opened(socket: Socket<End>): void {
    this.#socket = socket;
    socket.data = this;
    this.tell("open");
  }
}

/** `opening` gives the end that a new socket is. */
export function endHandlers(opening: (socket: Socket<End>) => End): SocketHandler<End> {
  const handlers: SocketHandler<End, "uint8array"> = {
    binaryType: "uint8array",
    open(socket) {
      opening(socket).opened(socket);
    },
    data({ data: end }, bytes) {
      end.onData?.();
      end.chunks.push(bytes);
      end.count(bytes);
    },
    drain({ data: end }) {
      end.tell("drain");
    },
    end({ data: end }) {
      end.tell("end");
    },
    close({ data: end }, error) {
      end.tell(error ? `close ${(error as Error & { code?: string }).code}` : "close");
    },
    error({ data: end }, error) {
      end.tell(`error ${error.message}`);
    },
    connectError({ data: end }, error) {
      end.tell(`connectError ${(error as Error & { code?: string }).code}`);
    },
  };
  return handlers as unknown as SocketHandler<End>;
}

/** Listens on a port of the system's choice; every connection is a new end. */
export class Door implements Disposable {
  readonly ends: End[] = [];
  readonly listener: TCPSocketListener<End>;
  readonly #arrivals = new Journal();

  constructor(onOpen: ((end: End) => void) | null = null) {
    const handlers = endHandlers(() => new End());
    const { open } = handlers;
    handlers.open = (socket) => {
      open!(socket);
      this.ends.push(socket.data);
      onOpen?.(socket.data);
      this.#arrivals.tell(`${this.ends.length}`);
    };
    this.listener = Bun.listen<End>({ hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers });
  }

  get port(): number {
    return this.listener.port;
  }

  /** The one that came as the n-th, once it has come. */
  async end(count = 1): Promise<End> {
    await this.#arrivals.heard(`${count}`);
    return this.ends[count - 1]!;
  }

  [Symbol.dispose](): void {
    this.listener.stop(true);
  }
}

export async function connect(port: number): Promise<End> {
  const end = new End();
  const connecting = Bun.connect<End>({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    data: end,
    socket: endHandlers(() => end),
  });
  await within("a connection", connecting);
  return end;
}

/** The client's end and the server's. */
export async function pair(door: Door): Promise<[client: End, server: End]> {
  const count = door.ends.length + 1;
  const client = await connect(door.port);
  return [client, await door.end(count)];
}

/**
 * Resolves when all that the kernel knew before has been told: a byte has gone there and back on a connection of its own,
 * and the loop has gone round.
 */
export async function settled(): Promise<void> {
  using door = new Door();
  const [client, server] = await pair(door);
  for (let round = 1; round <= 2; round++) {
    client.socket.write("x");
    await server.heardBytes(round);
    server.socket.write("x");
    await client.heardBytes(round);
    await new Promise((resolve) => setImmediate(resolve));
  }
  client.socket.terminate();
}

/** More than the kernel takes for a peer that does not read. */
export const tooMuch: Uint8Array = new Uint8Array(16 * 1024 * 1024);
