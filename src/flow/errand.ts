// An exchange without a client: a stale response asked for anew, a copy of a request for another pool, or what goes on to fill a cache
// when its client has left. It stands where a client's connection would; what is sent to it is thrown away, and nobody is
// answered. It obeys no rules of requests, for it was not the client who asked, and counts in no entry.

import { fault } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import type { Context, Session } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { Forwarding } from "./forwarding.ts";
import { Guest } from "./guest.ts";
import type { Client, Line } from "./port.ts";
import type { Requester } from "./requester.ts";
import type { ListenerSite, RouteSite } from "./site.ts";

/** Takes everything and is never full. */
const nowhere: Line = {
  heldBytes: 0,
  isHolding: false,
  takesFiles: false,
  send: () => true,
  offer: (_, start, end) => end - start,
  offerFile: (_, __, start, end) => end - start,
  pause: () => {},
  resume: () => {},
  end: () => {},
  destroy: () => {},
  reset: () => {},
  drop: () => {},
};

export class Errand implements Requester, Session {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;
  readonly line: Line = nowhere;
  readonly client: Client;
  readonly isSecure: boolean;
  readonly isTrusted: boolean;
  readonly isExcepted: boolean;
  readonly isOfClient: boolean;
  /** What its client has spoken. */
  readonly isHttp2: boolean;
  readonly dialect = null;
  readonly user = null;
  readonly ask = null;
  readonly isLast = true;
  readonly isLeaving = false;
  guest: Guest | null = null;
  readonly #context: Context;
  readonly #listener: ListenerSite;
  readonly #exchange: Exchange;
  /** Of the client in whose name it asks. */
  readonly #former: Guest | null;
  #isOver = false;
  /** What comes back is thrown away: nothing of it need be made (mirroring.ts). */
  isForNobody = false;
  /** Told when it is over. */
  onEnd: (() => void) | null = null;
  /** Told when the request's body may go on, by who sends one. */
  onRoom: (() => void) | null = null;

  private constructor(
    context: Context,
    listener: ListenerSite,
    exchange: Exchange,
    from: Requester,
    isOfClient: boolean,
  ) {
    this.#context = context;
    this.#listener = listener;
    this.#exchange = exchange;
    this.#former = from.guest;
    this.client = from.client;
    this.isSecure = from.isSecure;
    this.isTrusted = from.isTrusted;
    this.isExcepted = from.isExcepted;
    this.isOfClient = isOfClient;
    this.isHttp2 = from.isHttp2;
    context.downstreams.add(this);
  }

  /**
   * Ask what `from` asks, on a route of the same listener, without its body, and with whole field lines added. Null: the head
   * would be too large. The caller says `seekServer` on what it gets.
   */
  static prepare(
    context: Context,
    from: Exchange,
    route: RouteSite,
    lines: Uint8Array,
    body: Uint8Array | null = null,
  ): Exchange | null {
    const { head } = from;
    const bytes = new Uint8Array(head.fieldsEnd - head.start + lines.length + 2 + (body?.length ?? 0));
    bytes.set(head.bytes.subarray(head.start, head.fieldsEnd));
    bytes.set(lines, head.fieldsEnd - head.start);
    const bodyStart = bytes.length - (body?.length ?? 0);
    bytes[bodyStart - 2] = 0x0d;
    bytes[bodyStart - 1] = 0x0a;
    if (body !== null) bytes.set(body, bodyStart);
    const exchange = context.takeExchange();
    exchange.open(new Errand(context, from.listener, exchange, from.downstream!, false), from.listener);
    const next = parseRequest(exchange.head, bytes, 0, bytes.length, Number.MAX_SAFE_INTEGER);
    if (next !== bodyStart) {
      (exchange.downstream as Errand).#end();
      return null;
    }
    exchange.measure(next, bytes.length);
    exchange.route = route;
    exchange.pool = route.pool!;
    // What a forward proxy has judged and looked up for the client holds for what is asked in its name.
    if (exchange.pool.targets !== null) exchange.target = from.target?.again() ?? null;
    exchange.clientAddress = from.clientAddress;
    exchange.ask = from.ask;
    if (from.requestIdIndex !== -1 || from.listener.forwarding.requestId !== null) {
      exchange.requestIdIndex = from.listener.forwarding.findRequestId(exchange.head);
      exchange.requestIdCount = from.requestIdCount;
    }
    if (exchange.pool.isRuled) {
      const visit = exchange.visitNow();
      if (from.visit !== null) visit.takeVariables(from.visit);
    }
    return exchange;
  }

  /** The client has left; its exchange goes on without it, to its end. What it owes the entries that the client holds is settled. */
  static inherit(context: Context, exchange: Exchange): void {
    const errand = new Errand(context, exchange.listener, exchange, exchange.downstream!, true);
    exchange.bequeath(errand, fault("client_closed"));
  }

  guestNow(): Guest {
    if (this.guest !== null) return this.guest;
    this.guest = new Guest(this.#context, this.#listener, this.client);
    if (this.#former !== null) this.guest.takeVariables(this.#former);
    return this.guest;
  }

  preface(forwarding: Forwarding): Uint8Array {
    return forwarding.preface(this.client, this.#context.requestIdPrefix, this.isHttp2);
  }

  ticked(): void {
    this.#exchange.timedOut();
  }

  holdBody(): void {}

  resumeBody(): void {
    this.onRoom?.();
  }

  tunneled(): void {}

  isTaking(): boolean {
    return false;
  }

  concluded(): void {
    this.#end();
  }

  cutLoose(): void {}

  closeNow(): void {
    this.#end();
  }

  forsake(): void {
    this.#end();
  }

  /** Nobody waits for it, but a cache is better filled than not. */
  drain(): void {}

  get underWay(): ListenerSite {
    return this.#listener;
  }

  cut(): void {
    if (this.#isOver) return;
    this.#exchange.abort(fault("draining"));
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { port, downstreams } = this.#context;
    port.forget(this);
    downstreams.delete(this);
    this.guest?.release();
    this.onEnd?.();
    this.#context.returnExchange(this.#exchange);
  }
}
