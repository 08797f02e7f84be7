// The way of a response's body from the server's connection to the client's: followed to its end, put into other framing where
// the client needs that (relay.ts), and as slowly as a rule says (throttle.ts). A client that is slow to take bytes stops the
// reading of the server. One passage an exchange, used again with it.

import { type Fault, fault } from "../base/fault.ts";
import type { BodyKind } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { lastChunk, Relay } from "./relay.ts";
import { type Outlet, Throttle } from "./throttle.ts";
import type { Upstream } from "./upstream.ts";

/** Body bytes up to this are copied behind their head, so that both leave in one write. */
export const coalesceBytesMax: number = 32 * 1024;

export class Passage implements Outlet {
  readonly relay: Relay = new Relay();
  /** The server's connection may carry another exchange after this. */
  isReusable = false;
  readonly #exchange: Exchange;
  readonly #context: Context;
  #throttle: Throttle | null = null;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /** `isReusable`: as far as the head of the response says. */
  begin(kind: BodyKind, isOld: boolean, isReusable: boolean): void {
    this.relay.begin(kind, isOld);
    this.isReusable = isReusable;
  }

  /** It is held back for now, not by the client. */
  get isHolding(): boolean {
    return this.#throttle?.isHolding === true;
  }

  /** What came with the head, which stands in the output. */
  first(upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    const bytesPerSecond = this.#exchange.visit?.bytesPerSecond ?? 0;
    if (bytesPerSecond > 0 && !upstream.body.isDone) this.#slow(bytesPerSecond, upstream, bytes, start, end);
    else this.#pass(upstream, bytes, start, end, true);
  }

  more(upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    if (this.#throttle !== null) return this.#throttle.offer(bytes, start, end);
    this.#context.output.clear();
    this.#pass(upstream, bytes, start, end, false);
  }

  /** The head goes at once. */
  #slow(bytesPerSecond: number, upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    const { output, port } = this.#context;
    this.#throttle = new Throttle(port, bytesPerSecond, this, upstream.line!);
    if (!this.#exchange.sendDown(output.bytes, 0, output.length)) this.#throttle.block();
    this.#exchange.awaitServer();
    if (end > start) this.#throttle.offer(bytes, start, end);
  }

  /** Behind what stands in the output. False: the client cannot take more now, or it is all over. */
  #pass(upstream: Upstream, bytes: Uint8Array, start: number, end: number, isFirst: boolean): boolean {
    const { output } = this.#context;
    const exchange = this.#exchange;
    const { relay } = this;
    const { body } = upstream;
    const headBytes = output.length;
    const next = relay.advance(body, output, bytes, start, end);
    if (body.isBad) {
      exchange.failUpstream(fault("truncated_response"));
      return false;
    }
    // Bytes behind the end of a message nobody asked for: the connection is not to be trusted with another exchange.
    if (next < end) this.isReusable = false;
    let isTaken = true;
    if (!relay.isAsIs || (isFirst && next - start <= coalesceBytesMax)) {
      if (relay.isAsIs) output.copy(bytes, start, next);
      exchange.responseBytesSent += output.length - headBytes;
      if (output.length > 0) isTaken = exchange.sendDown(output.bytes, 0, output.length);
    } else {
      exchange.responseBytesSent += next - start;
      if (headBytes > 0) isTaken = exchange.sendDown(output.bytes, 0, headBytes);
      if (next > start) isTaken = exchange.sendDown(bytes, start, next);
    }
    if (body.isDone) {
      exchange.finish(this.isReusable);
      return false;
    }
    if (!isTaken) upstream.line?.pause();
    exchange.awaitServer();
    return isTaken;
  }

  /** The server's FIN is the end of the body. */
  ended(): void {
    if (this.isHolding) return this.#throttle!.ended(null);
    if (this.relay.isChunked) this.#exchange.sendDown(lastChunk, 0, lastChunk.length);
    this.#exchange.finish(false);
  }

  /** The server has broken off. True: what it said before still goes on, and then it will be told. */
  isDeferred(what: Fault): boolean {
    if (!this.isHolding) return false;
    this.#throttle!.ended(what);
    return true;
  }

  /** The client takes bytes again. */
  drained(upstream: Upstream | null): void {
    const throttle = this.#throttle;
    const line = upstream?.line;
    if (throttle === null && !line) return;
    // The time that the client took is not the server's.
    this.#exchange.awaitServer();
    if (throttle === null) line!.resume();
    else throttle.drained();
  }

  /** The exchange is over. */
  stop(): void {
    if (this.#throttle === null) return;
    this.#throttle.stop();
    this.#throttle = null;
  }

  // ---- said by the throttle ----

  pass(bytes: Uint8Array, start: number, end: number): boolean {
    this.#context.output.clear();
    return this.#pass(this.#exchange.upstream!, bytes, start, end, false);
  }

  spent(what: Fault | null): void {
    if (what === null) this.ended();
    else this.#exchange.failUpstream(what);
  }
}
