// The connection to a server that carries a stream: one for each try, the last of which stays. It counts the connection and
// tells the stream what happens to it; when the stream has ended before the server answered, it lets the connection go.

import type { Fault } from "../base/fault.ts";
import { countConnected, countDisconnected } from "./account.ts";
import type { Context } from "./context.ts";
import type { DialFlow, Line } from "./port.ts";
import { proxyHeaderFor } from "./proxyheader.ts";
import type { ServerSite } from "./site.ts";
import type { Stream } from "./stream.ts";

export class Carrier implements DialFlow {
  readonly #context: Context;
  readonly #server: ServerSite;
  /** Null once it has ended. */
  #stream: Stream | null;
  readonly #dialedMs: number;
  #line: Line | null = null;

  constructor(context: Context, stream: Stream, server: ServerSite) {
    this.#context = context;
    this.#stream = stream;
    this.#server = server;
    this.#dialedMs = context.port.nowMs;
    const { plan } = server;
    context.port.dial(plan, this, stream.pool.plan.timeouts.connectMs, proxyHeaderFor(plan, stream.client));
  }

  connected(line: Line): void {
    const stream = this.#stream;
    // A FIN would tell the server that the client had nothing to say.
    if (stream === null) return line.reset();
    this.#line = line;
    const tookMs = this.#context.port.nowMs - this.#dialedMs;
    countConnected(this.#context.tally, this.#server.row, tookMs);
    stream.connected(line, this.#server, tookMs);
  }

  refused(what: Fault): void {
    this.#stream?.refused(what);
  }

  received(bytes: Uint8Array): void {
    this.#stream!.receivedUp(bytes);
  }

  drained(): void {
    this.#stream!.drainedUp();
  }

  ended(): void {
    this.#stream!.endedUp();
  }

  closed(isReset: boolean): void {
    this.#gone();
    this.#stream!.closedUp(isReset);
  }

  /** The stream has ended. `isReset`: not as both sides wanted it. */
  release(isReset: boolean): void {
    this.#stream = null;
    const line = this.#line;
    if (line === null) return;
    this.#gone();
    if (isReset) line.reset();
    else line.destroy();
  }

  #gone(): void {
    this.#line = null;
    countDisconnected(this.#context.tally, this.#server.row);
  }
}
