// A Kubernetes API server as far as EndpointSlices go, after its public reference (API concepts: lists, watches, resource versions, 410
// Gone, bookmarks): a list of slices by the label of their Service with a version, and a watch that tells of changes after one. It wants
// a bearer token.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Room } from "./room.ts";

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
}

export interface Slice {
  readonly name: string;
  readonly service: string;
  readonly addressType?: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly Endpoint[] | null;
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
}

export class Kubernetes {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** With what they select. */
  readonly #watches = new Map<ServerResponse, string>();
  #slices = new Map<string, object>();
  #version = 100;
  #events: { readonly version: number; readonly selector: string; readonly line: string }[] = [];
  /** Watches from before this, and lists no older than it, are answered 410. */
  #oldest = 0;
  /** Every watch is too old. */
  isForgetful = false;
  token = "";
  status = 200;
  body: string | null = null;
  mood: "well" | "silent" | "cut" = "well";
  readonly asked: string[] = [];
  /** That were asked for, but not refused for want of a token. */
  lists = 0;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(room: Room, token: string): Promise<Kubernetes> {
    const server = new Kubernetes();
    server.token = token;
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    room.ending(() => {
      server.cut();
      server.#server.close();
    });
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get open(): number {
    return this.#sockets.size;
  }

  get watches(): number {
    return this.#watches.size;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What was watched so far is forgotten, as after etcd's compaction; watches under way are told and end. */
  compact(): void {
    this.#oldest = ++this.#version;
    for (const watch of this.#watches.keys()) watch.end(`${JSON.stringify({ type: "ERROR", object: gone })}\n`);
    this.#watches.clear();
  }

  /** Another API server answers from now on, which is behind. */
  rewind(): void {
    this.#version -= 50;
    this.#oldest = 0;
    this.#events = [];
    this.cut();
  }

  set(slice: Slice): void {
    const type = this.#slices.has(slice.name) ? "MODIFIED" : "ADDED";
    const object = objectOf(slice, ++this.#version);
    this.#slices.set(slice.name, object);
    this.#tell(type, object);
  }

  delete(name: string): void {
    const object = this.#slices.get(name);
    if (object === undefined) return;
    this.#slices.delete(name);
    // As it was, at the version in which it went.
    const { metadata } = object as SliceObject;
    const resourceVersion = String(++this.#version);
    this.#tell("DELETED", { ...object, metadata: { ...metadata, resourceVersion } });
  }

  #tell(type: string, object: object): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    const selector = selectorOf(object);
    this.#events.push({ version: this.#version, selector, line });
    for (const [watch, selected] of this.#watches) if (selected === selector) watch.write(line);
  }

  #answer({ url = "", headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    const { pathname, searchParams } = new URL(url, "http://api");
    if (this.mood === "silent") return;
    if (this.status !== 200 || this.body !== null) {
      const body = this.body ?? JSON.stringify({ kind: "Status", code: this.status });
      const isCut = this.mood === "cut";
      response.writeHead(this.status, { "content-length": String(Buffer.byteLength(body) + (isCut ? 100 : 0)) });
      if (isCut) response.write(body, () => response.destroy());
      else response.end(body);
      return;
    }
    if (headers.authorization !== `Bearer ${this.token}`) return json(response, 401, { kind: "Status", code: 401 });
    if (!/^\/apis\/discovery\.k8s\.io\/v1\/namespaces\/shop\/endpointslices$/.test(pathname))
      return json(response, 404, { kind: "Status", code: 404 });
    if (searchParams.get("watch") === "1") return this.#watch(searchParams, response);
    this.lists++;
    const version = searchParams.get("resourceVersion") ?? "";
    if (version !== "" && version !== "0" && Number(version) < this.#oldest) return json(response, 410, gone);
    if (Number(version) > this.#version) return json(response, 504, { kind: "Status", code: 504 });
    const selector = searchParams.get("labelSelector") ?? "";
    const items = [...this.#slices.values()].filter((slice) => selectorOf(slice) === selector);
    json(response, 200, { kind: "EndpointSliceList", metadata: { resourceVersion: String(this.#version) }, items });
  }

  #watch(query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get("resourceVersion"));
    if (this.isForgetful || from < this.#oldest) return json(response, 410, gone);
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const wanted = query.get("labelSelector") ?? "";
    this.#watches.set(response, wanted);
    response.on("close", () => this.#watches.delete(response));
    for (const { version, selector, line } of this.#events)
      if (version > from && selector === wanted) response.write(line);
  }
}

const gone = { kind: "Status", status: "Failure", reason: "Expired", code: 410 };

interface SliceObject {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
}

function objectOf({ name, service, addressType = "IPv4", endpoints, ports }: Slice, version: number): object {
  return {
    kind: "EndpointSlice",
    metadata: {
      name,
      namespace: "shop",
      labels: { "kubernetes.io/service-name": service },
      resourceVersion: String(version),
    },
    addressType,
    endpoints,
    ports: ports.map((port) => ({ name: "", protocol: "TCP", ...port })),
  };
}

function selectorOf(slice: object): string {
  return `kubernetes.io/service-name=${(slice as SliceObject).metadata.labels["kubernetes.io/service-name"]}`; // Made above.
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
