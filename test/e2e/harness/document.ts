// An HTTP server with one document, which can be any text, fail, say nothing, break off, or ask for credentials. It counts what
// is open, so that a test sees what is left behind.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Room } from "./room.ts";

export class DocumentServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of every request: method, target and header fields. */
  readonly asked: { readonly target: string; readonly headers: IncomingMessage["headers"] }[] = [];
  body = "";
  status = 200;
  etag: string | null = null;
  mood: "well" | "silent" | "cut" | "reset" = "well";

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(room: Room): Promise<DocumentServer> {
    const server = new DocumentServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    room.ending(() => {
      for (const socket of server.#sockets) socket.destroy();
      server.#server.close();
    });
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  #answer({ url = "", headers, socket }: IncomingMessage, response: ServerResponse): void {
    this.asked.push({ target: url, headers });
    if (this.mood === "silent") return;
    if (this.mood === "reset") return void socket.destroy();
    if (this.etag !== null && headers["if-none-match"] === this.etag) return void response.writeHead(304).end();
    const length = { "content-length": String(Buffer.byteLength(this.body) + (this.mood === "cut" ? 100 : 0)) };
    response.writeHead(this.status, { ...length, ...(this.etag === null ? {} : { etag: this.etag }) });
    if (this.mood !== "cut") return void response.end(this.body);
    response.write(this.body, () => socket.destroy());
  }
}
