// A Consul agent as far as /v1/health/service goes, after its public reference: blocking queries with an index, waits with a share
// added, filters by tag, datacenter and passing checks, an ACL token. The index can be made to fall, as after a restore.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Room } from "./room.ts";

export interface Instance {
  readonly node?: string;
  readonly address?: string;
  readonly port: number;
  readonly tags?: readonly string[];
  readonly weights?: { readonly Passing: number; readonly Warning: number };
  readonly status?: "passing" | "warning" | "critical";
}

interface Waiting {
  readonly url: URL;
  readonly response: ServerResponse;
  readonly timer: Timer;
}

export class Consul {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Waiting>();
  #instances: readonly Instance[] = [];
  index = 10;
  token = "";
  status = 200;
  body: string | null = null;
  mood: "well" | "silent" | "cut" = "well";
  readonly asked: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(room: Room, token: string): Promise<Consul> {
    const consul = new Consul();
    consul.token = token;
    await new Promise<void>((resolve) => consul.#server.listen(0, "127.0.0.1", resolve));
    room.ending(() => {
      for (const { timer } of consul.#waiting) clearTimeout(timer);
      for (const socket of consul.#sockets) socket.destroy();
      consul.#server.close();
    });
    return consul;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** These from now on; whoever waits is answered. */
  set(instances: readonly Instance[], index: number = this.index + 1): void {
    this.#instances = instances;
    this.index = index;
    for (const waiting of this.#waiting) this.#release(waiting);
  }

  #release(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    this.#write(waiting.url, waiting.response);
  }

  #answer({ url: target = "", headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(target);
    const url = new URL(target, "http://consul");
    if (this.mood === "silent") return;
    if (this.status !== 200 || this.body !== null) return this.#write(url, response);
    if (headers["x-consul-token"] !== this.token) return void response.writeHead(403).end("Permission denied");
    const index = Number(url.searchParams.get("index") ?? 0);
    const waitMs = Number(/^(\d+)ms$/.exec(url.searchParams.get("wait") ?? "")?.[1] ?? 300_000);
    if (index !== this.index) return this.#write(url, response);
    const waiting: Waiting = {
      url,
      response,
      timer: setTimeout(() => this.#release(waiting), waitMs * (1 + Math.random() / 16)),
    };
    this.#waiting.add(waiting);
    response.on("close", () => {
      clearTimeout(waiting.timer);
      this.#waiting.delete(waiting);
    });
  }

  #write({ pathname, searchParams }: URL, response: ServerResponse): void {
    if (response.destroyed) return;
    const tag = searchParams.get("tag");
    const list = this.#instances
      .filter(({ tags = [] }) => tag === null || tags.includes(tag))
      .filter(({ status = "passing" }) => !searchParams.has("passing") || status === "passing")
      .map(objectOf);
    const isOurs = pathname === "/v1/health/service/web" && (searchParams.get("dc") ?? "dc1") === "dc1";
    const body = this.body ?? JSON.stringify(isOurs ? list : []);
    const length = Buffer.byteLength(body) + (this.mood === "cut" ? 100 : 0);
    response.writeHead(this.status, { "x-consul-index": String(this.index), "content-length": String(length) });
    if (this.mood === "cut") response.write(body, () => response.destroy());
    else response.end(body);
  }
}

function objectOf({ node = "10.9.9.9", address = "", port, tags = [], weights, status = "passing" }: Instance): object {
  return {
    Node: { Node: "n1", Address: node, Datacenter: "dc1" },
    Service: {
      ID: `web-${port}`,
      Service: "web",
      Tags: tags,
      Address: address,
      Port: port,
      Weights: weights ?? { Passing: 1, Warning: 1 },
    },
    Checks: [
      { CheckID: "serfHealth", Status: "passing" },
      { CheckID: "service:web", Status: status },
    ],
  };
}
