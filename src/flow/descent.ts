// The way down of a response, from its final head to where its body goes on to the client: the steps of stair.ts, each of which may have
// the exchange wait. What came with the head is kept meanwhile, and so is the head, which others read into. A response that is
// shown from the cache comes in where the listener's steps begin. One descent an exchange, used again with it.

import { bodyKind, Head } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { writeHead } from "./responsehead.ts";
import { plainDown, shownStep, stairDown } from "./stair.ts";

const nothing = new Uint8Array(0);

export class Descent {
  readonly #exchange: Exchange;
  readonly #context: Context;
  /** While it is on its way down. */
  head: Head | null = null;
  #step = 0;
  /** What came with it: bytes[restStart, restEnd). */
  #rest: Uint8Array = nothing;
  #restStart = 0;
  #restEnd = 0;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  reset(): void {
    this.head = null;
    this.#rest = nothing;
  }

  /** A server's, followed by bytes[restStart, restEnd). */
  begin(head: Head, rest: Uint8Array, restStart: number, restEnd: number): void {
    const exchange = this.#exchange;
    // Nothing is asked of anybody, and nobody waits.
    if (exchange.visit === null && stairDown(exchange.listener, exchange.route) === plainDown)
      return this.#deliver(head, rest, restStart, restEnd);
    this.head = head;
    this.#rest = rest;
    this.#restStart = restStart;
    this.#restEnd = restEnd;
    this.#step = 0;
    this.goOn();
  }

  /** A stored one. */
  show(head: Head): void {
    const { listener, route } = this.#exchange;
    this.head = head;
    this.#step = shownStep(stairDown(listener, route));
    this.goOn();
  }

  /** Take the next steps. */
  goOn(): void {
    const exchange = this.#exchange;
    const steps = stairDown(exchange.listener, exchange.route);
    while (this.#step < steps.length) if (!steps[this.#step++]!(exchange, this.#context, this.head!)) return;
    const head = this.head!;
    this.head = null;
    const { caching } = exchange;
    if (caching?.shown.isBegun === true) return caching.shown.deliver(head);
    const upstream = exchange.upstream!;
    const rest = this.#rest;
    this.#rest = nothing;
    upstream.resume();
    this.#deliver(head, rest, this.#restStart, this.#restEnd);
    upstream.unpark();
  }

  /** The exchange waits in the middle of it: the heads that are read into are not to be written over meanwhile. */
  wait(): void {
    const exchange = this.#exchange;
    const { head } = this;
    if (head === null) return;
    if (head === this.#context.responseHead) this.#context.responseHead = new Head(head.fieldsMax);
    else exchange.caching?.shown.waits(head);
    exchange.upstream?.park();
  }

  /** It is not for the client: its server is let go of. `isDone`: nothing of it is to come. */
  dismiss(isDone: boolean): void {
    const exchange = this.#exchange;
    const isClean = isDone && this.head!.wantsKeepAlive && this.#restEnd === this.#restStart;
    this.reset();
    exchange.upstream!.release(isClean && exchange.requestBody.isDone);
    exchange.upstream = null;
    exchange.attempt.end();
    exchange.lease?.end(null);
  }

  /** The response goes to the client. */
  #deliver(head: Head, rest: Uint8Array, restStart: number, restEnd: number): void {
    const exchange = this.#exchange;
    const { passage, requestBody } = exchange;
    const upstream = exchange.upstream!;
    const { kind } = exchange.responseBody;
    const isOld = exchange.head.minor === 0;
    const { relay } = passage;
    passage.begin(kind, isOld, head.wantsKeepAlive);
    // A client that waits for "100 Continue" and was not told may or may not send its body: nobody can tell what comes next.
    const isUnfinished = !requestBody.isDone;
    if (isUnfinished || relay.isOpened || (kind === bodyKind.close && isOld)) exchange.isPersistent = false;
    if (exchange.downstream!.isLeaving) exchange.isPersistent = false;
    writeHead(exchange, this.#context, head, relay);
    passage.first(upstream, rest, restStart, restEnd);
  }
}
