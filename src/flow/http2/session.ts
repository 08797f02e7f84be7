// One connection of a client that speaks HTTP/2 (RFC 9113): its frames, its settings, its windows, and its streams (stream.ts), of
// which each is a request like any other. It has taken the connection over from a Downstream, which has had it admitted. A client that
// asks for much that is no request, or takes requests back again and again, has a budget for that, and is told to go when it is used up.
//
//   preface ─> streams ─ nothing for too long, drain, last request ─> GOAWAY (of none), PING ─ its ACK ─> GOAWAY ─ last stream ends ─> lingering ─> closed
//                 └ an error of the connection ─> GOAWAY with its code ─────────────────────────────────────────────────────────┘

import { joined } from "../../base/joined.ts";
import type { WheelNode } from "../../base/timerwheel.ts";
import { listenerCell } from "../../memory/tally.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Output } from "../../wire/http1/writer.ts";
import {
  closeHeaders,
  errorCode,
  flag,
  frameBytesMax,
  frameType,
  initialWindowBytes,
  putFrameHeader,
  putGoaway,
  putRstStream,
  putSettings,
  putWindowUpdate,
  setting,
  windowBytesMax,
} from "../../wire/http2/frame.ts";
import { FrameReader, type FrameSink } from "../../wire/http2/framereader.ts";
import { HpackDecoder } from "../../wire/http2/hpack/decoder.ts";
import { putNoTable } from "../../wire/http2/hpack/encoder.ts";
import { putResponseHead, putTrailers } from "../../wire/http2/responsehead.ts";
import { countClosed } from "../account.ts";
import type { Context, Session } from "../context.ts";
import type { Downstream } from "../downstream.ts";
import { type Forwarding, standing } from "../forwarding.ts";
import { Guest } from "../guest.ts";
import type { Client, Line, LineFlow, TurnFlow, WakeFlow } from "../port.ts";
import { asksForMore, type ListenerSite, type Site } from "../site.ts";
import type { FrameOwner } from "./kit.ts";
import { Oddities } from "./oddities.ts";
import { Http2Stream } from "./stream.ts";

/** What a client may send of one stream's content before it is taken, and of all together. */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 1024 * 1024;
/** What our table of its fields may have (SETTINGS_HEADER_TABLE_SIZE, as it is unless somebody says otherwise). */
const tableBytesMax = 4096;
/** What SETTINGS_MAX_FRAME_SIZE may be at most (section 6.5.2). */
const frameBytesLimit = 0xffffff;
/** Frames leave when there is so much of them, and otherwise when all that has come was looked at. */
const flushBytes = 64 * 1024;
/** Written while the client takes nothing; with more of them it is not read on. */
const stuckFramesMax = 128;
/** Streams that we have ended, of which frames may still be on their way: the last so many. */
const forgivenMax = 256;
const phase = { open: 0, lingering: 1, closed: 2 } as const;

/** Bits. */
const mark = {
  /** The client has ended its side, and what it has said before was looked at. */
  ended: 1,
  inputOver: 2,
  /** Nothing may be said to the line any more. */
  gone: 4,
  /** What is sent leaves together, when all was looked at. */
  gathering: 8,
  /** It has given way, with frames pending and reading paused. */
  yielding: 16,
  /** The client takes nothing, and has been told much. */
  stuck: 32,
  /** It was told that streams are to end; and which was the last. */
  leaving: 64,
  left: 128,
  /** Something has begun, and has so much time. */
  begun: 256,
} as const;

export class Http2Session implements LineFlow, WakeFlow, TurnFlow, Session, FrameSink, FrameOwner {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  readonly line: Line;
  readonly client: Client;
  readonly isSecure: boolean;
  guest: Guest | null;
  /** As a plan has it that may have come since. */
  listener: ListenerSite;
  readonly #context: Context;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder = new HpackDecoder(tableBytesMax);
  readonly #streams: Map<number, Http2Stream> = new Map();
  readonly #oddities: Oddities;
  #phase: number = phase.open;
  #marks = 0;
  #standing: number;
  #preface: Uint8Array | null = null;
  #prefaceOf: Forwarding | null = null;
  /** Not yet understood. */
  #pending: Uint8Array | null = null;
  #lastStream = 0;
  #requests = 0;
  /** Requests that may still begin in this turn. */
  #turnLeft = 0;
  /** What the client takes of all streams together, and of one when it begins. */
  #sendWindow = initialWindowBytes;
  #streamWindow = initialWindowBytes;
  #receiveWindow = connectionWindowBytes;
  #unacknowledged = 0;
  /** Those that have something to send, in turn. */
  readonly #waiting: Http2Stream[] = [];
  #isWindowOpened = false;
  #stuckFrames = 0;
  readonly #forgiven: number[] = [];
  #isTableTold = false;
  #heldSeen = 0;

  /** Takes the connection over. */
  constructor(context: Context, former: Downstream) {
    this.#context = context;
    this.listener = former.cede();
    this.line = former.line;
    this.client = former.client;
    this.isSecure = former.isSecure;
    this.guest = former.guest;
    this.#standing = this.listener.forwarding.standingOf(this.client.address);
    this.#reader = new FrameReader(this, context.limits.headBytesMax);
    this.#oddities = new Oddities(context.port.nowMs);
    context.downstreams.add(this);
    this.#count(listenerCell.http2Connections);
    const { limits, port } = context;
    const frames = this.#frames();
    putSettings(frames, [
      [setting.maxConcurrentStreams, limits.streamsPerConnectionMax],
      [setting.initialWindowSize, streamWindowBytes],
      [setting.maxHeaderListSize, limits.headBytesMax],
      [setting.noRfc7540Priorities, 1],
    ]);
    putWindowUpdate(frames, 0, connectionWindowBytes - initialWindowBytes);
    this.flush();
    this.#marks |= mark.begun;
    port.wake(this, port.nowMs + this.listener.plan.timeouts.headMs);
  }

  /** The former has received this, and made nothing of it. */
  begin(bytes: Uint8Array): void {
    this.#pending = bytes;
    this.#pump();
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  #count(cell: number): void {
    this.#context.tally.cells[this.listener.row + cell]!++;
  }

  get isTrusted(): boolean {
    return (this.#standing & standing.trusted) !== 0;
  }

  get isExcepted(): boolean {
    return (this.#standing & standing.excepted) !== 0;
  }

  guestNow(): Guest {
    this.guest ??= new Guest(this.#context, this.listener, this.client);
    return this.guest;
  }

  preface(forwarding: Forwarding): Uint8Array {
    if (this.#prefaceOf !== forwarding || this.#preface === null) {
      this.#preface = forwarding.preface(this.client, this.#context.requestIdPrefix, true);
      this.#prefaceOf = forwarding;
    }
    return this.#preface;
  }

  get isLeaving(): boolean {
    return this.#context.isDraining || this.#is(mark.leaving);
  }

  // ---- the line ----

  received(bytes: Uint8Array): void {
    this.#context.tally.cells[this.listener.row + listenerCell.bytesReceived]! += bytes.length;
    if (this.#phase !== phase.open) return;
    this.#pending = this.#pending === null ? bytes : joined(this.#pending, bytes);
    this.#pump();
  }

  drained(): void {
    if (this.#phase === phase.closed) return;
    this.#stuckFrames = 0;
    if (this.#phase === phase.lingering) return this.#lingerOn();
    this.#marks &= ~mark.stuck;
    this.#isWindowOpened = true;
    this.#marks |= mark.gathering;
    // What waits for the connection and for nothing of its own.
    for (const stream of [...this.#streams.values()]) if (!stream.isHolding) stream.exchange?.drainedDown();
    this.#marks &= ~mark.gathering;
    this.#pump();
  }

  ended(): void {
    this.#marks |= mark.ended;
    if (this.#phase === phase.lingering && this.line.heldBytes === 0) return this.#close(false);
    this.#pump();
  }

  closed(isReset: boolean): void {
    this.#marks |= mark.gone;
    this.#abandonAll(isReset);
    this.#gone();
  }

  ticked(): void {
    // Each of them has a time of its own.
    if (this.#phase === phase.closed || this.#streams.size > 0) return;
    // A client that holds what it was sent unread loses it.
    if (this.#isTaking()) return this.#wake(this.listener.plan.timeouts.readMs);
    if (this.#phase === phase.lingering || this.line.heldBytes > 0) return this.#close(this.line.heldBytes > 0);
    if (this.#is(mark.leaving)) this.#leaveNow();
    else this.leave();
  }

  #isTaking(): boolean {
    const former = this.#heldSeen;
    this.#heldSeen = this.line.heldBytes;
    return this.#heldSeen > 0 && this.#heldSeen !== former;
  }

  // ---- frames that have come ----

  /** What is pending, as far as it goes, and what can be sent. */
  #pump(): void {
    if (this.#is(mark.gathering) || this.#phase !== phase.open) return;
    this.#marks |= mark.gathering;
    if (this.#pending !== null && !this.#is(mark.yielding | mark.stuck)) this.#read(this.#pending);
    if (this.#is(mark.ended) && !this.#is(mark.yielding | mark.stuck | mark.inputOver)) this.#inputOver();
    this.#serve();
    this.#marks &= ~mark.gathering;
    this.flush();
    if (this.#streams.size === 0) this.#rested();
  }

  #read(pending: Uint8Array): void {
    const { port } = this.#context;
    const reader = this.#reader;
    this.#pending = null;
    this.#turnLeft = port.requestsAtOnce;
    const next = reader.read(pending, 0, pending.length);
    if (this.#phase !== phase.open) return;
    if (reader.error !== -1) return this.#fail(reader.error, reader.reason);
    const isAll = next === pending.length;
    // Little that is left of much is copied.
    const isLittle = (pending.length - next) * 4 < pending.length;
    if (!isAll) this.#pending = isLittle ? pending.slice(next) : pending.subarray(next);
    // What anybody keeps of it is a copy.
    if (isAll || isLittle) port.spent = pending;
    if (this.#stuckFrames > stuckFramesMax && this.line.isHolding) {
      this.#marks |= mark.stuck;
      this.line.pause();
    } else if (this.#turnLeft <= 0 && !isAll) {
      this.#marks |= mark.yielding;
      this.line.pause();
      port.giveWay(this);
    } else this.line.resume();
  }

  /** Nothing more will come. What was asked in full is answered. */
  #inputOver(): void {
    this.#marks |= mark.inputOver;
    for (const stream of [...this.#streams.values()]) stream.leaveHalfWay(this.listener.plan.isAbortedByClose);
  }

  goOn(): void {
    this.#marks &= ~mark.yielding;
    this.#pump();
  }

  headers(id: number, isEndStream: boolean, dependency: number, bytes: Uint8Array, start: number, end: number): void {
    const { fields } = this.#context.http2;
    if (!this.#decoder.decode(bytes, start, end, fields))
      return this.#reader.refuse(errorCode.compressionError, "header block malformed");
    const stream = this.#streams.get(id);
    if (stream !== undefined) {
      if (stream.isInputEnded) return this.broken(id, errorCode.streamClosed);
      return isEndStream ? stream.endInputWith(fields) : this.broken(id, errorCode.protocolError);
    }
    if (id <= this.#lastStream && (id & 1) === 1) {
      // It may have been on its way when we have ended the stream.
      if (this.#forgiven.includes(id)) return;
      return this.#reader.refuse(errorCode.streamClosed, "HEADERS on a closed stream");
    }
    if ((id & 1) === 0) return this.#reader.refuse(errorCode.protocolError, "a client's streams are odd");
    // Behind a GOAWAY nothing begins; the client knows, and asks elsewhere.
    if (this.#is(mark.left)) return this.#count(listenerCell.streamsRefused);
    this.#lastStream = id;
    if (dependency === id) return this.broken(id, errorCode.protocolError);
    const { streamsPerConnectionMax, requestsPerConnectionMax } = this.#context.limits;
    if (this.#streams.size >= streamsPerConnectionMax) {
      this.#count(listenerCell.streamsRefused);
      return this.broken(id, errorCode.refusedStream);
    }
    const opened = new Http2Stream(this, this.#context, id, this.#streamWindow, streamWindowBytes);
    this.#streams.set(id, opened);
    this.#marks &= ~mark.begun;
    this.#requests++;
    if (requestsPerConnectionMax > 0 && this.#requests >= requestsPerConnectionMax) this.leave();
    opened.begin(fields, isEndStream);
    if (--this.#turnLeft === 0) this.#reader.rest();
  }

  dataBegins(id: number, length: number): void {
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0)
      return this.#reader.refuse(errorCode.flowControlError, "more DATA than the connection's window");
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (!this.#isKnown(id)) return this.#reader.refuse(errorCode.protocolError, "DATA on an idle stream");
      return this.#forgiven.includes(id) ? undefined : this.broken(id, errorCode.streamClosed);
    }
    if (stream.isInputEnded) return this.broken(id, errorCode.streamClosed);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) this.broken(id, errorCode.flowControlError);
  }

  data(id: number, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) this.#takenOfAll(end - start);
    else stream.content(bytes, start, end);
  }

  dataEnds(id: number, length: number, contentBytes: number, isEndStream: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#takenOfAll(length - contentBytes);
    this.taken(stream, length - contentBytes);
    if (isEndStream) stream.endInput();
  }

  priority(id: number, dependency: number): void {
    this.oddity();
    if (dependency === id) this.broken(id, errorCode.protocolError);
  }

  rstStream(id: number, _code: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (!this.#isKnown(id)) this.#reader.refuse(errorCode.protocolError, "RST_STREAM on an idle stream");
      else if (!this.#forgiven.includes(id)) this.oddity();
      return;
    }
    if (!stream.isAnswerWhole) {
      this.#count(listenerCell.streamsReset);
      this.oddity();
    }
    this.cancel(stream);
  }

  setting(name: number, value: number): void {
    const reader = this.#reader;
    if (name === setting.enablePush && value > 1)
      reader.refuse(errorCode.protocolError, "SETTINGS_ENABLE_PUSH out of range");
    else if (name === setting.maxFrameSize && (value < frameBytesMax || value > frameBytesLimit))
      reader.refuse(errorCode.protocolError, "SETTINGS_MAX_FRAME_SIZE out of range");
    else if (name === setting.initialWindowSize && value > windowBytesMax)
      reader.refuse(errorCode.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE out of range");
    else if (name === setting.initialWindowSize) this.#resizeWindows(value);
  }

  /** Those of streams under way change with it, and may become negative (section 6.9.2). */
  #resizeWindows(bytes: number): void {
    const change = bytes - this.#streamWindow;
    this.#streamWindow = bytes;
    this.#isWindowOpened ||= change > 0;
    for (const stream of this.#streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > windowBytesMax)
        return this.#reader.refuse(errorCode.flowControlError, "a window of more than 2^31-1 bytes");
    }
  }

  settings(isAck: boolean): void {
    if (isAck) return;
    this.oddity();
    putFrameHeader(this.#control(), 0, frameType.settings, flag.ack, 0);
  }

  ping(isAck: boolean, bytes: Uint8Array, at: number): void {
    if (isAck) {
      if (this.#is(mark.leaving) && !this.#is(mark.left)) this.#leaveNow();
      return;
    }
    this.oddity();
    const frames = this.#control();
    putFrameHeader(frames, 8, frameType.ping, flag.ack, 0);
    frames.copy(bytes, at, at + 8);
  }

  /** The client opens no more streams of ours, for it has opened none. */
  goaway(): void {
    this.oddity();
  }

  windowUpdate(id: number, increment: number): void {
    const stream = this.#streams.get(id);
    if (id !== 0 && stream === undefined) {
      if (!this.#isKnown(id)) this.#reader.refuse(errorCode.protocolError, "WINDOW_UPDATE on an idle stream");
      return;
    }
    this.#isWindowOpened = true;
    if (stream === undefined) {
      if (increment === 0) return this.#reader.refuse(errorCode.protocolError, "WINDOW_UPDATE of 0");
      this.#sendWindow += increment;
      if (this.#sendWindow > windowBytesMax)
        this.#reader.refuse(errorCode.flowControlError, "a window of more than 2^31-1 bytes");
      return;
    }
    if (increment === 0) return this.broken(id, errorCode.protocolError);
    stream.sendWindow += increment;
    if (stream.sendWindow > windowBytesMax) return this.broken(id, errorCode.flowControlError);
    if (stream.isWanting) this.enqueue(stream);
  }

  oddity(): void {
    if (this.#oddities.note(this.#context.port.nowMs)) return;
    this.#reader.refuse(errorCode.enhanceYourCalm, "too much that is no request");
  }

  /** A stream error: of one that is there, is no more, or was not to be. */
  broken(id: number, code: number): void {
    this.oddity();
    const stream = this.#streams.get(id);
    if (stream !== undefined) return this.#endStream(stream, code);
    putRstStream(this.#control(), id, code);
    this.#forgive(id);
  }

  /** The client has opened it once. */
  #isKnown(id: number): boolean {
    return (id & 1) === 1 && id <= this.#lastStream;
  }

  // ---- windows ----

  /** Content of a stream has been taken: the client may send as much more. */
  taken(stream: Http2Stream, bytes: number): void {
    this.#takenOfAll(bytes);
    stream.unacknowledged += bytes;
    if (stream.unacknowledged * 2 < streamWindowBytes || stream.isInputEnded) return;
    putWindowUpdate(this.#control(), stream.id, stream.unacknowledged);
    stream.receiveWindow += stream.unacknowledged;
    stream.unacknowledged = 0;
  }

  #takenOfAll(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged * 2 < connectionWindowBytes || this.#phase !== phase.open) return;
    putWindowUpdate(this.#control(), 0, this.#unacknowledged);
    this.#receiveWindow += this.#unacknowledged;
    this.#unacknowledged = 0;
  }

  /** How much of its content may be sent now. */
  room(stream: Http2Stream): number {
    if (this.line.isHolding) return 0;
    return Math.max(0, Math.min(this.#sendWindow, stream.sendWindow));
  }

  enqueue(stream: Http2Stream): void {
    if (stream.noteQueued()) this.#waiting.push(stream);
  }

  /** One frame of each that waits, in turn, for as long as there is room. */
  #serve(): void {
    const waiting = this.#waiting;
    if (this.#isWindowOpened) {
      this.#isWindowOpened = false;
      for (const stream of this.#streams.values()) if (stream.isWanting) this.enqueue(stream);
    }
    while (waiting.length > 0 && this.#sendWindow > 0 && !this.line.isHolding && this.#phase === phase.open)
      waiting.shift()!.pump();
  }

  // ---- frames that go out ----

  #frames(): Output {
    return this.#context.http2.framesOf(this);
  }

  /** For a frame that is no DATA: it is sent though the client takes nothing, for a while. */
  #control(): Output {
    if (this.line.isHolding) this.#stuckFrames++;
    const frames = this.#frames();
    this.#context.http2.lastStream = 0;
    return frames;
  }

  sendHead(stream: Http2Stream, head: Head, isLast: boolean): void {
    const frames = this.#control();
    const at = frames.length;
    putFrameHeader(frames, 0, frameType.headers, isLast ? flag.endStream : 0, stream.id);
    this.#tellTable(frames);
    putResponseHead(frames, head);
    closeHeaders(frames, at, stream.id);
  }

  sendData(stream: Http2Stream, bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#sendWindow -= size;
    stream.sendWindow -= size;
    const frames = this.#frames();
    const kit = this.#context.http2;
    kit.lastAt = frames.length;
    kit.lastStream = stream.id;
    putFrameHeader(frames, size, frameType.data, 0, stream.id);
    frames.copy(bytes, start, end);
    if (frames.length >= flushBytes) this.#send();
  }

  /** The last of a stream: its trailers, or the mark on its last DATA. */
  sendEnd(stream: Http2Stream, trailers: Output | null): void {
    const kit = this.#context.http2;
    const frames = this.#frames();
    if (trailers !== null && trailers.length > 2) {
      kit.lastStream = 0;
      const at = frames.length;
      putFrameHeader(frames, 0, frameType.headers, flag.endStream, stream.id);
      this.#tellTable(frames);
      putTrailers(frames, trailers.bytes, trailers.length);
      closeHeaders(frames, at, stream.id);
    } else if (kit.lastStream === stream.id) frames.bytes[kit.lastAt + 4]! |= flag.endStream;
    else putFrameHeader(frames, 0, frameType.data, flag.endStream, stream.id);
  }

  /** That our blocks need no table: once, before the first. */
  #tellTable(frames: Output): void {
    if (this.#isTableTold) return;
    this.#isTableTold = true;
    putNoTable(frames);
  }

  flush(): void {
    if (this.#context.http2.framesFor(this) !== null) this.#send();
  }

  /** Said when something was sent out of turn. */
  flushUnlessGathering(): void {
    if (this.#is(mark.gathering)) return;
    // What has become of its stream may let others go on.
    this.#serve();
    this.flush();
    if (this.#streams.size === 0 && this.#phase === phase.open) this.#rested();
  }

  #send(): void {
    const kit = this.#context.http2;
    const frames = kit.framesOf(this);
    if (!this.#is(mark.gone)) this.line.send(frames.bytes, 0, frames.length);
    kit.clear();
  }

  get lineHeldBytes(): number {
    return this.line.isHolding ? this.line.heldBytes : 0;
  }

  // ---- streams that end ----

  /** By us, with word to the client. What becomes of its exchange is known to who says this. */
  resetStream(stream: Http2Stream, code: number): void {
    putRstStream(this.#control(), stream.id, code);
    this.remove(stream);
  }

  /** By us: an error of the client's. */
  #endStream(stream: Http2Stream, code: number): void {
    putRstStream(this.#control(), stream.id, code);
    this.cancel(stream);
  }

  /** The client does not want it any more. */
  cancel(stream: Http2Stream): void {
    this.#forget(stream);
    stream.abandoned(true);
  }

  remove(stream: Http2Stream): void {
    this.#forget(stream);
    stream.closed();
  }

  #forget(stream: Http2Stream): void {
    if (!this.#streams.delete(stream.id)) return;
    if (!stream.isInputEnded) this.#forgive(stream.id);
    this.#takenOfAll(stream.inputBytes);
  }

  #forgive(id: number): void {
    this.#forgiven.push(id);
    if (this.#forgiven.length > forgivenMax) this.#forgiven.shift();
  }

  // ---- the end ----

  /** No stream is under way. */
  #rested(): void {
    if (this.#phase !== phase.open) return;
    if (this.#is(mark.left | mark.inputOver)) return this.#finish();
    if (this.#is(mark.leaving)) return;
    const { idleMs, readMs, headMs } = this.listener.plan.timeouts;
    const isBegun = this.#reader.isInside || this.#pending !== null;
    if (this.line.isHolding) this.#wake(readMs);
    else if (!isBegun) this.#wake(idleMs);
    else if (!this.#is(mark.begun)) this.#wake(headMs);
    if (isBegun) this.#marks |= mark.begun;
    else this.#marks &= ~mark.begun;
  }

  #wake(delayMs: number): void {
    const { port } = this.#context;
    port.wake(this, port.nowMs + delayMs);
  }

  /** No further streams: those that are on their way are still served, until the client has read this (section 6.8). */
  leave(): void {
    if (this.#phase !== phase.open || this.#is(mark.leaving)) return;
    this.#marks |= mark.leaving;
    const frames = this.#control();
    putGoaway(frames, windowBytesMax, errorCode.noError, "");
    putFrameHeader(frames, 8, frameType.ping, 0, 0);
    frames.hex32(0, 8);
    this.#wake(this.listener.plan.timeouts.lingerMs);
    if (!this.#is(mark.gathering)) this.flush();
  }

  /** It has read it. */
  #leaveNow(): void {
    this.#marks |= mark.left;
    putGoaway(this.#control(), this.#lastStream, errorCode.noError, "");
    if (!this.#is(mark.gathering)) this.flush();
    if (this.#streams.size === 0 && !this.#is(mark.gathering)) this.#finish();
  }

  /** An error of the connection: all of its streams end with it. */
  #fail(code: number, reason: string): void {
    this.#count(listenerCell.http2Errors);
    putGoaway(this.#control(), this.#lastStream, code, reason);
    this.#abandonAll(true);
    this.guest?.note("error", 1);
    this.#finish();
  }

  /** The client is to read what it was told before anything it still sends is answered by a RST. */
  #finish(): void {
    if (this.#phase !== phase.open) return;
    this.flush();
    this.#pending = null;
    if (this.#is(mark.ended) && this.line.heldBytes === 0) return this.#close(false);
    this.#phase = phase.lingering;
    this.line.end();
    this.line.resume();
    this.#lingerOn();
  }

  #lingerOn(): void {
    if (this.#is(mark.ended) && this.line.heldBytes === 0) return this.#close(false);
    const { readMs, lingerMs } = this.listener.plan.timeouts;
    this.#wake(this.line.heldBytes > 0 ? readMs : lingerMs);
  }

  #close(isReset: boolean): void {
    if (this.#phase === phase.closed) return;
    this.#abandonAll(true);
    this.#context.http2.discard(this);
    this.#gone();
    if (this.#is(mark.gone)) return;
    if (isReset) this.line.reset();
    else this.line.destroy();
  }

  /** Without a word to the client. */
  forsake(): void {
    if (this.#phase === phase.closed) return;
    this.#abandonAll(true);
    this.#context.http2.discard(this);
    this.#gone();
    if (!this.#is(mark.gone)) this.line.drop();
  }

  #abandonAll(isReset: boolean): void {
    for (const stream of [...this.#streams.values()]) {
      this.#streams.delete(stream.id);
      stream.abandoned(isReset);
    }
  }

  drain(): void {
    this.leave();
  }

  renewed(site: Site): void {
    const own = this.listener.plan;
    const next = site.listener(own.slot);
    if (next?.plan.name === own.name && next.plan.mode === own.mode) this.listener = next;
    if (this.guest !== null) this.guest.listener = this.listener;
    this.#standing = this.listener.forwarding.standingOf(this.client.address);
    if (next?.plan.name === own.name && asksForMore(own.tls, next.plan.tls)) this.leave();
  }

  get underWay(): ListenerSite | null {
    return this.#streams.size === 0 ? null : this.listener;
  }

  cut(): void {
    if (this.#phase === phase.closed) return;
    const isBusy = this.#streams.size > 0;
    for (const stream of [...this.#streams.values()]) {
      this.#streams.delete(stream.id);
      stream.cut();
    }
    this.#close(isBusy);
  }

  #gone(): void {
    if (this.#phase === phase.closed) return;
    this.#phase = phase.closed;
    this.#pending = null;
    this.#reader.rest();
    this.guest?.release();
    this.#context.port.forget(this);
    this.#context.downstreams.delete(this);
    countClosed(this.#context.tally, this.listener.row);
  }
}
