// The way of a response's body from the server's connection to the client's: followed to its end, put into other framing where
// the client needs that (relay.ts), and as slowly as a rule says (throttle.ts). A client that is slow to take bytes stops the
// reading of the server. Where filters make another body of it, it goes through a sieve (sieve.ts); who looks on sees its content
// (a cache that is filled). One passage an exchange, used again with it.

import { type Fault, fault } from "../base/fault.ts";
import type { Body } from "../wire/http1/body.ts";
import { type BodyKind, bodyKind } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { FilterMaker, Onlooker } from "./filter.ts";
import { chained } from "./filterchain.ts";
import type { CoderWork } from "./port.ts";
import { lastChunk, Relay } from "./relay.ts";
import { Sieve, type SieveOutlet } from "./sieve.ts";
import { type Outlet, Throttle } from "./throttle.ts";
import type { Upstream } from "./upstream.ts";

/** Body bytes up to this are copied behind their head, so that both leave in one write. */
export const coalesceBytesMax: number = 32 * 1024;

export class Passage implements Outlet, SieveOutlet {
  readonly relay: Relay = new Relay();
  /** The server's connection may carry another exchange after this. */
  isReusable = false;
  readonly #exchange: Exchange;
  readonly #context: Context;
  #throttle: Throttle | null = null;
  /** Makes another body of this one; null where it goes on as it is. */
  #filter: FilterMaker | null = null;
  /** Set before `begin`: who looks on. */
  onlooker: Onlooker | null = null;
  #sieve: Sieve | null = null;
  /** Who looks on gives it to the client: here it is only followed. */
  #isRelieved = false;
  /** Who is told where the head is held (`holdHead`), and that head once it is written. */
  #broken: ((what: Fault) => void) | null = null;
  #head: Uint8Array | null = null;
  /** Said by steps down (bodies.ts). What filters see is in no coding; what it came in, null for none. */
  isOpened = false;
  formerCoding: CoderWork["coding"] | null = null;
  /** It becomes other content, not only another coding of it. */
  isRewritten = false;
  /** Its trailers are of no use with what it becomes (hooks/transforming.ts). */
  areTrailersLost = false;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /** It fills a cache: others may wait for what it brings, whether the client is there or not. */
  get isWantedWithout(): boolean {
    const { onlooker } = this;
    const { caching, requestBody } = this.#exchange;
    const isLookedAt = onlooker !== null && onlooker.isIncidental !== true;
    return (isLookedAt || caching?.isAwaited === true) && requestBody.isDone;
  }

  /** Said by a step down: the body goes through this too, behind what was added before. */
  addFilter(make: FilterMaker): void {
    this.#filter = this.#filter === null ? make : chained(this.#filter, make);
  }

  /**
   * Said by a step down: the head goes on with the first that comes out of the filters. What breaks before is told, and may be
   * answered otherwise.
   */
  holdHead(broken: (what: Fault) => void): void {
    this.#broken = broken;
  }

  /** It becomes another body. */
  get isFiltered(): boolean {
    return this.#filter !== null;
  }

  /** `isReusable`: as far as the head of the response says. */
  begin(kind: BodyKind, isOld: boolean, isReusable: boolean): void {
    const make = kind === bodyKind.none ? null : this.#filter;
    this.relay.begin(kind, isOld, make !== null, make === null ? this.onlooker : null);
    this.isReusable = isReusable;
    if (make !== null) this.#sieve = new Sieve(this, !isOld, make, !this.areTrailersLost);
  }

  get output(): Output {
    return this.#context.output;
  }

  /** It is held back for now, not by the client. */
  get isHolding(): boolean {
    return this.#throttle?.isHolding === true;
  }

  /** The filters have enough to do: the server is not read meanwhile, or it has said all. */
  get isSifting(): boolean {
    return this.#sieve !== null && !this.#sieve.isIdle;
  }

  /** What came with the head, which stands in the output. */
  first(upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    if (this.#broken !== null && this.#sieve !== null) this.#takeHead();
    const bytesPerSecond = this.#exchange.visit?.bytesPerSecond ?? 0;
    if (bytesPerSecond > 0 && !this.#exchange.responseBody.isDone)
      this.#slow(bytesPerSecond, upstream, bytes, start, end);
    else {
      // A hook that makes another body of it may look at the head, which is of the same read, for as long as that takes.
      const isSpent = end - start > coalesceBytesMax && this.#sieve === null;
      this.#pass(upstream, bytes, start, end, true);
      if (isSpent) this.#context.port.spent = bytes;
    }
  }

  more(upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    if (this.#throttle !== null) return this.#throttle.offer(bytes, start, end);
    this.#context.output.clear();
    this.#pass(upstream, bytes, start, end, false);
    // Whoever keeps something of it has a copy (filter.ts).
    this.#context.port.spent = bytes;
  }

  /** The client has not been answered yet. */
  #takeHead(): void {
    const { output } = this;
    this.#head = output.bytes.slice(0, output.length);
    output.clear();
    this.#exchange.isAnswered = false;
  }

  /** The head goes at once. */
  #slow(bytesPerSecond: number, upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    const { output, port } = this.#context;
    this.#throttle = new Throttle(port, bytesPerSecond, this, upstream.line);
    if (output.length > 0 && !this.#exchange.sendDown(output.bytes, 0, output.length)) this.#throttle.block();
    this.#exchange.awaitServer();
    if (end > start) this.#throttle.offer(bytes, start, end);
  }

  /** Behind what stands in the output. False: the client cannot take more now, or it is all over. */
  #pass(upstream: Upstream, bytes: Uint8Array, start: number, end: number, isFirst: boolean): boolean {
    if (this.#isRelieved || this.#sieve !== null) return this.#divert(upstream, bytes, start, end);
    const { output } = this.#context;
    const exchange = this.#exchange;
    const { relay } = this;
    const body = exchange.responseBody;
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
      isTaken = this.#sendApart(bytes, start, next);
    }
    if (body.isDone) {
      this.#done(this.isReusable);
      return false;
    }
    if (!isTaken) this.#blocked(upstream);
    exchange.awaitServer();
    return isTaken;
  }

  /** What is not simply passed on. */
  #divert(upstream: Upstream, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isRelieved) return this.#follow(upstream, bytes, start, end);
    return this.#sift(this.#sieve!, upstream, bytes, start, end);
  }

  /** As it is, behind the head in the output, without a copy. */
  #sendApart(bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange;
    const { output } = this;
    exchange.responseBytesSent += end - start;
    let isTaken = true;
    if (output.length > 0) isTaken = exchange.sendDown(output.bytes, 0, output.length);
    if (end > start) isTaken = exchange.sendDown(bytes, start, end);
    return isTaken;
  }

  /** The client cannot take more now: its server waits, unless who looks on will give it all of this. */
  #blocked(upstream: Upstream): void {
    this.#isRelieved = this.#throttle === null && this.#isToBeRelieved(this.#exchange.responseBody);
    if (!this.#isRelieved) upstream.line?.pause();
  }

  #isToBeRelieved(body: Body): boolean {
    const { onlooker, relay } = this;
    if (onlooker?.relieve === undefined) return false;
    const isAsItCame = relay.isAsIs && body.kind === bodyKind.chunked;
    // Whoever is inside of what frames a chunk cannot be told where the next one begins.
    const chunkLeft = isAsItCame ? body.chunkLeft : -1;
    return chunkLeft !== null && onlooker.relieve(isAsItCame || relay.isChunked, chunkLeft);
  }

  /** To its end, for who looks on. */
  #follow(upstream: Upstream, bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange;
    const onlooker = this.onlooker!;
    const body = exchange.responseBody;
    const next = body.advance(bytes, start, end, onlooker);
    if (body.isBad) {
      exchange.failUpstream(fault("truncated_response"));
      return false;
    }
    exchange.awaitServer();
    if (next < end) this.isReusable = false;
    if (body.isDone) this.#leave(upstream);
    if (onlooker.isKept?.(body.isDone) === false) {
      this.onlooker = null;
      // Where the client has taken it all it has gone on already.
      if (!body.isDone && this.#isRelieved) upstream.park();
    } else if (body.isDone) {
      this.onlooker = null;
      onlooker.over(true);
    }
    return !body.isDone;
  }

  /** The server has said all, and the client has not been given all. */
  #leave(upstream: Upstream): void {
    const exchange = this.#exchange;
    upstream.release(this.isReusable && exchange.requestBody.isDone);
    exchange.upstream = null;
    exchange.attempt.end();
    exchange.lease?.end(null);
  }

  /** The client has been given all that was kept: from here on it gets what the server says. `isTaken`: and can take more. `isBetween`: it is not inside of a chunk. */
  goOn(isTaken: boolean, isBetween: boolean): void {
    const { upstream } = this.#exchange;
    this.#isRelieved = false;
    this.#exchange.awaitServer();
    if (upstream === null) return;
    if (isBetween && this.relay.isAsIs && this.#exchange.responseBody.kind === bodyKind.chunked) this.relay.remake();
    if (isTaken) upstream.resume();
    else upstream.line?.pause();
    upstream.unpark();
  }

  /** Through the filter; what that says at once goes behind the head in the same write. */
  #sift(sieve: Sieve, upstream: Upstream, bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange;
    const body = exchange.responseBody;
    const headBytes = this.output.length;
    const next = sieve.advance(body, bytes, start, end);
    if (body.isBad) {
      exchange.failUpstream(fault("truncated_response"));
      return false;
    }
    if (next < end) this.isReusable = false;
    if (body.isDone) sieve.end();
    const isTaken = this.output.length === 0 || this.flush();
    exchange.responseBytesSent -= headBytes;
    if (exchange.downstream === null || this.#sieve !== sieve) return false;
    exchange.awaitServer();
    sieve.settle(isTaken);
    if (this.#sieve !== sieve) return false;
    const isOpen = isTaken && sieve.isRoomy;
    if (!body.isDone && !isOpen) upstream.line?.pause();
    return isOpen;
  }

  #done(isReusable: boolean): void {
    if (this.#head !== null || this.onlooker !== null) this.#tellEnd();
    this.#exchange.finish(isReusable);
  }

  #tellEnd(): void {
    if (this.#head !== null) {
      this.output.clear();
      this.flush();
    }
    const { onlooker } = this;
    this.onlooker = null;
    onlooker?.over(true);
  }

  /** The server's FIN is the end of the body. */
  ended(): void {
    if (this.isHolding) return this.#throttle!.ended(null);
    if (this.#isRelieved) {
      const { onlooker } = this;
      this.isReusable = false;
      this.onlooker = null;
      this.#leave(this.#exchange.upstream!);
      return onlooker!.over(true);
    }
    if (this.#sieve !== null) {
      this.isReusable = false;
      this.output.clear();
      this.#sieve.end();
      const isTaken = this.output.length === 0 || this.flush();
      this.#sieve?.settle(isTaken);
      return;
    }
    if (this.relay.isChunked) this.#exchange.sendDown(lastChunk, 0, lastChunk.length);
    this.#done(false);
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
    if (throttle === null && this.#sieve === null && !line) return;
    // The time that the client took is not the server's.
    this.#exchange.awaitServer();
    const sieve = this.#sieve;
    sieve?.resume();
    // What the filters had left may have been all there was.
    if (this.#sieve !== sieve) return;
    if (throttle !== null) throttle.drained(Boolean(line));
    else if (this.#sieve === null || this.#sieve.isRoomy) line?.resume();
  }

  /** The exchange is over. */
  stop(): void {
    if (this.onlooker !== null || this.#isRelieved || this.isOpened || this.#filter !== null) this.#forget();
    if (this.#throttle !== null) this.#throttle.stop();
    this.#throttle = null;
  }

  /** What steps down have said, and what came of it. */
  #forget(): void {
    const { onlooker } = this;
    this.onlooker = null;
    this.#filter = null;
    this.#isRelieved = false;
    this.isOpened = false;
    this.formerCoding = null;
    this.isRewritten = false;
    this.areTrailersLost = false;
    this.#broken = null;
    this.#head = null;
    onlooker?.over(false);
    this.#sieve?.stop();
    this.#sieve = null;
  }

  // ---- said by the sieve ----

  flush(): boolean {
    const { output } = this;
    this.#exchange.responseBytesSent += output.length;
    const head = this.#head;
    if (head !== null) {
      this.#head = null;
      this.#exchange.isAnswered = true;
      const body = output.bytes.slice(0, output.length);
      output.clear();
      output.put(head);
      output.put(body);
    }
    return this.#exchange.sendDown(output.bytes, 0, output.length);
  }

  look(bytes: Uint8Array, start: number, end: number): void {
    this.onlooker?.add(bytes, start, end);
  }

  sieved(): void {
    this.#done(this.isReusable);
  }

  broken(what: Fault): void {
    const broken = this.#head === null ? null : this.#broken;
    if (what.side !== "local") this.#exchange.failUpstream(what);
    else if (broken !== null) broken(what);
    else this.#exchange.fail(what);
  }

  hasRoom(): void {
    const { upstream, downstream } = this.#exchange;
    if (downstream!.line.heldBytes > 0) return;
    const line = upstream?.line;
    if (this.#throttle !== null) this.#throttle.drained(Boolean(line));
    else line?.resume();
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
