// One connection of a client, all its phases together: takes requests off it one at a time, in order, and decides what
// becomes of it between them.
// Pipelined requests wait here, unparsed and with reading paused, so that they cost one read at most; who has had some of them answered
// at once gives way to others before it goes on. What is said to the client belongs to the exchange.
//
//   idle ─ bytes ─> head ─ whole ─> exchange ─ ended ─> idle | lingering
//    │ idle timeout   │ 400, 408, 431    │ 101                │ after an answer to a request that was not read to its end: read
//    └─> closed       └─> lingering      └─> tunnel ─> closed │ and throw away for a while, or the RST would eat the answer
//                                                             └─> closed

import { fault } from "../base/fault.ts";
import { joined } from "../base/joined.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import { listenerCell } from "../memory/tally.ts";
import { method } from "../wire/http1/head.ts";
import { parsed, parseRequest } from "../wire/http1/reader.ts";
import { countAccepted, countClosed } from "./account.ts";
import type { Context, Session } from "./context.ts";
import { type Entry, endOf } from "./entry.ts";
import { Errand } from "./errand.ts";
import type { Exchange } from "./exchange.ts";
import { type Forwarding, standing } from "./forwarding.ts";
import { Guest } from "./guest.ts";
import { isHttp2, switchToHttp2 } from "./http2/preface.ts";
import type { Client, Line, LineFlow, TurnFlow, WakeFlow } from "./port.ts";
import { asksForMore, type ListenerSite, type Site } from "./site.ts";

const phase = { idle: 0, head: 1, exchange: 2, lingering: 3, closed: 4 } as const;

/** Bits. `gone`: nothing may be said to the line any more. `outdated`: a plan asks for a client certificate that it was not asked for. `renewed`: another plan is in force since the last request. */
const mark = { secure: 1, ended: 4, gone: 8, outdated: 16, held: 32, pumping: 64, renewed: 128, ...standing } as const;
/** One more: it has given way, with whole requests pending and reading paused. */
const yielding = 512;
/** From this bit on: how many requests were taken in a row, whoever answered and however soon, while more stood behind them. */
const rowBit = 10;
const ownMarks = (1 << rowBit) - 1;

/** There are as many as there are clients, nearly all of them idle: with 18 fields one takes 160 bytes, with another it would take 224. */
export class Downstream implements LineFlow, WakeFlow, TurnFlow, Session {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;
  // The same in all of them, and in none: see below.
  declare readonly isOfClient: true;
  declare readonly isHttp2: false;
  declare readonly isForNobody: false;
  declare readonly dialect: null;
  declare readonly user: null;
  declare readonly ask: null;
  readonly line: Line;
  readonly client: Client;
  /** What rules see of the client; null until something asks. */
  guest: Guest | null = null;
  readonly #context: Context;
  #listener: ListenerSite;
  #preface: Uint8Array | null = null;
  #exchange: Exchange | null = null;
  #phase: number = phase.idle;
  /** Bytes not yet understood: part of a head, or what follows the request under way. */
  #pending: Uint8Array | null = null;
  /** How many of them have been looked at without finding a whole head. */
  #seen = 0;
  #requests = 0;
  #marks = 0;
  #heldSeen = 0;

  /** It may be closed when this returns; what the line tells after that is ignored. */
  constructor(context: Context, listener: ListenerSite, line: Line, client: Client, entry: Entry | null = null) {
    this.#context = context;
    this.#listener = listener;
    this.line = line;
    this.client = client;
    this.#marks = (client.tls === null ? 0 : mark.secure) | listener.forwarding.standingOf(client.address);
    countAccepted(context.tally, listener.row);
    context.downstreams.add(this);
    context.port.wake(this, context.port.nowMs + listener.plan.timeouts.headMs);
    if (entry !== null || listener.rules.connection !== null || context.site.bans.list.size > 0) this.#admit(entry);
  }

  get exchange(): Exchange | null {
    return this.#exchange;
  }

  get isSecure(): boolean {
    return this.#is(mark.secure);
  }

  get isTrusted(): boolean {
    return this.#is(mark.trusted);
  }

  get isExcepted(): boolean {
    return this.#is(mark.excepted);
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  guestNow(): Guest {
    this.guest ??= new Guest(this.#context, this.#listener, this.client);
    return this.guest;
  }

  /** Bans and rules may close a connection before anything is said. */
  #admit(entry: Entry | null): void {
    const guest = entry === null ? this.guestNow() : (this.guest = entry.guest);
    const end = endOf(this.#context, this.#listener, guest, entry);
    if (end === "drop") this.forsake();
    else if (end !== null) this.closeNow(end === "reset");
  }

  /** The connection ends with the request under way. */
  get isLast(): boolean {
    const { requestsPerConnectionMax } = this.#context.limits;
    return (
      this.isLeaving ||
      this.#is(mark.ended) ||
      (requestsPerConnectionMax > 0 && this.#requests + 1 >= requestsPerConnectionMax)
    );
  }

  /** It ends as soon as nothing is under way. */
  get isLeaving(): boolean {
    return this.#context.isDraining || this.#is(mark.outdated);
  }

  /** What is written about this connection into each request. */
  preface(forwarding: Forwarding): Uint8Array {
    this.#preface ??= forwarding.preface(this.client, this.#context.requestIdPrefix, false);
    return this.#preface;
  }

  /** Nothing has been said on it. */
  get isUntouched(): boolean {
    return this.#phase === phase.idle && this.#requests === 0 && this.#pending === null;
  }

  /** It turns out to speak something else: the connection is another's, who counts it out in the end, and has the guest. */
  cede(): ListenerSite {
    this.#phase = phase.closed;
    this.#marks |= mark.gone;
    this.#pending = null;
    this.#context.port.forget(this);
    this.#context.downstreams.delete(this);
    return this.#listener;
  }

  received(bytes: Uint8Array): void {
    this.#context.tally.cells[this.#listener.row + listenerCell.bytesReceived]! += bytes.length;
    if (this.#phase === phase.exchange) {
      const exchange = this.#exchange!;
      if (exchange.upgrade !== null) return exchange.upgrade.pourUp(bytes);
      if (exchange.tarpit !== null) return exchange.upload.waste(bytes);
      this.#hold(bytes);
      return this.#feed();
    }
    if (this.#phase >= phase.lingering) return;
    this.#hold(bytes);
    this.#pump();
  }

  drained(): void {
    if (this.#phase === phase.exchange) this.#exchange!.drainedDown();
    else if (this.#phase <= phase.head) {
      this.#marks &= ownMarks;
      this.#pump();
    } else if (this.#phase !== phase.lingering) return;
    else if (this.#is(mark.ended)) this.closeNow(false);
    else this.#context.port.wake(this, this.#context.port.nowMs + this.#listener.plan.timeouts.lingerMs);
  }

  ended(): void {
    this.#marks |= mark.ended;
    if (this.#phase === phase.exchange) {
      const exchange = this.#exchange!;
      if (exchange.upgrade !== null) exchange.upgrade.endedDown();
      // A body cut short can never be completed; a request that is whole still gets its answer (half-close).
      else if (this.#pending !== null) return;
      else if (!exchange.requestBody.isDone) this.#abort();
      else if (this.#listener.plan.isAbortedByClose && !exchange.isAnswered) {
        // What others wait for as well goes on.
        if (exchange.passage.isWantedWithout) this.cutLoose();
        else this.#abort();
      }
    } else if (this.#phase === phase.lingering) {
      if (this.line.heldBytes === 0) this.closeNow(false);
    } else if (!this.#is(yielding) && (this.#pending === null || this.line.heldBytes === 0)) this.#endInput();
  }

  closed(isReset: boolean): void {
    const exchange = this.#exchange;
    this.#marks |= mark.gone;
    // What the client has said last may still be on its way to the server.
    if (exchange !== null && exchange.upgrade !== null) return exchange.upgrade.closedDown(isReset);
    this.#exchange = null;
    if (this.#phase === phase.head) this.#noteTruncated();
    // What it has come to is told to the entries that the connection holds, before they are let go of.
    if (exchange !== null) {
      if (exchange.passage.isWantedWithout) Errand.inherit(this.#context, exchange);
      else {
        exchange.abort(fault("client_closed"));
        this.#context.returnExchange(exchange);
      }
    }
    this.#gone();
  }

  ticked(): void {
    if (this.#phase === phase.exchange) return this.#exchange!.timedOut();
    if (this.#phase === phase.head) return this.#refuse("head_timeout");
    // Idle, or lingering for long enough. A client that holds an answer unread loses it.
    const { port } = this.#context;
    if (this.#is(yielding) || this.isTaking()) port.wake(this, port.nowMs + this.#listener.plan.timeouts.readMs);
    else this.closeNow(this.line.heldBytes > 0);
  }

  /** Asked when a deadline has passed: whether the client has taken, however slowly, of what is held for it since the last time. */
  isTaking(): boolean {
    const former = this.#heldSeen;
    this.#heldSeen = this.line.heldBytes;
    return this.#heldSeen > 0 && this.#heldSeen !== former;
  }

  /** Body bytes have nowhere to go: stop reading. */
  holdBody(): void {
    this.#marks |= mark.held;
    this.line.pause();
  }

  resumeBody(): void {
    if (!this.#is(mark.held)) return;
    this.#marks &= ~mark.held;
    this.#feed();
    // The bytes that were held may have ended it all.
    if (!this.#is(mark.held) && this.#phase !== phase.closed) this.line.resume();
  }

  /** The exchange has become a tunnel: what was read behind its head goes through. */
  tunneled(): void {
    const pending = this.#pending;
    this.#pending = null;
    const upgrade = this.#exchange!.upgrade!;
    this.line.resume();
    if (pending !== null) upgrade.sendUp(pending, 0, pending.length);
    if (this.#is(mark.ended)) upgrade.endedDown();
  }

  /** Said by the exchange when it has ended. `isFinal`: its request was read to the end, and the client said that it is its last. */
  concluded(isPersistent: boolean, isFinal: boolean): void {
    // What stands behind a CONNECT that was refused was meant for the tunnel, and is no request.
    if (this.#pending !== null && this.#exchange?.asked.method === method.connect) isPersistent = false;
    this.#releaseExchange();
    if (this.#is(mark.renewed)) this.#adopt(this.#context.site, false);
    this.#requests++;
    const { port } = this.#context;
    const { timeouts } = this.#listener.plan;
    if (!isPersistent || (this.isLeaving && this.#pending === null)) {
      // With nothing left to read or to write this is a plain FIN. A client that may still send is waited for: its bytes
      // would meet a RST, which can destroy the answer before it is read (RFC 9112 section 9.6).
      const isQuiet = isFinal || this.#is(mark.ended);
      if (isQuiet && this.#pending === null && this.line.heldBytes === 0) return this.closeNow(false);
      this.#phase = phase.lingering;
      this.#pending = null;
      this.line.end();
      this.line.resume();
      port.wake(this, port.nowMs + (this.line.heldBytes > 0 ? timeouts.readMs : timeouts.lingerMs));
      return;
    }
    this.#phase = phase.idle;
    this.#heldSeen = 0;
    port.wake(this, port.nowMs + (this.line.isHolding ? timeouts.readMs : timeouts.idleMs));
    if (this.#pending !== null) this.#pump();
    else if (this.#is(mark.ended)) this.#endInput();
    else this.line.resume();
  }

  /** Close at once; by RST when the client must see that something is missing. */
  closeNow(isReset: boolean): void {
    this.#releaseExchange();
    if (this.#phase === phase.closed) return;
    this.#gone();
    if (this.#is(mark.gone)) return;
    if (isReset) this.line.reset();
    else this.line.destroy();
  }

  /** The client is let go of, and its exchange goes on without it. */
  cutLoose(): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    Errand.inherit(this.#context, exchange);
    this.#gone();
    if (!this.#is(mark.gone)) this.line.reset();
  }

  /** Close without a word to the client. */
  forsake(): void {
    this.#releaseExchange();
    if (this.#phase === phase.closed) return;
    this.#gone();
    if (!this.#is(mark.gone)) this.line.drop();
  }

  drain(): void {
    if (this.#phase === phase.idle && this.#pending === null) this.#endInput();
  }

  /** Who was let in by less than what is asked now is not kept: one that is cut off by its authority must not go on for ever. */
  renewed(site: Site): void {
    const own = this.#listener.plan;
    const next = site.listener(own.slot)?.plan;
    this.#marks |= mark.renewed;
    if (this.#exchange === null) this.#adopt(site, false);
    if (next?.name !== own.name || !asksForMore(own.tls, next.tls)) return;
    this.#marks |= mark.outdated;
    this.drain();
  }

  get underWay(): ListenerSite | null {
    return this.#exchange === null ? null : this.#listener;
  }

  cut(): void {
    this.#exchange?.abort(fault("draining"));
    this.closeNow(this.#phase === phase.exchange);
  }

  /** Keep bytes behind those already pending. */
  #hold(bytes: Uint8Array): void {
    if (this.#pending === null) this.#seen = 0;
    this.#pending = this.#pending === null ? bytes : joined(this.#pending, bytes);
  }

  /** Pending bytes to the exchange under way, as long as its body lasts; what follows waits. */
  #feed(): void {
    const exchange = this.#exchange!;
    const pending = this.#pending;
    if (pending !== null && !exchange.requestBody.isDone) {
      if (this.#is(mark.held)) return;
      const taken = exchange.upload.more(pending, 0, pending.length);
      if (this.#phase !== phase.exchange || this.#exchange !== exchange) return;
      this.#pending = taken < pending.length ? pending.subarray(taken) : null;
      if (this.#pending === null) this.#context.port.spent = pending;
      // Not before what belongs to this request is off the pending bytes: it may be answered in this.
      if (exchange.upload.gathering !== null) {
        exchange.upload.gathering.settle();
        if (this.#phase !== phase.exchange || this.#exchange !== exchange) return;
      }
    }
    if (exchange.requestBody.isDone && this.#pending !== null) this.line.pause();
    else if (this.#is(mark.ended) && !exchange.requestBody.isDone && this.#pending === null) this.#abort();
  }

  /** Take requests off the pending bytes until one has to be waited for. A loop, for answers may be given at once. */
  #pump(): void {
    if (this.#is(mark.pumping | yielding)) return;
    this.#marks |= mark.pumping;
    const { port } = this.#context;
    let left = port.requestsAtOnce - (this.#marks >>> rowBit);
    // Not by `heldBytes`, which would have each answer written by itself.
    while (left > 0 && this.#pending !== null && this.#phase <= phase.head && !this.line.isHolding) {
      if (!this.#parse(this.#pending)) break;
      left--;
    }
    // Who is answered later (by a promise, above all) comes back here, in a call of its own and the same turn.
    this.#marks &= ownMarks & ~mark.pumping;
    if (this.#pending !== null) this.#marks |= (port.requestsAtOnce - Math.max(left, 0)) << rowBit;
    if (this.#phase > phase.head) return;
    // Further requests wait until the client has taken what it was sent: `drained` comes back here.
    if (this.#pending !== null && this.line.isHolding) this.line.pause();
    else if (this.#pending !== null && left <= 0) {
      this.#marks = (this.#marks & ownMarks) | yielding;
      this.line.pause();
      port.giveWay(this);
    } else if (this.#is(mark.ended) || (this.isLeaving && this.#pending === null)) this.#endInput();
    else this.line.resume();
  }

  goOn(): void {
    this.#marks &= ~yielding;
    if (this.#phase <= phase.head) this.#pump();
  }

  /** One head from the pending bytes; false when it is not whole. */
  #parse(bytes: Uint8Array): boolean {
    // A head that comes in pieces is looked at again only when a line has ended in the new bytes, or it has grown too large.
    const { headBytesMax } = this.#context.limits;
    if (this.#seen > 0 && bytes.length < headBytesMax && bytes.indexOf(0x0a, this.#seen) === -1) {
      this.#seen = bytes.length;
      return false;
    }
    if (this.#is(mark.renewed)) this.#adopt(this.#context.site, true);
    const exchange = this.#context.takeExchange();
    exchange.open(this, this.#listener);
    const next = parseRequest(exchange.head, bytes, 0, bytes.length, headBytesMax);
    const isOther = next === parsed.refused && this.#requests === 0 && isHttp2(this.#listener, this.line, bytes);
    if (next === parsed.more || isOther) {
      this.#context.returnExchange(exchange);
      this.#seen = bytes.length;
      this.#beginHead();
      if (isOther) switchToHttp2(this.#context, this, bytes);
      return false;
    }
    this.#exchange = exchange;
    this.#phase = phase.exchange;
    this.#pending = null;
    this.#seen = 0;
    this.#marks &= ~mark.held;
    if (this.guest !== null) this.guest.note("request", 1);
    if (next === parsed.refused) {
      this.#context.tally.cells[this.#listener.row + listenerCell.badRequests]!++;
      exchange.fail(fault(exchange.head.fault!));
      return true;
    }
    // What follows the request must be held before the exchange begins: it may end at once and come back here.
    const end = exchange.measure(next, bytes.length);
    if (end < bytes.length) {
      this.#pending = bytes.subarray(end);
      this.line.pause();
    } else this.line.resume();
    exchange.begin();
    return true;
  }

  /** Not only at the next request: an idle one would keep whole caches and tables. One whose listener left the plan goes on as that last stood. */
  #adopt(site: Site, isAsked: boolean): void {
    const listener = site.listener(this.#listener.plan.slot);
    // A row whose listener is gone is another's in the end. One that carries other things now is no guide to requests.
    const { name, mode } = this.#listener.plan;
    if (listener?.plan.name === name && listener.plan.mode === mode) this.#listener = listener;
    if (this.guest !== null) this.guest.listener = this.#listener;
    if (!isAsked) return;
    this.#preface = null;
    this.#marks &= ~(mark.trusted | mark.excepted | mark.renewed);
    this.#marks |= this.#listener.forwarding.standingOf(this.client.address);
  }

  #beginHead(): void {
    if (this.#phase === phase.head) return;
    const { port } = this.#context;
    this.#phase = phase.head;
    // A fresh connection has had this deadline since it was accepted.
    if (this.#requests > 0) port.wake(this, port.nowMs + this.#listener.plan.timeouts.headMs);
  }

  /** An answer to a request that never became whole. */
  #refuse(code: "head_timeout"): void {
    const exchange = this.#context.takeExchange();
    exchange.open(this, this.#listener);
    this.#exchange = exchange;
    this.#phase = phase.exchange;
    if (this.guest !== null) this.guest.note("request", 1);
    exchange.fail(fault(code));
  }

  /** There is nothing whole left to answer: close once the client has taken what it was sent. */
  #endInput(): void {
    if (this.#phase === phase.head) this.#noteTruncated();
    if (this.line.heldBytes === 0) return this.closeNow(false);
    this.#phase = phase.lingering;
    this.#pending = null;
    this.line.end();
  }

  /** The client has left inside of a head: that is a request, and an error of the client's. */
  #noteTruncated(): void {
    this.guest?.note("request", 1);
    this.guest?.note("error", 1);
  }

  #abort(): void {
    this.#exchange!.abort(fault("client_closed"));
    this.closeNow(true);
  }

  #releaseExchange(): void {
    if (this.#exchange === null) return;
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#context.returnExchange(exchange, this.#pending === null);
  }

  #gone(): void {
    if (this.#phase === phase.closed) return;
    this.#phase = phase.closed;
    this.#pending = null;
    if (this.guest !== null) this.guest.release();
    this.#context.port.forget(this);
    this.#context.downstreams.delete(this);
    if (this.#context.pinned.count > 0) this.#context.pinned.end(this);
    countClosed(this.#context.tally, this.#listener.row);
  }
}

const common = { isOfClient: true, isHttp2: false, isForNobody: false, dialect: null, user: null, ask: null };
Object.assign(Downstream.prototype, common);
