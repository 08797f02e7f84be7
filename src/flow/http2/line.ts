// The line of one stream, as its exchange sees it: what is said there are answers in HTTP/1.1. Heads become header blocks, content is
// taken out of its framing and becomes DATA as far as the windows allow; the rest is held here, and the exchange sees a line that
// is slow. Content that is offered and stays where it is (a cache's) is never copied to be held.
//
//   interim heads ─> head ─> content … ─> END_STREAM     a CONNECT that was accepted: head ─> bytes … ─ `end` ─> END_STREAM

import { Body, type Plain } from "../../wire/http1/body.ts";
import { responseBody } from "../../wire/http1/framing.ts";
import { bodyKind, method } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import { Output } from "../../wire/http1/writer.ts";
import { errorCode, frameBytesMax } from "../../wire/http2/frame.ts";
import type { Context } from "../context.ts";
import type { Line } from "../port.ts";
import { Held } from "./held.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Http2Stream } from "./stream.ts";

/** Of an offer, what is looked at in one go. */
const offerBytes = 64 * 1024;

/** What of the answer comes next from the exchange. */
const expecting = { head: 0, content: 1, tunnel: 2, nothing: 3 } as const;

/** Bits. */
const mark = {
  /** A final head has been sent. */
  answered: 1,
  /** The answer is whole once what is held has gone out; and it has, with END_STREAM. */
  ending: 2,
  ended: 4,
  /** Nothing may be said of the stream any more. */
  closed: 8,
  /** A tunnel has no use for content of the client's now. */
  paused: 16,
  /** The exchange waits for `drained`. */
  awaited: 32,
  /** In the queue of those that have something to send. */
  queued: 64,
} as const;

export class Http2Line implements Line, Plain {
  readonly id: number;
  /** What the client takes of it: may be negative (RFC 9113 section 6.9.2). */
  sendWindow: number;
  /** Of its content, put into frames. */
  sentBytes = 0;
  readonly #stream: Http2Stream;
  readonly #outgoing: Outgoing;
  readonly #context: Context;
  #marks = 0;
  #expecting: number = expecting.head;
  readonly #body: Body = new Body();
  /** Content that the windows did not let through. */
  #held: Held | null = null;
  /** The lines behind the content; null: none. */
  #trailers: Output | null = null;

  constructor(stream: Http2Stream, outgoing: Outgoing, context: Context) {
    this.#stream = stream;
    this.#outgoing = outgoing;
    this.#context = context;
    this.id = stream.id;
    this.sendWindow = outgoing.streamWindow;
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  get takesFiles(): boolean {
    return false;
  }

  get heldBytes(): number {
    return (this.#held === null ? 0 : this.#held.length) + this.#outgoing.heldBytes;
  }

  /** What the client has taken of it, as far as is seen: it changes when that does. */
  get takenBytes(): number {
    return this.sentBytes + this.#outgoing.takenBytes;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  get isAnswered(): boolean {
    return this.#is(mark.answered);
  }

  /** All of the answer is here, if not sent. */
  get isWhole(): boolean {
    return this.#is(mark.ending);
  }

  get isEnded(): boolean {
    return this.#is(mark.ended);
  }

  get isPaused(): boolean {
    return this.#is(mark.paused);
  }

  get isTunnel(): boolean {
    return this.#expecting === expecting.tunnel;
  }

  // ---- what the exchange says ----

  /** Heads are whole. False: content is held, for its window or the connection's is used up. */
  send(bytes: Uint8Array, start: number, end: number): boolean {
    let next = start;
    while (next < end && this.#expecting === expecting.head && !this.#is(mark.closed))
      next = this.#sendHead(bytes, next, end);
    if (next < end && !this.#is(mark.closed)) this.#sendContent(bytes, next, end);
    this.#outgoing.flushUnlessGathering();
    return this.#held === null;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    if (this.#is(mark.closed)) return end - start;
    if (this.#held !== null) return 0;
    // What is in chunks is not cut anywhere.
    if (this.#expecting !== expecting.content || this.#body.kind !== bodyKind.length) {
      this.send(bytes, start, end);
      return end - start;
    }
    let next = start;
    // Piece by piece: the connection may take less than the windows, and what it has not taken of a piece is held.
    while (next < end && this.#held === null) {
      const size = Math.min(end - next, this.#outgoing.roomFor(this), offerBytes);
      if (size === 0) break;
      this.#sendContent(bytes, next, next + size);
      next += size;
      // Others that wait have their turn: windows may let all of it through.
      if (this.#outgoing.isAwaited) break;
    }
    if (next < end) {
      this.#marks |= mark.awaited;
      this.#outgoing.enqueue(this);
    }
    this.#outgoing.flushUnlessGathering();
    return next - start;
  }

  offerFile(_file: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }

  /** Answers the index behind the head. */
  #sendHead(bytes: Uint8Array, start: number, end: number): number {
    const { responseHead } = this.#context.http2;
    const next = parseResponse(responseHead, bytes, start, end, Number.MAX_SAFE_INTEGER);
    if (next < 0) {
      this.#stream.reset(errorCode.internalError);
      return end;
    }
    const { status } = responseHead;
    const asked = this.#stream.method;
    if (status >= 200) {
      this.#marks |= mark.answered;
      // What is behind it belongs to the target: its end is that of the stream.
      if (asked === method.connect && status < 300) this.#expecting = expecting.tunnel;
      else {
        this.#body.begin(responseBody(responseHead, asked), responseHead.contentLength);
        this.#expecting = this.#body.isDone ? expecting.nothing : expecting.content;
      }
    }
    const isLast = this.#expecting === expecting.nothing;
    this.#outgoing.sendHead(this.id, responseHead, isLast);
    if (isLast) this.#hasEnded();
    return next;
  }

  #sendContent(bytes: Uint8Array, start: number, end: number): void {
    if (this.#expecting === expecting.tunnel) return this.add(bytes, start, end);
    if (this.#expecting !== expecting.content) return;
    const body = this.#body;
    body.advance(bytes, start, end, this);
    if (body.isBad) return this.#stream.reset(errorCode.internalError);
    if (body.isDone) this.finish();
  }

  /** Said by the body: content, out of its framing. */
  add(bytes: Uint8Array, start: number, end: number): void {
    let next = start;
    if (this.#held === null)
      for (let room = this.#outgoing.roomFor(this); next < end && room > 0; room = this.#outgoing.roomFor(this)) {
        const size = Math.min(room, end - next, frameBytesMax);
        this.#outgoing.sendData(this, bytes, next, next + size);
        next += size;
      }
    if (next === end) return;
    this.#hold(bytes, next, end);
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const held = this.#held;
    const formerBytes = held === null ? 0 : held.bytes.length;
    if (held === null) this.#held = new Held(bytes, start, end);
    else held.add(bytes, start, end);
    this.#outgoing.enqueue(this);
    this.#outgoing.hold(this.#held!.bytes.length - formerBytes);
  }

  #letGo(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#outgoing.hold(-held.bytes.length);
    held.release();
  }

  /** Said by the body: a byte of the trailer section. */
  trailer(value: number): void {
    this.#trailers ??= new Output(256);
    this.#trailers.byte(value);
  }

  /** The answer is whole: END_STREAM, behind what is held. */
  finish(): void {
    if (this.#is(mark.ended | mark.closed)) return;
    this.#expecting = expecting.nothing;
    this.#marks |= mark.ending;
    if (this.#held !== null) return;
    this.#outgoing.sendEnd(this.id, this.#trailers);
    this.#hasEnded();
  }

  /** What was said is all there is, though nothing has said how much it would be. False: it is not whole. */
  finishOpen(): boolean {
    if (this.#expecting === expecting.content && this.#body.kind === bodyKind.close) this.finish();
    return this.#expecting === expecting.nothing;
  }

  #hasEnded(): void {
    this.#marks |= mark.ending | mark.ended;
    this.#stream.closeIfEnded();
  }

  // ---- room ----

  /** Windows have opened, or the connection takes bytes again: one frame of what is held, or word to the exchange that waits. */
  pump(): void {
    this.#marks &= ~mark.queued;
    if (this.#is(mark.closed)) return;
    const held = this.#held;
    if (held === null) {
      if (!this.#is(mark.awaited) || this.#outgoing.roomFor(this) === 0) return;
      this.#marks &= ~mark.awaited;
      return this.#stream.drained();
    }
    const size = Math.min(held.length, this.#outgoing.roomFor(this), frameBytesMax);
    if (size === 0) return;
    this.#outgoing.sendData(this, held.bytes, held.start, held.start + size);
    held.take(size);
    if (held.length > 0) return this.#outgoing.enqueue(this);
    this.#letGo();
    if (this.#is(mark.ending)) this.finish();
    else this.#stream.drained();
  }

  /** There is something that `pump` would send, if it could. */
  get isWanting(): boolean {
    return !this.#is(mark.queued | mark.closed) && (this.#held !== null || this.#is(mark.awaited));
  }

  /** Said by the queue. False: it is in there. */
  noteQueued(): boolean {
    if (this.#is(mark.queued)) return false;
    this.#marks |= mark.queued;
    return true;
  }

  // ---- as a tunnel has it ----

  pause(): void {
    this.#marks |= mark.paused;
  }

  resume(): void {
    if (!this.#is(mark.paused)) return;
    this.#marks &= ~mark.paused;
    this.#stream.resumed();
  }

  end(): void {
    this.finish();
    this.#outgoing.flushUnlessGathering();
  }

  destroy(): void {
    this.#stream.closeNow(false);
  }

  reset(): void {
    this.#stream.closeNow(true);
  }

  drop(): void {
    this.#stream.forsake();
  }

  /** It is no stream any more. */
  close(): void {
    this.#marks |= mark.closed;
    this.#letGo();
  }
}
