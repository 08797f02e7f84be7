// One stream of an HTTP/2 connection (RFC 9113 sections 5 and 8): one request and its answer. For its exchange it is the client. What the
// client says of it is put into the words of HTTP/1.1, its content in chunks where it has no length; what the exchange answers
// goes by its line (line.ts).
//
//   client   HEADERS ─> content … ─ END_STREAM ─> ended ┐
//   answer   by the line …        ─ END_STREAM ─> ended ┴─> closed; RST_STREAM of either side closes at once

import { type FaultCode, fault, faultWith } from "../../base/fault.ts";
import type { WheelNode } from "../../base/timerwheel.ts";
import { listenerCell } from "../../memory/tally.ts";
import { method } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";
import { Output } from "../../wire/http1/writer.ts";
import { errorCode } from "../../wire/http2/frame.ts";
import type { FieldSection } from "../../wire/http2/hpack/fieldsection.ts";
import { writeRequestHead, writeTrailers } from "../../wire/http2/requesthead.ts";
import type { Context } from "../context.ts";
import { Errand } from "../errand.ts";
import type { Exchange } from "../exchange.ts";
import type { Forwarding } from "../forwarding.ts";
import type { Guest } from "../guest.ts";
import type { Client, WakeFlow } from "../port.ts";
import { lastChunk, writeChunk } from "../relay.ts";
import type { Requester } from "../requester.ts";
import { isMisdirected } from "./coalescing.ts";
import { Held } from "./held.ts";
import { Http2Line } from "./line.ts";
import type { Http2Session } from "./session.ts";

/** Bits. */
const mark = {
  /** The client has ended its side. */
  ended: 1,
  /** Nothing may be said of it any more. */
  closed: 2,
  /** The exchange has no use for content now. */
  held: 4,
  /** What the client has sent is no request. */
  malformed: 8,
  /** It has not begun, for others hold too much. */
  waiting: 16,
} as const;

/** How often it is looked at whether a request that waits may begin. */
const waitMs = 500;

/** The last chunk without the empty line that ends the trailer section. */
const lastChunkBytes = lastChunk.length - 2;

export class Http2Stream implements Requester, WakeFlow {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  // The same in all of them, and in none: see below.
  declare readonly isOfClient: true;
  declare readonly isForNobody: false;
  declare readonly isHttp2: true;
  declare readonly dialect: null;
  declare readonly user: null;
  declare readonly ask: null;
  /** A connection to a server that is one client's alone ends with the stream. */
  declare readonly isLast: true;
  readonly id: number;
  readonly isTrusted: boolean;
  readonly isExcepted: boolean;
  readonly line: Http2Line;
  /** What we take of it, and have taken and not told yet. */
  receiveWindow: number;
  unacknowledged = 0;
  readonly #session: Http2Session;
  readonly #context: Context;
  #exchange: Exchange | null = null;
  #marks = 0;
  #takenSeen = 0;
  /** Content that the exchange could not take. */
  #input: Held | null = null;
  /** Of the content that the request says it has, and -1 for one that is put into chunks. */
  #contentLeft = 0;
  /** Their lines; null: none. */
  #trailers: Uint8Array | null = null;

  constructor(session: Http2Session, context: Context, id: number, receiveWindow: number) {
    this.#session = session;
    this.#context = context;
    this.id = id;
    this.isTrusted = session.isTrusted;
    this.isExcepted = session.isExcepted;
    this.receiveWindow = receiveWindow;
    this.line = new Http2Line(this, session.outgoing, context);
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  get client(): Client {
    return this.#session.client;
  }

  get isSecure(): boolean {
    return this.#session.isSecure;
  }

  get guest(): Guest | null {
    return this.#session.guest;
  }

  guestNow(): Guest {
    return this.#session.guestNow();
  }

  preface(forwarding: Forwarding): Uint8Array {
    return this.#session.preface(forwarding);
  }

  get isLeaving(): boolean {
    return this.#session.isLeaving;
  }

  /** The one under way. */
  get exchange(): Exchange | null {
    return this.#exchange;
  }

  /** The request's. */
  get method(): number {
    return this.#exchange === null ? method.other : this.#exchange.asked.method;
  }

  // ---- the request ----

  /** It begins, and may have ended when this returns. */
  begin(fields: FieldSection, isEndStream: boolean): void {
    const context = this.#context;
    const { listener, guest } = this.#session;
    if (isEndStream) this.#marks |= mark.ended;
    const exchange = context.takeExchange();
    this.#exchange = exchange;
    exchange.open(this, listener);
    if (guest !== null) guest.note("request", 1);
    if (fields.isTooLarge) return this.#refuse(exchange, "head_too_large");
    const requests = context.http2.requests();
    const start = requests.length;
    const problem = writeRequestHead(requests, fields, isEndStream, listener.plan.proxy !== null);
    if (problem !== null) {
      requests.length = start;
      return this.#refuse(exchange, problem);
    }
    const { head } = exchange;
    const { bytes, length } = requests;
    const next = parseRequest(head, bytes, start, length, context.limits.headBytesMax);
    if (next !== length) return this.#refuse(exchange, head.fault ?? "head_too_large");
    this.#contentLeft = head.isChunked ? -1 : Math.max(head.contentLength, 0);
    if (isEndStream && this.#contentLeft > 0) return this.#refuse(exchange, "bad_content_length");
    exchange.measure(next, next);
    if (this.#session.isJudgedByName && isMisdirected(this.client, head)) return exchange.fail(fault("misdirected"));
    if (!this.#session.outgoing.isCongested) return exchange.begin();
    this.#marks |= mark.waiting;
    context.port.wake(this, context.port.nowMs + waitMs);
  }

  /** Others of the connection hold too much that the client does not take: what its server says next waits. */
  holdServer(): void {
    this.#exchange?.upstream?.line?.pause();
  }

  /** They hold less. */
  relieved(): void {
    if (this.#is(mark.waiting)) {
      this.#marks &= ~mark.waiting;
      this.#exchange!.begin();
    } else if (this.line.isHolding) return;
    else if (this.#isAnswering) this.drained();
    else if (this.#exchange !== null && this.#exchange.wait === null) this.#exchange.upstream?.line?.resume();
  }

  /** It is answered, for people who look for what went wrong, and is an error of its stream all the same (section 8.1.1). */
  #refuse(exchange: Exchange, code: FaultCode): void {
    this.#context.tally.cells[this.#session.listener.row + listenerCell.badRequests]!++;
    if (code !== "head_too_large" && code !== "target_too_long") this.#marks |= mark.malformed;
    this.#contentLeft = -1;
    exchange.fail(fault(code));
  }

  get isEnded(): boolean {
    return this.#is(mark.ended);
  }

  /** Of its content, what nobody has taken. */
  get inputBytes(): number {
    return this.#input === null ? 0 : this.#input.length;
  }

  /** bytes[start, end) of its content. */
  content(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#exchange === null) return this.#session.taken(this, size);
    if (this.#isMeasured) {
      if (size > this.#contentLeft) {
        this.#session.taken(this, size);
        return this.#session.broken(this, errorCode.protocolError);
      }
      this.#contentLeft -= size;
    }
    if (this.#input === null && this.#give(bytes, start, end)) return this.#session.taken(this, size);
    if (this.#input === null) this.#input = new Held(bytes, start, end);
    else this.#input.add(bytes, start, end);
  }

  /** What belongs to a tunnel has no length. */
  get #isMeasured(): boolean {
    return this.#contentLeft !== -1 && this.method !== method.connect;
  }

  /** That was all of it. */
  endInput(): void {
    this.#marks |= mark.ended;
    if (this.#input === null) this.#finishInput();
  }

  /** Fields behind the content, which end it. */
  endInputWith(fields: FieldSection): void {
    const lines = new Output(fields.end * 2);
    // What is there of too many is not all of it.
    if (fields.isTooLarge || !writeTrailers(lines, fields)) return this.#session.broken(this, errorCode.protocolError);
    // Content that has a length has no place for them.
    if (this.#contentLeft === -1) this.#trailers = lines.bytes.subarray(0, lines.length);
    this.endInput();
  }

  /** To the exchange. False: it cannot take it now. */
  #give(bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange!;
    if (exchange.upgrade !== null) {
      if (this.line.isPaused) return false;
      exchange.upgrade.sendUp(bytes, start, end);
      return true;
    }
    if (this.#is(mark.held) || exchange.asked.method === method.connect) return false;
    if (this.#contentLeft !== -1) return this.#upload(exchange, bytes, start, end);
    const { chunk } = this.#context.http2;
    chunk.clear();
    writeChunk(chunk, bytes, start, end);
    return this.#upload(exchange, chunk.bytes, 0, chunk.length);
  }

  /** Content in the framing of HTTP/1.1: all of it is taken, or nothing. */
  #upload(exchange: Exchange, bytes: Uint8Array, start: number, end: number): boolean {
    const { upload } = exchange;
    if (exchange.tarpit !== null) {
      upload.waste(bytes.subarray(start, end));
      return true;
    }
    const taken = upload.more(bytes, start, end);
    if (this.#exchange !== exchange) return true;
    if (taken === start) {
      this.#marks |= mark.held;
      return false;
    }
    upload.gathering?.settle();
    return true;
  }

  /** The client has said all, and the exchange has been given all but its end. */
  #finishInput(): void {
    const exchange = this.#exchange;
    if (exchange === null) return this.closeIfEnded();
    if (exchange.upgrade !== null) return exchange.upgrade.endedDown();
    if (exchange.asked.method === method.connect || this.#contentLeft === 0) return;
    if (this.#contentLeft > 0) return this.#session.broken(this, errorCode.protocolError);
    if (exchange.requestBody.isDone || this.#is(mark.held)) return;
    const trailers = this.#trailers ?? noBytes;
    const last = new Uint8Array(lastChunk.length + trailers.length);
    last.set(lastChunk);
    last.set(trailers, lastChunkBytes);
    last.set(lastChunk.subarray(lastChunkBytes), lastChunkBytes + trailers.length);
    this.#upload(exchange, last, 0, last.length);
  }

  holdBody(): void {
    this.#marks |= mark.held;
  }

  resumeBody(): void {
    if (!this.#is(mark.held)) return;
    this.#marks &= ~mark.held;
    this.resumed();
  }

  tunneled(): void {
    this.#marks &= ~mark.held;
    this.resumed();
  }

  /** What was held for the exchange, or its tunnel, and the end behind it. */
  resumed(): void {
    const input = this.#input;
    if (input !== null && this.#exchange !== null) {
      this.#input = null;
      if (!this.#give(input.bytes, input.start, input.end)) {
        this.#input = input;
        return;
      }
      this.#session.taken(this, input.length);
      input.release();
    }
    if ((this.#marks & (mark.ended | mark.closed | mark.held)) === mark.ended && !this.line.isPaused)
      this.#finishInput();
    this.#session.outgoing.flushUnlessGathering();
  }

  // ---- the answer ----

  /** The client takes bytes again. */
  drained(): void {
    if (this.#isAnswering) this.#exchange!.drainedDown();
  }

  /** Something is on its way to the client that may wait for it: what a server has not said yet has another time than what goes on. */
  get #isAnswering(): boolean {
    const exchange = this.#exchange;
    if (exchange === null || exchange.wait !== null) return false;
    return exchange.respondedMs > 0 || exchange.upgrade !== null || exchange.caching?.shown.isBegun === true;
  }

  isTaking(): boolean {
    const former = this.#takenSeen;
    this.#takenSeen = this.line.takenBytes;
    return this.line.heldBytes > 0 && this.#takenSeen !== former;
  }

  ticked(): void {
    const exchange = this.#exchange;
    if (this.#is(mark.waiting)) return this.#waitOn(exchange!);
    // Its server is not slow, but not read.
    if (exchange !== null && this.#session.outgoing.isCongested && !this.line.isHolding) return this.#armHeld();
    if (exchange !== null) return exchange.timedOut();
    if (this.#is(mark.closed)) return;
    if (this.isTaking()) return this.#armHeld();
    this.reset(errorCode.cancel);
    this.#session.outgoing.flushUnlessGathering();
  }

  /** Nothing of it was begun: it may be sent again. */
  #waitOn(exchange: Exchange): void {
    const { outgoing, listener } = this.#session;
    const { port } = this.#context;
    outgoing.relieve();
    outgoing.flushUnlessGathering();
    if (!this.#is(mark.waiting)) return;
    if (port.nowMs - exchange.startedMs < listener.plan.timeouts.readMs) return port.wake(this, port.nowMs + waitMs);
    exchange.fail(faultWith("client_stalled", "other streams of its connection hold more than the client takes"));
  }

  #armHeld(): void {
    const { port } = this.#context;
    port.wake(this, port.nowMs + this.#session.listener.plan.timeouts.readMs);
  }

  concluded(): void {
    this.#release();
    if (this.#is(mark.closed)) return;
    if (!this.line.finishOpen()) this.reset(this.line.isAnswered ? errorCode.internalError : errorCode.cancel);
    else this.closeIfEnded();
    // What is held is still to go out, and nobody else looks at how long that takes.
    if (!this.#is(mark.closed)) this.#armHeld();
    this.#session.outgoing.flushUnlessGathering();
  }

  closeNow(isReset: boolean): void {
    const { line } = this;
    const code = this.#codeOfEnd();
    this.#release();
    if (this.#is(mark.closed)) return;
    if (!isReset && line.isTunnel) line.finish();
    if (line.isEnded) this.closeIfEnded();
    else this.reset(code);
    this.#session.outgoing.flushUnlessGathering();
  }

  /** What an end that is not in order is told as. */
  #codeOfEnd(): number {
    if (this.#exchange?.fault?.code === "http1_required") return errorCode.http11Required;
    if (this.#is(mark.waiting)) return errorCode.refusedStream;
    if (!this.line.isAnswered) return errorCode.cancel;
    return this.line.isTunnel ? errorCode.connectError : errorCode.internalError;
  }

  cutLoose(): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    Errand.inherit(this.#context, exchange);
    if (!this.#is(mark.closed)) this.reset(errorCode.cancel);
    this.#session.outgoing.flushUnlessGathering();
  }

  /** One connection carries them all: none is told anything. */
  forsake(): void {
    this.#release();
    this.#session.forsake();
  }

  // ---- the end ----

  /** By us, with word to the client. What becomes of its exchange is known to who says this. */
  reset(code: number): void {
    this.#session.outgoing.reset(this.id, code);
    this.#session.remove(this);
  }

  /** Both sides have ended, or the client's rest is of no use. */
  closeIfEnded(): void {
    if (!this.line.isEnded || this.#exchange !== null || this.#is(mark.closed)) return;
    if (this.#is(mark.malformed)) this.reset(errorCode.protocolError);
    else if (!this.#is(mark.ended)) this.reset(errorCode.noError);
    else this.#session.remove(this);
  }

  /** The client has ended the connection's side of it: what it has not asked in full, or does not wait for, ends. */
  leaveHalfWay(isAbortedByClose: boolean): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (exchange.upgrade !== null) return this.#is(mark.ended) ? undefined : this.endInput();
    // No window will be opened any more.
    if (this.line.isHolding && this.#session.outgoing.isShut(this.line)) return this.#session.cancel(this);
    if (!this.#is(mark.ended) || (isAbortedByClose && !exchange.isAnswered)) this.#session.cancel(this);
  }

  /** The client has reset it, or is gone. `isReset`: by no FIN. */
  abandoned(isReset: boolean): void {
    const exchange = this.#exchange;
    this.closed();
    if (exchange === null) return;
    if (exchange.upgrade !== null) return exchange.upgrade.closedDown(isReset);
    this.#exchange = null;
    this.#context.port.forget(this);
    if (exchange.passage.isWantedWithout) return Errand.inherit(this.#context, exchange);
    exchange.abort(fault("client_closed"));
    this.#context.returnExchange(exchange);
  }

  /** The worker ends now. */
  cut(): void {
    this.closed();
    if (this.#exchange !== null) this.#exchange.abort(fault("draining"));
    this.#release();
  }

  /** Said by the session: it is no stream of its any more. */
  closed(): void {
    this.#marks = (this.#marks | mark.closed) & ~mark.waiting;
    if (this.#input !== null) this.#input.release();
    this.#input = null;
    this.line.close();
    if (this.#exchange === null) this.#context.port.forget(this);
  }

  #release(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    this.#exchange = null;
    this.#marks &= ~mark.waiting;
    this.#context.returnExchange(exchange);
    if (this.#is(mark.closed)) this.#context.port.forget(this);
  }
}

Object.assign(Http2Stream.prototype, {
  isOfClient: true,
  isForNobody: false,
  isHttp2: true,
  dialect: null,
  user: null,
  ask: null,
  isLast: true,
});

const noBytes = new Uint8Array(0);
