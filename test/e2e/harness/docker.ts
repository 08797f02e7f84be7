// Docker's API as far as whoever looks for containers needs it, after its public reference (Engine API 1.43): /containers/json with
// filters by label and status, /containers/ID/json with the environment, and /events as a stream of JSON lines. On a socket in a
// room, as dockerd's is.

import { createServer, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Room } from "./room.ts";

export interface Container {
  readonly id: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** By the name of a network. */
  readonly addresses?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly own: number; readonly published?: number; readonly address?: string }[];
  readonly environment?: readonly string[];
  readonly status?: string;
  /** It is listed, and not there any more when it is asked about. */
  readonly isGone?: boolean;
}

interface Asked {
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

export class Docker {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #listeners = new Map<ServerResponse, readonly string[]>();
  #containers: readonly Container[] = [];
  status = 200;
  /** In place of every answer. */
  body: string | null = null;
  mood: "well" | "silent" | "cut" = "well";
  asked = 0;
  /** Connections at once. */
  mostOpen = 0;

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer((request, response) => this.#answer(request.url ?? "", response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      this.mostOpen = Math.max(this.mostOpen, this.#sockets.size);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(room: Room): Promise<Docker> {
    const docker = new Docker(room.path("docker.sock"));
    await new Promise<void>((resolve) => docker.#server.listen(docker.path, resolve));
    room.ending(() => {
      docker.cut();
      docker.#server.close();
    });
    return docker;
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Ends all connections, streams of events among them. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** These run from now on, and whoever listens hears of it. */
  run(containers: readonly Container[]): void {
    const before = new Set(this.#containers.map(({ id }) => id));
    this.#containers = containers;
    const now = new Set(containers.map(({ id }) => id));
    for (const id of now) if (!before.has(id)) this.tell("start", id);
    for (const id of before) if (!now.has(id)) this.tell("die", id);
  }

  tell(action: string, id: string): void {
    const event = { Type: "container", Action: action, Actor: { ID: id, Attributes: {} }, time: 1 };
    for (const [response, wanted] of this.#listeners)
      if (wanted.length === 0 || wanted.some((each) => action.startsWith(each)))
        response.write(`${JSON.stringify(event)}\n`);
  }

  #answer(target: string, response: ServerResponse): void {
    this.asked++;
    const url = new URL(target, "http://docker");
    const filters = JSON.parse(url.searchParams.get("filters") ?? "{}") as Asked["filters"]; // What our own source asks.
    if (this.mood === "silent") return;
    if (url.pathname === "/events" && this.status === 200) {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      this.#listeners.set(response, filters["event"] ?? []);
      response.on("close", () => this.#listeners.delete(response));
      return;
    }
    if (this.body !== null || this.status !== 200) {
      const body = this.body ?? "{}";
      const isCut = this.mood === "cut";
      response.writeHead(this.status, { "content-length": String(body.length + (isCut ? 100 : 0)) });
      if (isCut) response.write(body, () => response.destroy());
      else response.end(body);
      return;
    }
    const one = /^\/containers\/([^/]+)\/json$/.exec(url.pathname)?.[1];
    const found = this.#containers.find(({ id, isGone = false }) => id === one && !isGone);
    if (url.pathname === "/containers/json") json(response, 200, this.#listed(filters).map(summaryOf));
    else if (found !== undefined) json(response, 200, { Id: found.id, Config: { Env: found.environment ?? [] } });
    else json(response, 404, { message: "page not found" });
  }

  #listed({ label = [] }: Asked["filters"]): Container[] {
    return this.#containers.filter(({ labels = {} }) =>
      label.every((wanted) => {
        const [name = "", value] = wanted.split("=");
        return Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
      }),
    );
  }
}

function summaryOf({ id, labels = {}, addresses = {}, ports = [], status = "Up 3 minutes" }: Container): object {
  const networks = Object.entries(addresses).map(([name, IPAddress]) => [name, { IPAddress, GlobalIPv6Address: "" }]);
  return {
    Id: id,
    Names: [`/${id}`],
    Labels: labels,
    State: "running",
    Status: status,
    Ports: ports.map(({ own, published, address = "0.0.0.0" }) => ({
      PrivatePort: own,
      Type: "tcp",
      ...(published === undefined ? {} : { IP: address, PublicPort: published }),
    })),
    NetworkSettings: { Networks: Object.fromEntries(networks) },
  };
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
