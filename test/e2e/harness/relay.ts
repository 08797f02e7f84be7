// A wire that a test cuts: TCP from a port of its own to another one, whole, cut off (connections end, new ones too), silent (nothing
// comes through any more, nothing ends), or one that loses answers: what is sent arrives, and the connection ends before its answer does.

import type { Socket } from "bun";
import { freePort } from "./port.ts";
import type { Room } from "./room.ts";

interface Pair {
  other: Socket<Pair> | null;
  waiting: Buffer[];
}

export class Relay {
  readonly port: number = freePort();
  /** Answers that begin with this are lost, so many of them. */
  losing: { readonly text: string; count: number } | null = null;
  lost = 0;
  #isCut = false;
  /** Who stands behind it; another one is for connections that are made then. */
  targetPort: number;
  readonly #sockets = new Set<Socket<Pair>>();

  constructor(room: Room, targetPort: number) {
    this.targetPort = targetPort;
    const listener = Bun.listen<Pair>({
      hostname: "127.0.0.1",
      port: this.port,
      socket: {
        open: (socket) => this.#accepted(socket),
        data: (socket, bytes) => pass(socket, bytes),
        close: (socket) => this.#closed(socket),
        error: () => {},
      },
    });
    room.ending(() => {
      listener.stop(true);
      this.cut();
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  heal(): void {
    this.#isCut = false;
  }

  #accepted(socket: Socket<Pair>): void {
    socket.data = { other: null, waiting: [] };
    if (this.#isCut) return void socket.terminate();
    this.#sockets.add(socket);
    void Bun.connect<Pair>({
      hostname: "127.0.0.1",
      port: this.targetPort,
      data: { other: socket, waiting: [] },
      socket: {
        open: (target) => {
          this.#sockets.add(target);
          socket.data.other = target;
          for (const bytes of socket.data.waiting) target.write(bytes);
        },
        data: (target, bytes) => this.#answered(target, bytes),
        close: (target) => this.#closed(target),
        error: () => {},
      },
    }).catch(() => socket.terminate());
  }

  #answered(target: Socket<Pair>, bytes: Buffer): void {
    const { losing } = this;
    if (losing !== null && losing.count > 0 && bytes.includes(losing.text)) {
      losing.count--;
      this.lost++;
      target.data.other?.terminate();
      return void target.terminate();
    }
    pass(target, bytes);
  }

  #closed(socket: Socket<Pair>): void {
    this.#sockets.delete(socket);
    socket.data.other?.terminate();
  }
}

function pass({ data }: Socket<Pair>, bytes: Buffer): void {
  if (data.other === null) data.waiting.push(Buffer.from(bytes));
  else data.other.write(bytes);
}
