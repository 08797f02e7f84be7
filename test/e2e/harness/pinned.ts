// A client connection that stays with its worker, and one to each of them: what a change means to every worker can be asked that way.

import { connect, type Socket } from "node:net";
import type { Room } from "./room.ts";
import type { Sluice } from "./sluice.ts";
import { until } from "./wait.ts";

/** One client connection, which stays with its worker. */
export class Pinned {
  readonly #socket: Socket;
  #text = "";
  #told: (() => void) | null = null;

  constructor(room: Room, port: number) {
    this.#socket = connect({ host: "127.0.0.1", port });
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk) => {
      this.#text += chunk.toString("latin1");
      this.#told?.();
    });
    this.#socket.on("close", () => this.#told?.());
    this.#socket.on("error", () => {});
    room.ending(() => this.#socket.destroy());
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** The status of an answer. */
  async ask(): Promise<number> {
    this.#text = "";
    this.#socket.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    for (;;) {
      const head = this.#text.indexOf("\r\n\r\n");
      const length = Number(/content-length: *(\d+)/i.exec(this.#text)?.[1]);
      if (head >= 0 && this.#text.length >= head + 4 + length) return Number(this.#text.slice(9, 12));
      if (!this.isOpen) throw new Error(`the connection has ended after ${JSON.stringify(this.#text)}`);
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
  }
}

/** A connection to each worker. */
export async function pinnedToAll(room: Room, sluice: Sluice, workers: number): Promise<Pinned[]> {
  const held = new Map<number, Pinned>();
  const counts = async (): Promise<number[]> => (await sluice.status()).workers.map(({ connections }) => connections);
  while (held.size < workers) {
    const before = await counts();
    const pinned = new Pinned(room, sluice.port);
    await pinned.ask();
    const worker = await until("a worker to have it", async () => {
      const index = (await counts()).findIndex((count, each) => count > before[each]!);
      return index < 0 ? null : { index };
    });
    if (!held.has(worker.index)) held.set(worker.index, pinned);
  }
  return [...held.values()];
}
