// A name server with the records that a test gives it: UDP and TCP (RFC 1035), SRV (RFC 2782), answers that are cut over UDP, and
// whatever else a test wants it to say instead. Written apart from the client that it is asked by, from the RFC.

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Room } from "./room.ts";

export type DnsData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME"; readonly target: string }
  | {
      readonly type: "SRV";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    };

/** In place of an answer: nothing, a code of failure, these bytes, or "cut" over UDP, with or without an answer over TCP. */
export type Misbehaviour = "silent" | "cut" | "cut short" | number | Uint8Array | null;

const types = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 } as const;

export class NameServer {
  readonly #udp: UdpSocket = createSocket("udp4");
  readonly #tcp: Server;
  readonly #records = new Map<string, DnsData[]>();
  readonly #sockets = new Set<Socket>();
  ttlSeconds = 60;
  misbehaviour: Misbehaviour = null;
  /** The code of failure that a name is answered with. */
  readonly failing: Map<string, number> = new Map();
  /** The type whose questions alone get nothing, or a code of failure. */
  failingType: { readonly type: number; readonly how: "silent" | number } | null = null;
  /** Questions are answered so much later. */
  delayMs = 0;
  /** "A app.test" for each question. */
  readonly asked: string[] = [];
  askedOverTcp = 0;
  #isClosed = false;

  private constructor() {
    this.#udp.on("message", (message, from) => {
      const answer = this.#answer(message, false);
      const send = (): void => {
        if (answer !== null && !this.#isClosed) this.#udp.send(answer, from.port, from.address);
      };
      if (this.delayMs === 0) send();
      else setTimeout(send, this.delayMs);
    });
    this.#tcp = createServer((socket) => this.#serve(socket));
  }

  static async start(room: Room): Promise<NameServer> {
    const server = new NameServer();
    // One number for both: the one that TCP is given may be taken for UDP.
    for (;;) {
      server.#tcp.listen(0, "127.0.0.1");
      await once(server.#tcp, "listening");
      const { port } = server.#tcp.address() as { port: number };
      const isBound = await new Promise<boolean>((resolve) => {
        server.#udp.once("error", () => resolve(false));
        server.#udp.bind(port, "127.0.0.1", () => resolve(true));
      });
      if (isBound) break;
      server.#tcp.close();
    }
    room.ending(() => server.#close());
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#tcp.address() as { port: number }).port}`;
  }

  /** In place of what the name had. */
  set(name: string, ...records: readonly DnsData[]): void {
    if (records.length === 0) this.#records.delete(name);
    else this.#records.set(name, [...records]);
  }

  #serve(socket: Socket): void {
    if (this.misbehaviour === "cut short") return void socket.destroy();
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let held: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (held.length < 2 || held.length < held.readUInt16BE(0) + 2) return;
      this.askedOverTcp++;
      const answer = this.#answer(held.subarray(2), true);
      if (answer === null) return;
      const size = Buffer.alloc(2);
      size.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([size, answer]));
    });
  }

  #answer(message: Buffer, isTcp: boolean): Buffer | null {
    const { misbehaviour } = this;
    if (misbehaviour === "silent") return null;
    if (misbehaviour instanceof Uint8Array) return Buffer.from(misbehaviour);
    const labels: string[] = [];
    let at = 12;
    for (let size = message[at]!; size > 0; size = message[at]!) {
      labels.push(message.subarray(at + 1, at + 1 + size).toString("latin1"));
      at += size + 1;
    }
    const type = message.readUInt16BE(at + 1);
    const question = message.subarray(12, at + 5);
    const name = labels.join(".").toLowerCase();
    this.asked.push(`${Object.entries(types).find(([, number]) => number === type)?.[0] ?? type} ${name}`);
    const failing = this.failingType?.type === type ? this.failingType.how : null;
    if (failing === "silent") return null;
    const isCut = (misbehaviour === "cut" || misbehaviour === "cut short") && !isTcp;
    const found = this.#find(name, type);
    const code =
      typeof misbehaviour === "number" ? misbehaviour : (failing ?? this.failing.get(name) ?? (found === null ? 3 : 0));
    const answers = isCut || code !== 0 ? [] : (found ?? []);
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (isCut ? 0x0200 : 0) | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    return Buffer.concat([head, question, ...answers]);
  }

  /** With what the name stands for; null when there is no such name. */
  #find(name: string, type: number): Buffer[] | null {
    const records = this.#records.get(name);
    if (records === undefined) return null;
    return records.flatMap((record) => {
      if (record.type === "CNAME") return [this.#bytes(name, record), ...(this.#find(record.target, type) ?? [])];
      return types[record.type] === type ? [this.#bytes(name, record)] : [];
    });
  }

  #bytes(name: string, record: DnsData): Buffer {
    const content = contentOf(record);
    const head = Buffer.alloc(10);
    head.writeUInt16BE(types[record.type], 0);
    head.writeUInt16BE(1, 2);
    head.writeUInt32BE(this.ttlSeconds, 4);
    head.writeUInt16BE(content.length, 8);
    return Buffer.concat([nameBytes(name), head, content]);
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#udp.close();
    this.#tcp.close();
  }
}

function contentOf(record: DnsData): Buffer {
  if (record.type === "CNAME") return nameBytes(record.target);
  if (record.type === "SRV") {
    const numbers = Buffer.alloc(6);
    for (const [index, value] of [record.priority, record.weight, record.port].entries())
      numbers.writeUInt16BE(value, index * 2);
    return Buffer.concat([numbers, nameBytes(record.target)]);
  }
  if (record.type === "A") return Buffer.from(record.address.split(".").map(Number));
  const [left = "", right] = record.address.split("::");
  const words = (text: string | undefined): number[] =>
    (text ?? "")
      .split(":")
      .filter(Boolean)
      .map((word) => Number.parseInt(word, 16));
  const [front, back] = [words(left), words(right)];
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter(Boolean);
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]),
    Buffer.from([0]),
  ]);
}
