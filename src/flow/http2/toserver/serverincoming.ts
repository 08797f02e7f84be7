// What a server says on a connection of HTTP/2 (RFC 9113 sections 5 and 6), frame by frame, as incoming.ts has it for clients: which
// stream is meant, what it does to windows, and how much a server may say that is no answer. What has come of one stream in one
// read is put together as HTTP/1.1 has it, and told in one piece.

import { errorCode, frameBytesMax, setting, windowBytesMax } from "../../../wire/http2/frame.ts";
import { FrameReader, type FrameSink } from "../../../wire/http2/framereader.ts";
import { HpackDecoder } from "../../../wire/http2/hpack/decoder.ts";
import type { Context } from "../../context.ts";
import { Patience } from "./patience.ts";
import type { ServerSession } from "./serversession.ts";
import type { ServerStream } from "./serverstream.ts";

/** What a server may send of all streams together before it is told that more is taken. */
export const connectionWindowBytes: number = 4 * 1024 * 1024;
/** A head that is too large ends its stream; only one that is so many times too large all of its connection. */
const blocksMax = 4;
const tableBytesMax = 4096;
const frameBytesLimit = 0xffffff;
/** As of clients: a read may have 50,000 of ten bytes. */
const framesAtOnce = 2048;

export class ServerIncoming implements FrameSink {
  isWindowOpened = false;
  /** Its SETTINGS have come. */
  hasBegun = false;
  readonly #session: ServerSession;
  readonly #context: Context;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder = new HpackDecoder(tableBytesMax);
  readonly #patience: Patience;
  #framesLeft = 0;
  /** Whose words stand in the kit. */
  #gathered: ServerStream | null = null;
  #receiveWindow = connectionWindowBytes;
  #unacknowledged = 0;
  /** Content that is not told to be taken, since too much is held in all. */
  #withheldBytes = 0;
  #windowAsked = -1;

  constructor(session: ServerSession, context: Context) {
    this.#session = session;
    this.#context = context;
    this.#reader = new FrameReader(this, context.limits.headBytesMax * blocksMax, true);
    this.#patience = new Patience(context.port.nowMs);
  }

  get error(): number {
    return this.#reader.error;
  }

  get reason(): string {
    return this.#reader.reason;
  }

  get isTurnOver(): boolean {
    return this.#framesLeft <= 0;
  }

  /** Half of its window is used up, and not opened for now: who comes new goes elsewhere. */
  get isWithholding(): boolean {
    return this.#withheldBytes * 2 > connectionWindowBytes;
  }

  /** As FrameReader.read. */
  read(bytes: Uint8Array): number {
    this.#framesLeft = framesAtOnce;
    const next = this.#reader.read(bytes, 0, bytes.length);
    this.#pass();
    return next;
  }

  stop(): void {
    this.#reader.rest();
  }

  // ---- answers ----

  headers(id: number, isEndStream: boolean, _dependency: number, bytes: Uint8Array, start: number, end: number): void {
    this.#countFrame();
    this.#turnTo(id);
    const { fields } = this.#context.http2;
    if (!this.#decoder.decode(bytes, start, end, fields))
      return this.#reader.refuse(errorCode.compressionError, "header block malformed");
    const stream = this.#session.streams.get(id);
    // It was read to its end, for the table has to be kept in step.
    if (stream === undefined) return this.#isKnown(id) ? this.oddity() : this.#refuseIdle("HEADERS");
    if (stream.hasHeardAll) return this.broken(id, errorCode.streamClosed);
    this.#patience.earn();
    this.#gather(stream);
    stream.head(fields, isEndStream);
    this.#endIfOver(stream);
  }

  dataBegins(id: number, length: number): void {
    this.#countFrame();
    this.#turnTo(id);
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0)
      return this.#reader.refuse(errorCode.flowControlError, "more DATA than the connection's window");
    const stream = this.#session.streams.get(id);
    if (stream === undefined) return this.#isKnown(id) ? undefined : this.#refuseIdle("DATA");
    if (stream.hasHeardAll || !stream.isAnswering) return this.broken(id, errorCode.protocolError);
    stream.intake.window -= length;
    if (stream.intake.window < 0) this.broken(id, errorCode.flowControlError);
  }

  data(id: number, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#session.streams.get(id);
    if (stream === undefined) return this.#taken(end - start);
    this.#patience.earn();
    this.#gather(stream);
    stream.content(bytes, start, end);
  }

  dataEnds(id: number, length: number, contentBytes: number, isEndStream: boolean): void {
    this.#taken(length - contentBytes);
    const stream = this.#session.streams.get(id);
    if (stream === undefined) return;
    if (length > contentBytes) stream.padded(length - contentBytes);
    if (!isEndStream) return;
    this.#gather(stream);
    stream.endContent();
    this.#endIfOver(stream);
  }

  /** Only what has come of one stream stands in the kit. Whoever is told the rest may end other streams: this one is looked up after it. */
  #turnTo(id: number): void {
    if (this.#gathered !== null && this.#gathered.id !== id) this.#pass();
  }

  #gather(stream: ServerStream): void {
    this.#gathered = stream;
  }

  #pass(): void {
    const stream = this.#gathered;
    if (stream === null) return;
    this.#gathered = null;
    stream.pass();
  }

  /** Both have said all: its number is free before anybody hears of it. */
  #endIfOver(stream: ServerStream): void {
    if (stream.hasHeardAll && stream.hasSaidAll) this.#session.remove(stream);
  }

  /** What was gathered of it goes nowhere. */
  forget(stream: ServerStream): void {
    if (this.#gathered !== stream || stream.hasHeardAll) return;
    this.#gathered = null;
    this.#context.http2.told.clear();
  }

  rstStream(id: number, code: number): void {
    this.#pass();
    const stream = this.#session.streams.get(id);
    if (stream === undefined) {
      if (!this.#isKnown(id)) this.#refuseIdle("RST_STREAM");
      else this.oddity();
      return;
    }
    this.#session.remove(stream);
    if (code === errorCode.http11Required) return this.#outdate(stream);
    if (code === errorCode.enhanceYourCalm && !stream.isAnswering) {
      // It bears no more over this connection (node:http2 says so while much of others' answers waits), which is not to say that it has not begun.
      this.#session.crowded();
      return stream.lose();
    }
    if (code !== errorCode.refusedStream) return stream.lose(true);
    this.#session.crowded();
    stream.unprocessed();
  }

  /** Whoever says so has not answered it, and will by HTTP/1.1. */
  #outdate(stream: ServerStream): void {
    this.#session.outdated();
    stream.outdated(this.#session.preface);
  }

  /** No further streams; those above the last have not been looked at (section 6.8). */
  goaway(lastStream: number, code: number): void {
    this.#pass();
    this.oddity();
    const session = this.#session;
    if (code === errorCode.http11Required) session.outdated();
    session.leave();
    for (const stream of session.streams.copy()) {
      if (stream.id <= lastStream || session.streams.get(stream.id) !== stream) continue;
      session.remove(stream);
      if (code === errorCode.http11Required) this.#outdate(stream);
      else stream.unprocessed();
    }
  }

  // ---- settings and windows ----

  setting(name: number, value: number): void {
    const reader = this.#reader;
    if (name === setting.maxConcurrentStreams) this.#session.allows(value);
    else if (name === setting.enablePush && value !== 0)
      reader.refuse(errorCode.protocolError, "SETTINGS_ENABLE_PUSH of a server");
    else if (name === setting.maxFrameSize && (value < frameBytesMax || value > frameBytesLimit))
      reader.refuse(errorCode.protocolError, "SETTINGS_MAX_FRAME_SIZE out of range");
    else if (name === setting.initialWindowSize && value > windowBytesMax)
      reader.refuse(errorCode.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE out of range");
    else if (name === setting.initialWindowSize) this.#windowAsked = value;
  }

  settings(isAck: boolean): void {
    if (isAck) return;
    this.hasBegun = true;
    this.oddity();
    if (this.#windowAsked !== -1) this.#resizeWindows(this.#windowAsked);
    this.#windowAsked = -1;
    this.#session.outgoing.acknowledgeSettings();
  }

  #resizeWindows(bytes: number): void {
    const { outgoing, streams } = this.#session;
    const change = bytes - outgoing.streamWindow;
    outgoing.streamWindow = bytes;
    this.isWindowOpened ||= change > 0;
    for (const stream of streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > windowBytesMax)
        return this.#reader.refuse(errorCode.flowControlError, "a window of more than 2^31-1 bytes");
    }
  }

  windowUpdate(id: number, increment: number): void {
    this.#countFrame();
    const stream = this.#session.streams.get(id);
    if (id !== 0 && stream === undefined) {
      if (!this.#isKnown(id)) this.#refuseIdle("WINDOW_UPDATE");
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
    stream.sendWindow += increment;
    if (stream.sendWindow > windowBytesMax) this.broken(id, errorCode.flowControlError);
  }

  /** Content has been taken out of the connection's window: the server may send as much more. */
  #taken(bytes: number): void {
    const { untaken } = this.#context;
    if (bytes > 0 && untaken.isTooMuch) {
      if (this.#withheldBytes === 0) untaken.enlist(this);
      this.#withheldBytes += bytes;
      return;
    }
    this.#unacknowledged += bytes;
    if (this.#unacknowledged * 2 < connectionWindowBytes) return;
    this.#session.outgoing.windowUpdate(0, this.#unacknowledged);
    this.#receiveWindow += this.#unacknowledged;
    this.#unacknowledged = 0;
  }

  /** Content of a stream: that counts for the connection when it has come, whether its client takes it or not. */
  came(bytes: number): void {
    this.#taken(bytes);
  }

  /** Much of what was held, wherever, has been taken. */
  relieved(): void {
    this.#unacknowledged += this.#withheldBytes;
    this.#withheldBytes = 0;
    if (this.#session.outgoing.isGone) return;
    this.#taken(0);
    this.#session.outgoing.flushUnlessGathering();
  }

  // ---- the rest ----

  priority(): void {
    this.oddity();
  }

  ping(isAck: boolean, bytes: Uint8Array, at: number): void {
    if (isAck) return;
    this.oddity();
    this.#session.outgoing.ping(true, bytes, at);
  }

  oddity(): void {
    if (this.#patience.note(this.#context.port.nowMs)) return;
    this.#reader.refuse(errorCode.enhanceYourCalm, "too much that is no answer");
  }

  /** A stream error: who has asked sees that the answer is none, or not whole. */
  broken(id: number, code: number): void {
    this.oddity();
    const stream = this.#session.streams.get(id);
    this.#session.outgoing.reset(id, code);
    if (stream === undefined) return;
    if (this.#gathered === stream) {
      this.#gathered = null;
      this.#context.http2.told.clear();
    }
    this.#session.remove(stream);
    stream.malformed();
  }

  #countFrame(): void {
    if (--this.#framesLeft === 0) this.#reader.rest();
  }

  /** We have opened it once. */
  #isKnown(id: number): boolean {
    return (id & 1) === 1 && id <= this.#session.lastId;
  }

  #refuseIdle(what: string): void {
    this.#reader.refuse(errorCode.protocolError, `${what} on a stream that was never opened`);
  }
}
