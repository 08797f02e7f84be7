// A proxy of somebody else, small and strict: HTTP with CONNECT (RFC 9110 section 9.3.6) or SOCKS5 (RFC 1928, 1929), with a user and a
// password that must be right, and an address of its own that it goes out by. It writes down what it was asked, and can turn ill.

import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import type { Room } from "./room.ts";

export interface ProxyOptions {
  readonly protocol: "http" | "socks5";
  /** The address that others see. */
  readonly from: string;
  readonly user?: string;
  readonly password?: string;
  /** It is spoken to over TLS, and shows this. HTTP only. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** `deaf` accepts and says nothing, `refusing` wants other credentials, `ill` fails by itself, `unreachable` says that the target is. */
export type Health = "well" | "deaf" | "refusing" | "ill" | "unreachable";

export class UpstreamProxy {
  readonly from: string;
  /** "CONNECT host:port", "GET http://…", "SOCKS host:port". */
  readonly asked: string[] = [];
  /** Heads of requests, whole. */
  readonly heads: string[] = [];
  health: Health = "well";
  connections = 0;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.from = options.from;
    const taken = (socket: Socket): void => {
      this.connections++;
      this.#keep(socket);
      if (this.health === "deaf") return;
      if (options.protocol === "http") this.#http(socket);
      else this.#socks(socket);
    };
    const { tls } = options;
    this.#server =
      tls === undefined ? createServer({ allowHalfOpen: true }, taken) : createSecureServer({ ...tls }, taken);
  }

  static async start(room: Room, options: ProxyOptions): Promise<UpstreamProxy> {
    const proxy = new UpstreamProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    room.ending(() => proxy.stop());
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** As a config has it. */
  get url(): string {
    const { protocol, user, password } = this.#options;
    const credentials = user === undefined ? "" : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? "")}@`;
    return `${protocol}${this.#options.tls === undefined ? "" : "s"}://${credentials}127.0.0.1:${this.port}`;
  }

  /** As Sluice calls it. */
  get id(): string {
    return `127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  #dial(host: string, port: number, open: (target: Socket) => void, failed: () => void): void {
    const target = dial({ host, port, localAddress: this.from, allowHalfOpen: true });
    this.#keep(target);
    target.once("error", failed);
    target.once("connect", () => {
      target.off("error", failed);
      open(target);
    });
  }

  // ---- HTTP ----

  #http(socket: Socket): void {
    let held = Buffer.alloc(0);
    const take = (bytes: Buffer): void => {
      held = Buffer.concat([held, bytes]);
      const end = held.indexOf("\r\n\r\n");
      if (end === -1) return;
      const head = held.subarray(0, end + 4).toString("latin1");
      socket.off("data", take);
      this.#asked(socket, head, held.subarray(end + 4));
    };
    socket.on("data", take);
  }

  #asked(socket: Socket, head: string, rest: Buffer): void {
    const [, method = "", target = ""] = /^(\S+) (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    this.asked.push(`${method} ${target}`);
    this.heads.push(head);
    const say = (status: string, ...fields: string[]): void =>
      void socket.end(
        `HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join("")}Content-Length: 0\r\n\r\n`,
      );
    if (!this.#isWelcome(head) || this.health === "refusing")
      return say("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="x"');
    if (this.health === "ill") return say("500 Internal Server Error");
    const url = URL.parse(method === "CONNECT" ? `tunnel://${target}` : target);
    if (url === null || url.hostname === "") return say("400 Bad Request");
    const lost = (): void => say("502 Bad Gateway");
    if (this.health === "unreachable") return lost();
    this.#dial(
      url.hostname,
      Number(url.port || 80),
      (to) => {
        if (method === "CONNECT") socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        else {
          // One request for each connection is enough here.
          const own = head
            .replace(target, `${url.pathname}${url.search}`)
            .replace(/\r\nProxy-[^\r]*/gi, "")
            .replace(/\r\n\r\n$/, "\r\nConnection: close\r\n\r\n");
          to.write(own, "latin1");
        }
        if (rest.length > 0) to.write(rest);
        join(socket, to);
      },
      lost,
    );
  }

  #isWelcome(head: string): boolean {
    const { user, password } = this.#options;
    if (user === undefined) return true;
    const shown = /^proxy-authorization: basic (\S+)\r$/im.exec(head)?.[1] ?? "";
    return Buffer.from(shown, "base64").toString() === `${user}:${password}`;
  }

  // ---- SOCKS5 ----

  #socks(socket: Socket): void {
    const { user, password } = this.#options;
    let held = Buffer.alloc(0);
    let step: "methods" | "user" | "request" = "methods";
    const take = (bytes: Buffer): void => {
      held = Buffer.concat([held, bytes]);
      if (step === "methods" && held.length >= 2 && held.length >= 2 + held[1]!) {
        const offered = [...held.subarray(2, 2 + held[1]!)];
        held = held.subarray(2 + held[1]!);
        const method = user === undefined ? 0 : 2;
        if (!offered.includes(method) || this.health === "refusing") return void socket.end(Buffer.from([5, 0xff]));
        socket.write(Buffer.from([5, method]));
        step = user === undefined ? "request" : "user";
      }
      if (
        step === "user" &&
        held.length >= 2 &&
        held.length >= 3 + held[1]! &&
        held.length >= 3 + held[1]! + held[2 + held[1]!]!
      ) {
        const [length, end] = [held[1]!, 3 + held[1]! + held[2 + held[1]!]!];
        const isRight =
          held.subarray(2, 2 + length).toString() === user && held.subarray(3 + length, end).toString() === password;
        held = held.subarray(end);
        if (!isRight) return void socket.end(Buffer.from([1, 1]));
        socket.write(Buffer.from([1, 0]));
        step = "request";
      }
      if (step !== "request" || held.length < 5) return;
      const length = held[3] === 3 ? 1 + held[4]! : held[3] === 4 ? 16 : 4;
      if (held.length < 6 + length) return;
      const host =
        held[3] === 3 ? held.subarray(5, 4 + length).toString() : [...held.subarray(4, 8)].map(String).join(".");
      const port = held.readUInt16BE(4 + length);
      const rest = held.subarray(6 + length);
      socket.off("data", take);
      this.#requested(socket, host, port, rest);
    };
    socket.on("data", take);
  }

  #requested(socket: Socket, host: string, port: number, rest: Buffer): void {
    this.asked.push(`SOCKS ${host}:${port}`);
    const say = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
    if (this.health === "ill") return void socket.end(say(1));
    if (this.health === "unreachable") return void socket.end(say(4));
    this.#dial(
      host,
      port,
      (to) => {
        socket.write(say(0));
        if (rest.length > 0) to.write(rest);
        join(socket, to);
      },
      () => socket.end(say(5)),
    );
  }
}

/** Both ways, each to its end. */
function join(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
  one.on("close", () => other.destroy());
  other.on("close", () => one.destroy());
}
