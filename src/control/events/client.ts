// One client of the event stream: what waits for it (line.ts), and the stream that its response is. The stream asks for more when the
// socket has taken what it had, so that what a slow client has not read waits here, where there is a bound, and not in the socket's
// buffers. It ends when the client leaves, when it has taken nothing for long, or when Sluice ends.

import type { ServerFigures } from "../api/shape/figures.ts";
import { EventLine, type EventSort } from "./line.ts";
import { eventBytes, heartbeat } from "./wire.ts";

export interface ClientOptions {
  readonly bytesMax: number;
  /** All servers as they are now, for a client that is new or was behind. */
  readonly servers: () => Iterable<ServerFigures>;
  readonly nowMs: () => number;
  /** Called once, however it ends. */
  readonly left: (client: EventClient) => void;
}

/** Given to the socket at a time. */
const chunkBytes = 65_536;
/** Between one allowance of requests and the next. */
const allowMs = 100;
/** Servers in one event, so that a page paints the first while the others come. */
const serversMax = 500;

export class EventClient {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: ClientOptions;
  readonly #line: EventLine;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The socket has room. */
  #isAsked = false;
  #isOver = false;
  #takenAtMs: number;
  /** Requests that may still be told, as of when. */
  #allowed = 0;
  #allowedAtMs = Number.NEGATIVE_INFINITY;
  /** Servers that are still to be told one by one. */
  #telling: Iterator<ServerFigures> | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#line = new EventLine(options.bytesMax);
    this.#takenAtMs = options.nowMs();
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#isAsked = true;
          this.#takenAtMs = options.nowMs();
          this.#flow();
        },
        cancel: () => this.#leave(),
      },
      // Nothing is asked for before the socket asks.
      { highWaterMark: 0 },
    );
  }

  push(sort: EventSort, bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#line.push(sort, bytes);
    this.#flow();
  }

  /** So many may be told a second, and as many at once after a pause. To be called now and then. Answers how many it is now. */
  allowRequests(perSecond: number): number {
    const nowMs = this.#options.nowMs();
    const passedMs = nowMs - this.#allowedAtMs;
    // Whoever has used them up is told of many at a time: that costs less.
    if (passedMs >= allowMs) {
      this.#allowedAtMs = nowMs;
      this.#allowed = Math.min(perSecond, this.#allowed + (passedMs * perSecond) / 1000);
      // What was not told is said by now, though nothing comes next.
      if (this.#allowed >= 1) this.#flow();
    }
    return Math.floor(this.#allowed);
  }

  /** False: not this one, which counts as dropped. */
  takesRequest(): boolean {
    if (this.#allowed >= 1) {
      this.#allowed--;
      return true;
    }
    // It is said with what comes next.
    this.#line.loseRequests(1);
    return false;
  }

  /** Nobody has seen them. */
  missedRequests(count: number): void {
    if (this.#isOver) return;
    this.#line.loseRequests(count);
    this.#flow();
  }

  /** From the first on. */
  tellServers(): void {
    this.#telling = this.#options.servers()[Symbol.iterator]();
    this.#flow();
  }

  /** To be called every few seconds. A client that has something to take and took nothing for so long is cut off. */
  beat(stalledMs: number): void {
    if (this.#isOver) return;
    if (this.#isAsked) this.push("news", heartbeat);
    else if (this.#options.nowMs() - this.#takenAtMs > stalledMs) this.end();
  }

  /** What waits is not sent any more. */
  end(): void {
    if (this.#isOver) return;
    const controller = this.#controller;
    this.#leave();
    try {
      controller?.close();
    } catch {
      // The client left in this moment.
    }
  }

  get bytes(): number {
    return this.#line.bytes;
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller = null;
    this.#telling = null;
    this.#line.clear();
    this.#options.left(this);
  }

  #flow(): void {
    if (!this.#isAsked || this.#controller === null) return;
    const next = this.#next();
    if (next === null) return;
    this.#isAsked = false;
    this.#controller.enqueue(next);
  }

  #next(): Uint8Array | null {
    const dropped = this.#line.takeDropped();
    if (dropped !== null) return eventBytes("dropped", dropped);
    const waiting = this.#line.take(chunkBytes);
    if (waiting !== null) return waiting;
    if (this.#line.owesServers) {
      this.#line.payServers();
      this.#telling = this.#options.servers()[Symbol.iterator]();
    }
    return this.#nextServers();
  }

  #nextServers(): Uint8Array | null {
    const servers: ServerFigures[] = [];
    while (this.#telling !== null && servers.length < serversMax) {
      const { done, value } = this.#telling.next();
      if (done === true) this.#telling = null;
      else servers.push(value);
    }
    return servers.length === 0 ? null : eventBytes("servers", servers);
  }
}
