// The ends of connections while traffic is played: a client that takes everything and keeps nothing, and a server that sees when it has
// a whole request and answers with as many bytes as the log says. Bodies are zeros: what counts is how many there are.

import type { Line, LineFlow } from "../flow/port.ts";
import { reasonOf } from "../flow/reply.ts";
import type { Recorded } from "./recorded.ts";

const zeros: Uint8Array = new Uint8Array(65_536);

/** Takes everything. */
class Taker implements Line {
  flow: LineFlow | null = null;
  isGone = false;
  readonly heldBytes = 0;
  readonly isHolding = false;
  readonly takesFiles = false;

  send(_bytes: Uint8Array, start: number, end: number): boolean {
    this.took(end - start);
    return true;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    this.send(bytes, start, end);
    return end - start;
  }

  offerFile(_file: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }

  protected took(_bytes: number): void {}

  pause(): void {}
  resume(): void {}

  end(): void {
    this.isGone = true;
  }

  destroy(): void {
    this.isGone = true;
  }

  reset(): void {
    this.isGone = true;
  }

  drop(): void {
    this.isGone = true;
  }
}

export class ClientEnd extends Taker {
  /** Nothing more comes, and it is its turn to go. */
  isEnded = false;

  override end(): void {
    this.isEnded = true;
  }
}

export class ServerEnd extends Taker {
  readonly #asked: (server: ServerEnd) => void;

  constructor(asked: (server: ServerEnd) => void) {
    super();
    this.#asked = asked;
  }

  /** More of a request: of which one, whoever plays it knows. */
  protected override took(): void {
    this.#asked(this);
  }

  /** Answer as the log says. */
  answer({ status, bytesSent, method }: Recorded): void {
    // An upgrade is over when the log tells of it: an answer with as many bytes comes to the same for all that counts.
    const told = status >= 200 && status <= 599 ? status : 200;
    const isBodiless = method === "HEAD" || told === 204 || told === 304;
    const length = isBodiless ? 0 : bytesSent;
    const lengthLine = told === 204 || told === 304 ? "" : `Content-Length: ${length}\r\n`;
    this.#say(Buffer.from(`HTTP/1.1 ${told} ${reasonOf(told)}\r\n${lengthLine}\r\n`, "latin1"));
    sayZeros(length, (bytes) => this.#say(bytes));
  }

  #say(bytes: Uint8Array): void {
    if (!this.isGone) this.flow?.received(bytes);
  }
}

/** So many, in pieces. */
export function sayZeros(count: number, say: (bytes: Uint8Array) => void): void {
  for (let left = count; left > 0; left -= zeros.length) say(zeros.subarray(0, Math.min(left, zeros.length)));
}

/** The request as its client would have sent it. */
export function requestHead(
  { method, target, host, fields, bytesReceived }: Recorded,
  fallbackHost: string,
): Uint8Array {
  const length = bytesReceived > 0 && !bodiless.has(method) ? `Content-Length: ${bytesReceived}\r\n` : "";
  const lines = fields.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n\0]/g, " ")}\r\n`);
  const asked = target.replaceAll(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text));
  return Buffer.from(
    `${method} ${asked} HTTP/1.1\r\nHost: ${host || fallbackHost}\r\n${lines.join("")}${length}\r\n`,
    "utf8",
  );
}

/** Logs of these count what is no body, or there was none. */
const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

/** Of `requestHead`, behind it. */
export function bodyLength({ method, bytesReceived }: Recorded): number {
  return bodiless.has(method) ? 0 : bytesReceived;
}
