// What a client says on one connection of HTTP/2 (RFC 9113 sections 5 and 6), frame by frame: which stream is meant and whether it may
// be said of that, what it does to windows, and how much a client may say that is no request. The streams are the session's
// (session.ts); of those that are no more it knows the last, of which frames may still be on their way.

import { listenerCell } from "../../memory/tally.ts";
import { errorCode, frameBytesMax, setting, windowBytesMax } from "../../wire/http2/frame.ts";
import { FrameReader, type FrameSink } from "../../wire/http2/framereader.ts";
import { HpackDecoder } from "../../wire/http2/hpack/decoder.ts";
import type { Context } from "../context.ts";
import { Oddities } from "./oddities.ts";
import type { Http2Session } from "./session.ts";
import { Http2Stream } from "./stream.ts";

/** What a client may send of one stream's content before it is taken, and of all together. */
export const streamWindowBytes: number = 256 * 1024;
export const connectionWindowBytes: number = 1024 * 1024;
/** A head that is too large is answered; only one that is so many times too large ends its connection, for the table would not be known. */
const blocksMax = 4;
/** What the table of its fields may have (SETTINGS_HEADER_TABLE_SIZE, as it is unless somebody says otherwise). */
const tableBytesMax = 4096;
/** What SETTINGS_MAX_FRAME_SIZE may be at most (section 6.5.2). */
const frameBytesLimit = 0xffffff;
/** A read may have 50,000 of ten bytes, and each takes up to half a microsecond. */
const framesAtOnce = 2048;
/** Streams that we have ended: the last so many. */
const forgivenMax = 256;

export class Incoming implements FrameSink {
  /** The last that the client has opened. */
  lastStream = 0;
  /** The last that it has opened behind our GOAWAY. */
  #lastPassedOver = 0;
  /** Lines that wait may go on. */
  isWindowOpened = false;
  /** What had begun before the last read is over: what is there of a frame or a header block is of another. */
  hasEnded = false;
  readonly #session: Http2Session;
  readonly #context: Context;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder = new HpackDecoder(tableBytesMax);
  readonly #oddities: Oddities;
  /** As the client was told, whatever a plan says that has come since. */
  readonly #streamsMax: number;
  /** Requests that may still begin in this turn. */
  #turnLeft = 0;
  /** The same of frames that nothing else bounds: DATA and WINDOW_UPDATE. */
  #framesLeft = 0;
  /** Whose content stands in the kit. */
  #gathered: Http2Stream | null = null;
  /** What we take of all streams together, and have taken and not told yet. */
  #receiveWindow = connectionWindowBytes;
  #unacknowledged = 0;
  /** What a SETTINGS frame, of which the end has not come, says of streams' windows; -1: nothing. */
  #windowAsked = -1;
  readonly #forgiven: number[] = [];

  constructor(session: Http2Session, context: Context) {
    this.#session = session;
    this.#context = context;
    this.#streamsMax = context.limits.streamsPerConnectionMax;
    this.#reader = new FrameReader(this, context.limits.headBytesMax * blocksMax);
    this.#oddities = new Oddities(context.port.nowMs);
  }

  /** Why the connection has to end; -1 while it goes on. */
  get error(): number {
    return this.#reader.error;
  }

  get reason(): string {
    return this.#reader.reason;
  }

  /** Something has begun that is not there in full. */
  get isInside(): boolean {
    return this.#reader.isInside;
  }

  /** As many requests have begun as may in one turn, or so many frames come that it is somebody else's. */
  get isTurnOver(): boolean {
    return this.#turnLeft <= 0 || this.#framesLeft <= 0;
  }

  /** As FrameReader.read. */
  read(bytes: Uint8Array): number {
    this.#turnLeft = this.#context.port.requestsAtOnce;
    this.#framesLeft = framesAtOnce;
    // A block that goes on and on in small frames is one.
    this.hasEnded = false;
    const wasInside = this.#reader.isInside;
    const next = this.#reader.read(bytes, 0, bytes.length);
    this.hasEnded ||= next > 0 && !(wasInside && this.#reader.isInside);
    this.#pass();
    return next;
  }

  /** The connection is no more: nothing of what is there is looked at. */
  stop(): void {
    this.#reader.rest();
  }

  headers(id: number, isEndStream: boolean, dependency: number, bytes: Uint8Array, start: number, end: number): void {
    this.#pass();
    this.hasEnded = true;
    const { fields } = this.#context.http2;
    if (!this.#decoder.decode(bytes, start, end, fields))
      return this.#reader.refuse(errorCode.compressionError, "header block malformed");
    // Read to its end all the same, and thrown away: the table has to be kept in step.
    if (fields.isTooLarge) this.oddity();
    const stream = this.#session.streams.get(id);
    if (stream !== undefined) {
      if (stream.isEnded) return this.broken(id, errorCode.streamClosed);
      return isEndStream ? stream.endInputWith(fields) : this.broken(id, errorCode.protocolError);
    }
    if (id <= this.lastStream && (id & 1) === 1) {
      // It may have been on its way when we have ended the stream.
      if (this.#forgiven.includes(id)) return;
      return this.#reader.refuse(errorCode.streamClosed, "HEADERS on a closed stream");
    }
    if ((id & 1) === 0) return this.#reader.refuse(errorCode.protocolError, "a client's streams are odd");
    // Behind a GOAWAY nothing begins; the client knows, and asks elsewhere.
    if (this.#session.hasLeft) return this.#passOver(id);
    this.lastStream = id;
    if (dependency === id) return this.broken(id, errorCode.protocolError);
    if (this.#session.streams.size >= this.#streamsMax) {
      this.#session.count(listenerCell.streamsRefused);
      return this.broken(id, errorCode.refusedStream);
    }
    this.#session.open(new Http2Stream(this.#session, this.#context, id, streamWindowBytes), fields, isEndStream);
    if (--this.#turnLeft === 0) this.#reader.rest();
  }

  /** What else is said of it, which is on its way, is passed over as well. */
  #passOver(id: number): void {
    if (id <= this.#lastPassedOver) return;
    this.#lastPassedOver = id;
    this.#forgive(id);
    this.#session.count(listenerCell.streamsRefused);
  }

  dataBegins(id: number, length: number): void {
    if (--this.#framesLeft === 0) this.#reader.rest();
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0)
      return this.#reader.refuse(errorCode.flowControlError, "more DATA than the connection's window");
    const stream = this.#session.streams.get(id);
    if (stream === undefined) {
      if (!this.#isKnown(id)) return this.#reader.refuse(errorCode.protocolError, "DATA on an idle stream");
      return this.#forgiven.includes(id) ? undefined : this.broken(id, errorCode.streamClosed);
    }
    if (stream.isEnded) return this.broken(id, errorCode.streamClosed);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) this.broken(id, errorCode.flowControlError);
  }

  data(id: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#gathered !== null && this.#gathered.id !== id) this.#pass();
    this.#gathered ??= this.#session.streams.get(id) ?? null;
    if (this.#gathered === null) return this.#takenOfAll(end - start);
    this.#context.http2.content.copy(bytes, start, end);
  }

  /** What has come of one stream's content in one read goes on in one piece: its frames are cut anywhere. */
  #pass(): void {
    const stream = this.#gathered;
    if (stream === null) return;
    const { content } = this.#context.http2;
    this.#gathered = null;
    stream.content(content.bytes, 0, content.length);
    content.clear();
  }

  dataEnds(id: number, length: number, contentBytes: number, isEndStream: boolean): void {
    const stream = this.#session.streams.get(id);
    if (stream === undefined) return this.#takenOfAll(length - contentBytes);
    this.taken(stream, length - contentBytes);
    if (!isEndStream) return;
    this.#pass();
    // It may have been more than it said.
    if (this.#session.streams.get(id) === stream) stream.endInput();
  }

  priority(id: number, dependency: number): void {
    this.oddity();
    if (dependency === id) this.broken(id, errorCode.protocolError);
  }

  rstStream(id: number, _code: number): void {
    this.#pass();
    const stream = this.#session.streams.get(id);
    if (stream === undefined) {
      if (!this.#isKnown(id)) this.#reader.refuse(errorCode.protocolError, "RST_STREAM on an idle stream");
      else if (!this.#forgiven.includes(id)) this.oddity();
      return;
    }
    if (!stream.line.isWhole) {
      this.#session.count(listenerCell.streamsReset);
      this.oddity();
    }
    this.#session.cancel(stream);
  }

  setting(name: number, value: number): void {
    const reader = this.#reader;
    if (name === setting.enablePush && value > 1)
      reader.refuse(errorCode.protocolError, "SETTINGS_ENABLE_PUSH out of range");
    else if (name === setting.maxFrameSize && (value < frameBytesMax || value > frameBytesLimit))
      reader.refuse(errorCode.protocolError, "SETTINGS_MAX_FRAME_SIZE out of range");
    else if (name === setting.initialWindowSize && value > windowBytesMax)
      reader.refuse(errorCode.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE out of range");
    else if (name === setting.initialWindowSize) this.#windowAsked = value;
  }

  /** Those of streams under way change with it, and may become negative (section 6.9.2). */
  #resizeWindows(bytes: number): void {
    const change = bytes - this.#session.outgoing.streamWindow;
    this.#session.outgoing.streamWindow = bytes;
    this.isWindowOpened ||= change > 0;
    for (const { line } of this.#session.streams.values()) {
      line.sendWindow += change;
      if (line.sendWindow > windowBytesMax)
        return this.#reader.refuse(errorCode.flowControlError, "a window of more than 2^31-1 bytes");
    }
  }

  settings(isAck: boolean): void {
    if (isAck) return;
    this.oddity();
    // Of many in one frame the last holds.
    if (this.#windowAsked !== -1) this.#resizeWindows(this.#windowAsked);
    this.#windowAsked = -1;
    this.#session.outgoing.acknowledgeSettings();
  }

  ping(isAck: boolean, bytes: Uint8Array, at: number): void {
    if (isAck) return this.#session.answered();
    this.oddity();
    this.#session.outgoing.ping(true, bytes, at);
  }

  /** The client opens no more streams of ours, for it has opened none. */
  goaway(): void {
    this.oddity();
  }

  windowUpdate(id: number, increment: number): void {
    if (--this.#framesLeft === 0) this.#reader.rest();
    const stream = this.#session.streams.get(id);
    if (id !== 0 && stream === undefined) {
      if (!this.#isKnown(id)) this.#reader.refuse(errorCode.protocolError, "WINDOW_UPDATE on an idle stream");
      return;
    }
    this.isWindowOpened = true;
    if (stream === undefined) {
      if (increment === 0) return this.#reader.refuse(errorCode.protocolError, "WINDOW_UPDATE of 0");
      if (!this.#session.outgoing.widen(increment))
        this.#reader.refuse(errorCode.flowControlError, "a window of more than 2^31-1 bytes");
      return;
    }
    if (increment === 0) return this.broken(id, errorCode.protocolError);
    const { line } = stream;
    line.sendWindow += increment;
    if (line.sendWindow > windowBytesMax) return this.broken(id, errorCode.flowControlError);
    if (line.isWanting) this.#session.outgoing.enqueue(line);
  }

  oddity(): void {
    if (this.#oddities.note(this.#context.port.nowMs)) return;
    this.#reader.refuse(errorCode.enhanceYourCalm, "too much that is no request");
  }

  /** A stream error: of one that is there, is no more, or was not to be. */
  broken(id: number, code: number): void {
    this.oddity();
    const stream = this.#session.streams.get(id);
    this.#session.outgoing.reset(id, code);
    if (stream === undefined) this.#forgive(id);
    else this.#session.cancel(stream);
  }

  /** The client has opened it once. */
  #isKnown(id: number): boolean {
    return (id & 1) === 1 && id <= Math.max(this.lastStream, this.#lastPassedOver);
  }

  // ---- windows ----

  /** Content of a stream has been taken: the client may send as much more. */
  taken(stream: Http2Stream, bytes: number): void {
    this.#takenOfAll(bytes);
    stream.unacknowledged += bytes;
    if (stream.unacknowledged * 2 < streamWindowBytes || stream.isEnded) return;
    // It may have ended by what was taken.
    if (this.#session.streams.get(stream.id) !== stream) return;
    this.#session.outgoing.windowUpdate(stream.id, stream.unacknowledged);
    stream.receiveWindow += stream.unacknowledged;
    stream.unacknowledged = 0;
  }

  #takenOfAll(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged * 2 < connectionWindowBytes) return;
    this.#session.outgoing.windowUpdate(0, this.#unacknowledged);
    this.#receiveWindow += this.#unacknowledged;
    this.#unacknowledged = 0;
  }

  // ---- streams that are no more ----

  forget(stream: Http2Stream): void {
    if (!stream.isEnded) this.#forgive(stream.id);
    this.#takenOfAll(stream.inputBytes);
  }

  #forgive(id: number): void {
    this.#forgiven.push(id);
    if (this.#forgiven.length > forgivenMax) this.#forgiven.shift();
  }
}
