// One stream of an HTTP/2 connection (RFC 9113 sections 5 and 8): one request and its answer. For its exchange it is a requester and
// that requester's line. What the client says of it is put into the words of HTTP/1.1, its content in chunks where it has no length; what
// the exchange sends is taken out of them: heads become header blocks, content becomes DATA as far as the windows allow, and the
// rest is held here, which the exchange sees as a line that is slow.
//
//   client   HEADERS ─> content … ─ END_STREAM ─────────────> ended ┐
//   answer   interim heads ─> head ─> content … ─ END_STREAM ─> ended ┴─> closed; RST_STREAM of either side closes at once

import { fault } from "../../base/fault.ts";
import { joined } from "../../base/joined.ts";
import type { WheelNode } from "../../base/timerwheel.ts";
import { listenerCell } from "../../memory/tally.ts";
import { Body, type Plain } from "../../wire/http1/body.ts";
import { responseBody } from "../../wire/http1/framing.ts";
import { bodyKind, method } from "../../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../../wire/http1/reader.ts";
import { Output } from "../../wire/http1/writer.ts";
import { errorCode, frameBytesMax } from "../../wire/http2/frame.ts";
import type { FieldSection } from "../../wire/http2/hpack/fieldsection.ts";
import { writeRequestHead, writeTrailers } from "../../wire/http2/requesthead.ts";
import type { Context } from "../context.ts";
import { Errand } from "../errand.ts";
import type { Exchange } from "../exchange.ts";
import type { Forwarding } from "../forwarding.ts";
import type { Guest } from "../guest.ts";
import type { Client, Line, WakeFlow } from "../port.ts";
import { writeChunk } from "../relay.ts";
import type { Requester } from "../requester.ts";
import type { Http2Session } from "./session.ts";

/** What of the answer comes next from the exchange. */
const expecting = { head: 0, body: 1, tunnel: 2, nothing: 3 } as const;

/** Bits. */
const mark = {
  /** The client has ended its side. */
  inputEnded: 1,
  /** END_STREAM has been sent. */
  outputEnded: 2,
  /** The answer is whole once what is held has gone out. */
  ending: 4,
  /** Nothing may be said of it any more. */
  closed: 8,
  /** The exchange has no use for content now. */
  held: 16,
  /** So has the tunnel. */
  paused: 32,
  /** The exchange waits for `drained`. */
  awaited: 64,
  /** In the session's queue of those that have something to send. */
  queued: 128,
  /** What the client has sent is no request. */
  malformed: 256,
  /** A final head has been sent. */
  answered: 512,
} as const;

const lastChunkStart = new TextEncoder().encode("0\r\n");
const crlf = new TextEncoder().encode("\r\n");

export class Http2Stream implements Requester, Line, WakeFlow, Plain {
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
  declare readonly takesFiles: false;
  readonly id: number;
  readonly isTrusted: boolean;
  readonly isExcepted: boolean;
  /** What the client takes of it, and what we take: may be negative (section 6.9.2). */
  sendWindow: number;
  receiveWindow: number;
  /** Taken, and not told yet. */
  unacknowledged = 0;
  readonly #session: Http2Session;
  readonly #context: Context;
  #exchange: Exchange | null = null;
  #marks = 0;
  #expecting: number = expecting.head;
  readonly #body: Body = new Body();
  /** Content for the client that the windows did not let through. */
  #held: Uint8Array | null = null;
  #heldSeen = 0;
  /** Content of the client's that the exchange could not take. */
  #input: Uint8Array | null = null;
  /** Of the content that the request says it has, and -1 for one that is put into chunks. */
  #contentLeft = 0;
  /** The lines of trailers, either way; null: none. */
  #requestTrailers: Uint8Array | null = null;
  #trailers: Output | null = null;

  constructor(session: Http2Session, context: Context, id: number, sendWindow: number, receiveWindow: number) {
    this.#session = session;
    this.#context = context;
    this.id = id;
    this.isTrusted = session.isTrusted;
    this.isExcepted = session.isExcepted;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  // ---- the request ----

  /** It begins, and may have ended when this returns. */
  begin(fields: FieldSection, isEndStream: boolean): void {
    const session = this.#session;
    const context = this.#context;
    const { listener } = session;
    if (isEndStream) this.#marks |= mark.inputEnded;
    const exchange = context.takeExchange();
    this.#exchange = exchange;
    exchange.open(this, listener);
    session.guest?.note("request", 1);
    if (fields.isTooLarge) return this.#refuse(exchange, "head_too_large");
    const { request } = context.http2;
    request.clear();
    const problem = writeRequestHead(request, fields, isEndStream, listener.plan.proxy !== null);
    if (problem !== null) return this.#refuse(exchange, problem);
    const bytes = request.bytes.slice(0, request.length);
    const { headBytesMax } = context.limits;
    const next = parseRequest(exchange.head, bytes, 0, bytes.length, headBytesMax);
    if (next !== bytes.length) return this.#refuse(exchange, exchange.head.fault ?? "head_too_large");
    const { contentLength, isChunked } = exchange.head;
    this.#contentLeft = isChunked ? -1 : Math.max(contentLength, 0);
    if (isEndStream && this.#contentLeft > 0) return this.#refuse(exchange, "bad_content_length");
    exchange.measure(next, next);
    exchange.begin();
  }

  /** It is answered, for people who look for what went wrong, and is an error of its stream all the same (section 8.1.1). */
  #refuse(exchange: Exchange, code: Parameters<typeof fault>[0]): void {
    this.#context.tally.cells[this.#session.listener.row + listenerCell.badRequests]!++;
    if (code !== "head_too_large" && code !== "target_too_long") this.#marks |= mark.malformed;
    this.#contentLeft = 0;
    exchange.fail(fault(code));
  }

  get isInputEnded(): boolean {
    return this.#is(mark.inputEnded);
  }

  /** bytes[start, end) of its content. */
  content(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const exchange = this.#exchange;
    if (exchange === null) return this.#session.taken(this, size);
    const isMeasured = this.#contentLeft >= 0 && exchange.asked.method !== method.connect;
    if (isMeasured && size > this.#contentLeft) {
      this.#session.taken(this, size);
      return this.#session.broken(this.id, errorCode.protocolError);
    }
    if (isMeasured) this.#contentLeft -= size;
    if (this.#input === null && this.#give(bytes, start, end)) return this.#session.taken(this, size);
    const held = bytes.slice(start, end);
    this.#input = this.#input === null ? held : joined(this.#input, held);
  }

  /** That was all of it. */
  endInput(): void {
    this.#marks |= mark.inputEnded;
    if (this.#input === null) this.#finishInput();
  }

  /** Fields behind the content, which end it. */
  endInputWith(fields: FieldSection): void {
    const { request } = this.#context.http2;
    request.clear();
    if (!writeTrailers(request, fields)) return this.#session.broken(this.id, errorCode.protocolError);
    // Content that has a length has no place for them.
    if (request.length > 0 && this.#contentLeft === -1) this.#requestTrailers = request.bytes.slice(0, request.length);
    this.endInput();
  }

  /** To the exchange. False: it cannot take it now. */
  #give(bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange!;
    const { upgrade } = exchange;
    if (upgrade !== null) {
      if (this.#is(mark.paused)) return false;
      upgrade.sendUp(bytes, start, end);
      return true;
    }
    if (this.#is(mark.held) || exchange.asked.method === method.connect) return false;
    if (this.#contentLeft !== -1) return this.#upload(exchange, bytes, start, end);
    const chunk = new Output(end - start + 16);
    writeChunk(chunk, bytes, start, end);
    return this.#upload(exchange, chunk.bytes, 0, chunk.length);
  }

  /** Content in the framing of HTTP/1.1. */
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
    if (exchange === null) return this.#closeIfEnded();
    if (exchange.upgrade !== null) return exchange.upgrade.endedDown();
    if (exchange.asked.method === method.connect) return;
    if (this.#contentLeft > 0) return this.#session.broken(this.id, errorCode.protocolError);
    if (this.#contentLeft === 0 || exchange.requestBody.isDone) return;
    const trailers = this.#requestTrailers;
    const last = new Uint8Array(lastChunkStart.length + (trailers?.length ?? 0) + crlf.length);
    last.set(lastChunkStart);
    if (trailers !== null) last.set(trailers, lastChunkStart.length);
    last.set(crlf, last.length - crlf.length);
    if (!this.#is(mark.held)) this.#upload(exchange, last, 0, last.length);
  }

  holdBody(): void {
    this.#marks |= mark.held;
  }

  resumeBody(): void {
    if (!this.#is(mark.held)) return;
    this.#marks &= ~mark.held;
    this.#giveInput();
  }

  /** What was held for the exchange, and the end behind it. */
  #giveInput(): void {
    const input = this.#input;
    if (input !== null) {
      this.#input = null;
      if (!this.#give(input, 0, input.length)) {
        this.#input = input;
        return;
      }
      this.#session.taken(this, input.length);
    }
    const { held, paused, inputEnded, closed } = mark;
    if ((this.#marks & (held | paused | inputEnded | closed)) === inputEnded) this.#finishInput();
    this.#session.flushUnlessGathering();
  }

  tunneled(): void {
    this.#expecting = expecting.tunnel;
    this.#marks &= ~mark.held;
    this.#giveInput();
  }

  // ---- the answer ----

  get heldBytes(): number {
    return (this.#held === null ? 0 : this.#held.length) + this.#session.lineHeldBytes;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  get line(): Line {
    return this;
  }

  /** Of the answer, as HTTP/1.1 has it: heads are whole. False: content is held, for its window or the connection's is used up. */
  send(bytes: Uint8Array, start: number, end: number): boolean {
    let next = start;
    while (next < end && this.#expecting === expecting.head && !this.#is(mark.closed))
      next = this.#sendHead(bytes, next, end);
    if (next < end && !this.#is(mark.closed)) this.#sendContent(bytes, next, end);
    this.#session.flushUnlessGathering();
    return this.#held === null;
  }

  /** Without a copy of what is not taken. */
  offer(bytes: Uint8Array, start: number, end: number): number {
    if (this.#is(mark.closed)) return end - start;
    if (this.#held !== null) return 0;
    const isPlain = this.#expecting === expecting.body && this.#body.kind === bodyKind.length;
    if (!isPlain) {
      this.send(bytes, start, end);
      return end - start;
    }
    const size = Math.min(end - start, this.#session.room(this));
    if (size > 0) this.#sendContent(bytes, start, start + size);
    if (size < end - start) this.#await();
    this.#session.flushUnlessGathering();
    return size;
  }

  offerFile(_file: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }

  /** Answers the index behind the head. */
  #sendHead(bytes: Uint8Array, start: number, end: number): number {
    const { responseHead } = this.#context.http2;
    const next = parseResponse(responseHead, bytes, start, end, Number.MAX_SAFE_INTEGER);
    if (next < 0) {
      this.#session.resetStream(this, errorCode.internalError);
      return end;
    }
    const { status } = responseHead;
    const asked = this.#exchange?.asked.method ?? method.other;
    if (status >= 200) {
      this.#marks |= mark.answered;
      // What is behind it belongs to the target: its end is that of the stream.
      if (asked === method.connect && status < 300) this.#expecting = expecting.tunnel;
      else {
        this.#body.begin(responseBody(responseHead, asked), responseHead.contentLength);
        this.#expecting = this.#body.isDone ? expecting.nothing : expecting.body;
      }
    }
    const isLast = this.#expecting === expecting.nothing;
    this.#session.sendHead(this, responseHead, isLast);
    if (isLast) this.#outputEnded();
    return next;
  }

  #sendContent(bytes: Uint8Array, start: number, end: number): void {
    if (this.#expecting === expecting.tunnel) return this.#put(bytes, start, end);
    if (this.#expecting === expecting.nothing) return;
    const body = this.#body;
    body.advance(bytes, start, end, this);
    if (body.isBad) return this.#session.resetStream(this, errorCode.internalError);
    if (!body.isDone) return;
    this.#expecting = expecting.nothing;
    this.#end();
  }

  /** Said by the body: content out of its framing. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#put(bytes, start, end);
  }

  /** Said by the body: a byte of the trailer section. */
  trailer(value: number): void {
    this.#trailers ??= new Output(256);
    this.#trailers.byte(value);
  }

  #put(bytes: Uint8Array, start: number, end: number): void {
    let next = start;
    if (this.#held === null)
      for (let room = this.#session.room(this); next < end && room > 0; room = this.#session.room(this)) {
        const size = Math.min(room, end - next, frameBytesMax);
        this.#session.sendData(this, bytes, next, next + size);
        next += size;
      }
    if (next === end) return;
    const rest = bytes.slice(next, end);
    this.#held = this.#held === null ? rest : joined(this.#held, rest);
    this.#session.enqueue(this);
  }

  /** Windows have opened, or the connection takes bytes again: one frame of what is held, or word to the exchange that waits. */
  pump(): void {
    this.#marks &= ~mark.queued;
    if (this.#is(mark.closed)) return;
    const held = this.#held;
    if (held !== null) {
      const size = Math.min(held.length, this.#session.room(this), frameBytesMax);
      if (size > 0) this.#session.sendData(this, held, 0, size);
      this.#held = size === held.length ? null : held.subarray(size);
      if (this.#held !== null) return void (size > 0 && this.#session.enqueue(this));
      if (this.#is(mark.ending)) return this.#end();
      this.#exchange?.drainedDown();
      return;
    }
    if (!this.#is(mark.awaited) || this.#session.room(this) === 0) return;
    this.#marks &= ~mark.awaited;
    this.#exchange?.drainedDown();
  }

  /** There is something that `pump` would send, if it could. */
  get isWanting(): boolean {
    return !this.#is(mark.queued | mark.closed) && (this.#held !== null || this.#is(mark.awaited));
  }

  /** Said by the session. */
  noteQueued(): boolean {
    const isNew = !this.#is(mark.queued);
    this.#marks |= mark.queued;
    return isNew;
  }

  #await(): void {
    this.#marks |= mark.awaited;
    this.#session.enqueue(this);
  }

  /** The answer is whole: END_STREAM, behind what is held. */
  #end(): void {
    if (this.#is(mark.outputEnded | mark.closed)) return;
    this.#marks |= mark.ending;
    if (this.#held !== null) return;
    this.#session.sendEnd(this, this.#trailers);
    this.#outputEnded();
  }

  #outputEnded(): void {
    this.#marks |= mark.outputEnded;
    this.#closeIfEnded();
  }

  // ---- the line, as a tunnel has it ----

  pause(): void {
    this.#marks |= mark.paused;
  }

  resume(): void {
    if (!this.#is(mark.paused)) return;
    this.#marks &= ~mark.paused;
    if (this.#exchange !== null && this.#exchange.upgrade !== null) this.#giveInput();
  }

  end(): void {
    this.#end();
    this.#session.flushUnlessGathering();
  }

  destroy(): void {
    this.closeNow(false);
  }

  reset(): void {
    this.closeNow(true);
  }

  drop(): void {
    this.forsake();
  }

  // ---- the requester ----

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

  get exchange(): Exchange | null {
    return this.#exchange;
  }

  isTaking(): boolean {
    const former = this.#heldSeen;
    this.#heldSeen = this.heldBytes;
    return this.#heldSeen > 0 && this.#heldSeen !== former;
  }

  concluded(): void {
    this.#release();
    if (this.#is(mark.closed)) return;
    if (this.#expecting === expecting.head) return this.#session.resetStream(this, errorCode.cancel);
    if (this.#expecting === expecting.body && this.#body.kind === bodyKind.close) this.#end();
    else if (this.#expecting === expecting.body) return this.#session.resetStream(this, errorCode.internalError);
    this.#closeIfEnded();
    // What is held is still to go out, and nobody else looks at how long that takes.
    if (!this.#is(mark.closed)) this.#armHeld();
    this.#session.flushUnlessGathering();
  }

  closeNow(isReset: boolean): void {
    const isTunnel = this.#expecting === expecting.tunnel;
    this.#release();
    if (this.#is(mark.closed)) return;
    if (!isReset && isTunnel) this.#end();
    if (this.#is(mark.closed)) return;
    if (this.#is(mark.outputEnded)) this.#closeIfEnded();
    else {
      const code = isTunnel ? errorCode.connectError : errorCode.internalError;
      this.#session.resetStream(this, this.#is(mark.answered) ? code : errorCode.cancel);
    }
    this.#session.flushUnlessGathering();
  }

  cutLoose(): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    Errand.inherit(this.#context, exchange);
    if (!this.#is(mark.closed)) this.#session.resetStream(this, errorCode.cancel);
    this.#session.flushUnlessGathering();
  }

  /** One connection carries them all: none is told anything. */
  forsake(): void {
    this.#release();
    this.#session.forsake();
  }

  ticked(): void {
    if (this.#exchange !== null) return this.#exchange.timedOut();
    if (this.#is(mark.closed)) return;
    if (this.isTaking()) return this.#armHeld();
    this.#session.resetStream(this, errorCode.cancel);
    this.#session.flushUnlessGathering();
  }

  #armHeld(): void {
    const { port } = this.#context;
    port.wake(this, port.nowMs + this.#session.listener.plan.timeouts.readMs);
  }

  // ---- the end ----

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

  /** The connection ends under it. */
  cut(): void {
    this.closed();
    this.#exchange?.abort(fault("draining"));
    this.#release();
  }

  /** The client has left half way: what it has not asked in full, or does not wait for. */
  leaveHalfWay(isAbortedByClose: boolean): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (exchange.upgrade !== null) return this.#is(mark.inputEnded) ? undefined : this.endInput();
    if (!this.#is(mark.inputEnded) || (isAbortedByClose && !exchange.isAnswered)) this.#session.cancel(this);
  }

  /** An answer has come to its end, whatever the client still sends. */
  get isAnswerWhole(): boolean {
    return this.#is(mark.ending | mark.outputEnded);
  }

  /** Both sides have ended, or the client's rest is of no use. */
  #closeIfEnded(): void {
    if (!this.#is(mark.outputEnded) || this.#exchange !== null || this.#is(mark.closed)) return;
    if (this.#is(mark.malformed)) this.#session.resetStream(this, errorCode.protocolError);
    else if (!this.#is(mark.inputEnded)) this.#session.resetStream(this, errorCode.noError);
    else this.#session.remove(this);
  }

  /** Of its content, what nobody has taken. */
  get inputBytes(): number {
    return this.#input === null ? 0 : this.#input.length;
  }

  /** Said by the session: it is no stream of its any more. */
  closed(): void {
    if (this.#is(mark.closed)) return;
    this.#marks |= mark.closed;
    this.#input = null;
    this.#held = null;
    if (this.#exchange === null) this.#context.port.forget(this);
  }

  #release(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    this.#exchange = null;
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
  takesFiles: false,
});
