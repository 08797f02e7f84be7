// Frames out of bytes (RFC 9113 sections 3.4, 4 and 6): the preface of a client, then frame by frame. A frame is told once it is there in
// full, but for DATA, of which the content is told as it comes. What can be judged without knowing any stream is judged here: lengths,
// padding, where a frame may stand, and that a header block is one piece (section 4.3). It copies nothing but header blocks that
// come in several frames; bytes that are told are valid during the call.
//
//   preface ─> frame header ─ DATA ──> pad length ─> content ─> padding ─> frame header
//                   │ HEADERS without END_HEADERS ─> CONTINUATION … ─ END_HEADERS ─> frame header
//                   └ any other, in full ─> frame header

import { connectionPreface, errorCode, flag, frameBytesMax, frameHeaderBytes, frameType } from "./frame.ts";

/** Who is told. Each may call `FrameReader.refuse`, after which nothing more is told, or `FrameReader.rest`. */
export interface FrameSink {
  /** The header of a DATA frame; its whole length counts for flow control. */
  dataBegins(stream: number, length: number): void;
  /** Content of that frame. */
  data(stream: number, bytes: Uint8Array, start: number, end: number): void;
  /** `contentBytes` of its length were content. */
  dataEnds(stream: number, length: number, contentBytes: number, isEndStream: boolean): void;
  /** A whole header block: bytes[start, end). `dependency`: the stream that it says it depends on, -1 if it says none. */
  headers(
    stream: number,
    isEndStream: boolean,
    dependency: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  priority(stream: number, dependency: number): void;
  rstStream(stream: number, code: number): void;
  /** One pair of a SETTINGS frame. */
  setting(name: number, value: number): void;
  /** Behind its pairs; or that ours were taken. */
  settings(isAck: boolean): void;
  /** bytes[at, at + 8) is what a PING is answered with. */
  ping(isAck: boolean, bytes: Uint8Array, at: number): void;
  goaway(lastStream: number, code: number): void;
  windowUpdate(stream: number, increment: number): void;
  /** Something that is allowed, and that nobody does often: an empty frame, one that is not known. */
  oddity(): void;
  /** A frame of one stream only is malformed (a stream error). */
  broken(stream: number, code: number): void;
}

/** CONTINUATION frames of one header block, however small: what is left of a bound on its bytes when frames are empty. */
const continuationsMax = 64;

export class FrameReader {
  /** Why the connection has to end; -1 while it goes on. */
  error = -1;
  reason = "";
  #isResting = false;
  readonly #sink: FrameSink;
  readonly #isOfServer: boolean;
  /** Of all frames of a header block together. */
  readonly #blockBytesMax: number;
  #prefaceSeen = 0;
  /** Until the first frame, which has to be SETTINGS. */
  #isFirst = true;
  // The DATA frame under way.
  #dataStream = 0;
  #dataLength = 0;
  #dataEndStream = false;
  #contentLeft = 0;
  #contentBytes = 0;
  #padLeft = 0;
  #isInData = false;
  // The header block under way; null: none.
  #block: Uint8Array | null = null;
  #blockLength = 0;
  #blockStream = 0;
  #blockEndStream = false;
  #blockDependency = -1;
  #continuations = 0;

  /** `isOfServer`: what a server says, which has no preface but its SETTINGS, and was told to push nothing. */
  constructor(sink: FrameSink, blockBytesMax: number, isOfServer = false) {
    this.#sink = sink;
    this.#blockBytesMax = blockBytesMax;
    this.#isOfServer = isOfServer;
    if (isOfServer) this.#prefaceSeen = connectionPreface.length;
  }

  /** Something has begun that is not there in full: a header block, or the preface. */
  get isInside(): boolean {
    return this.#block !== null || this.#isFirst;
  }

  /** Said by who is told: the connection has to end. */
  refuse(code: number, reason: string): void {
    if (this.error !== -1) return;
    this.error = code;
    this.reason = reason;
  }

  /** Said by who is told: no further frame for now; `read` comes back before the next. */
  rest(): void {
    this.#isResting = true;
  }

  /** Follow bytes[start, end). Answers the index behind what was understood; the rest is to be shown again, with more behind it. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let next = start;
    this.#isResting = false;
    if (this.#prefaceSeen < connectionPreface.length) next = this.#readPreface(bytes, next, end);
    while (this.error === -1 && !this.#isResting) {
      if (this.#isInData) {
        const former = next;
        next = this.#readData(bytes, next, end);
        if (next === former && this.#isInData) break;
        continue;
      }
      if (end - next < frameHeaderBytes) break;
      const taken = this.#readFrame(bytes, next, end);
      if (taken === next) break;
      next = taken;
    }
    return next;
  }

  #readPreface(bytes: Uint8Array, start: number, end: number): number {
    let next = start;
    while (next < end && this.#prefaceSeen < connectionPreface.length) {
      if (bytes[next] !== connectionPreface[this.#prefaceSeen]) {
        this.refuse(errorCode.protocolError, "no connection preface");
        return next;
      }
      next++;
      this.#prefaceSeen++;
    }
    return next;
  }

  /** A frame of which the header is there. Answers `start` when it is not there in full. */
  #readFrame(bytes: Uint8Array, start: number, end: number): number {
    const length = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
    const type = bytes[start + 3]!;
    const flags = bytes[start + 4]!;
    const stream = readUint32(bytes, start + 5) & 0x7fffffff;
    if (length > frameBytesMax) {
      this.refuse(errorCode.frameSizeError, "frame too large");
      return start;
    }
    if (this.#isFirst && type !== frameType.settings) {
      this.refuse(errorCode.protocolError, "the first frame is no SETTINGS");
      return start;
    }
    if (this.#block !== null && (type !== frameType.continuation || stream !== this.#blockStream)) {
      this.refuse(errorCode.protocolError, "a frame inside of a header block");
      return start;
    }
    const at = start + frameHeaderBytes;
    if (type === frameType.data) return this.#beginData(bytes, at, end, length, flags, stream);
    if (end - at < length) return start;
    this.#dispatch(bytes, at, at + length, type, flags, stream);
    return at + length;
  }

  #dispatch(bytes: Uint8Array, at: number, end: number, type: number, flags: number, stream: number): void {
    const sink = this.#sink;
    const length = end - at;
    switch (type) {
      case frameType.headers:
        return this.#beginBlock(bytes, at, end, flags, stream);
      case frameType.continuation:
        return this.#continueBlock(bytes, at, end, flags);
      case frameType.priority:
        if (stream === 0) return this.refuse(errorCode.protocolError, "PRIORITY on stream 0");
        if (length !== 5) return sink.broken(stream, errorCode.frameSizeError);
        return sink.priority(stream, readUint32(bytes, at) & 0x7fffffff);
      case frameType.rstStream:
        if (stream === 0) return this.refuse(errorCode.protocolError, "RST_STREAM on stream 0");
        if (length !== 4) return this.refuse(errorCode.frameSizeError, "RST_STREAM of a wrong length");
        return sink.rstStream(stream, readUint32(bytes, at));
      case frameType.settings:
        return this.#readSettings(bytes, at, end, flags, stream);
      case frameType.pushPromise:
        return this.refuse(errorCode.protocolError, `PUSH_PROMISE from a ${this.#isOfServer ? "server" : "client"}`);
      case frameType.ping:
        if (stream !== 0) return this.refuse(errorCode.protocolError, "PING on a stream");
        if (length !== 8) return this.refuse(errorCode.frameSizeError, "PING of a wrong length");
        return sink.ping((flags & flag.ack) !== 0, bytes, at);
      case frameType.goaway:
        if (stream !== 0) return this.refuse(errorCode.protocolError, "GOAWAY on a stream");
        if (length < 8) return this.refuse(errorCode.frameSizeError, "GOAWAY of a wrong length");
        return sink.goaway(readUint32(bytes, at) & 0x7fffffff, readUint32(bytes, at + 4));
      case frameType.windowUpdate:
        if (length !== 4) return this.refuse(errorCode.frameSizeError, "WINDOW_UPDATE of a wrong length");
        return sink.windowUpdate(stream, readUint32(bytes, at) & 0x7fffffff);
      default:
        // Section 5.5: what is not known is passed over.
        return sink.oddity();
    }
  }

  // ---- DATA ----

  #beginData(bytes: Uint8Array, at: number, end: number, length: number, flags: number, stream: number): number {
    const start = at - frameHeaderBytes;
    if (stream === 0) {
      this.refuse(errorCode.protocolError, "DATA on stream 0");
      return start;
    }
    const isPadded = (flags & flag.padded) !== 0;
    if (isPadded && length === 0) {
      this.refuse(errorCode.frameSizeError, "padded DATA without a pad length");
      return start;
    }
    if (isPadded && at === end) return start;
    const padding = isPadded ? bytes[at]! : 0;
    const framing = isPadded ? 1 : 0;
    if (padding > length - framing) {
      this.refuse(errorCode.protocolError, "more padding than DATA");
      return start;
    }
    this.#isInData = true;
    this.#dataStream = stream;
    this.#dataLength = length;
    this.#dataEndStream = (flags & flag.endStream) !== 0;
    this.#padLeft = padding;
    this.#contentLeft = length - framing - padding;
    this.#contentBytes = this.#contentLeft;
    this.#sink.dataBegins(stream, length);
    if (this.error === -1 && this.#contentBytes === 0 && !this.#dataEndStream) this.#sink.oddity();
    return at + framing;
  }

  #readData(bytes: Uint8Array, start: number, end: number): number {
    let next = start;
    if (this.#contentLeft > 0) {
      const taken = Math.min(this.#contentLeft, end - next);
      if (taken === 0) return next;
      this.#contentLeft -= taken;
      next += taken;
      this.#sink.data(this.#dataStream, bytes, next - taken, next);
      if (this.error !== -1) return next;
    }
    if (this.#contentLeft > 0) return next;
    const padding = Math.min(this.#padLeft, end - next);
    this.#padLeft -= padding;
    next += padding;
    if (this.#padLeft > 0) return next;
    this.#isInData = false;
    this.#sink.dataEnds(this.#dataStream, this.#dataLength, this.#contentBytes, this.#dataEndStream);
    return next;
  }

  // ---- header blocks ----

  #beginBlock(bytes: Uint8Array, at: number, end: number, flags: number, stream: number): void {
    if (stream === 0) return this.refuse(errorCode.protocolError, "HEADERS on stream 0");
    let start = at;
    let padding = 0;
    if ((flags & flag.padded) !== 0) {
      if (start === end) return this.refuse(errorCode.frameSizeError, "padded HEADERS without a pad length");
      padding = bytes[start++]!;
    }
    let dependency = -1;
    if ((flags & flag.priority) !== 0) {
      if (end - start < 5) return this.refuse(errorCode.frameSizeError, "HEADERS too short for its priority");
      dependency = readUint32(bytes, start) & 0x7fffffff;
      start += 5;
    }
    if (padding > end - start) return this.refuse(errorCode.protocolError, "more padding than HEADERS");
    const isEndStream = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) !== 0)
      return this.#sink.headers(stream, isEndStream, dependency, bytes, start, end - padding);
    this.#block = new Uint8Array(Math.min(this.#blockBytesMax, frameBytesMax));
    this.#blockLength = 0;
    this.#blockStream = stream;
    this.#blockEndStream = isEndStream;
    this.#blockDependency = dependency;
    this.#continuations = 0;
    this.#keep(bytes, start, end - padding);
  }

  #continueBlock(bytes: Uint8Array, at: number, end: number, flags: number): void {
    if (this.#block === null) return this.refuse(errorCode.protocolError, "CONTINUATION without HEADERS");
    if (++this.#continuations > continuationsMax)
      return this.refuse(errorCode.enhanceYourCalm, "too many CONTINUATION frames");
    if (at === end) this.#sink.oddity();
    this.#keep(bytes, at, end);
    if (this.error !== -1 || (flags & flag.endHeaders) === 0) return;
    const block = this.#block;
    this.#block = null;
    this.#sink.headers(this.#blockStream, this.#blockEndStream, this.#blockDependency, block, 0, this.#blockLength);
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#blockLength + end - start;
    // What its table would look like after it is not known without reading it: no stream can go on.
    if (length > this.#blockBytesMax) return this.refuse(errorCode.enhanceYourCalm, "header block too large");
    if (length > this.#block!.length) {
      const larger = new Uint8Array(Math.min(this.#blockBytesMax, Math.max(length, this.#block!.length * 2)));
      larger.set(this.#block!);
      this.#block = larger;
    }
    this.#block!.set(bytes.subarray(start, end), this.#blockLength);
    this.#blockLength = length;
  }

  // ---- SETTINGS ----

  #readSettings(bytes: Uint8Array, at: number, end: number, flags: number, stream: number): void {
    const isAck = (flags & flag.ack) !== 0;
    if (stream !== 0) return this.refuse(errorCode.protocolError, "SETTINGS on a stream");
    if ((end - at) % 6 !== 0 || (isAck && end > at))
      return this.refuse(errorCode.frameSizeError, "SETTINGS of a wrong length");
    if (this.#isFirst && isAck) return this.refuse(errorCode.protocolError, "the first frame is no SETTINGS");
    this.#isFirst = false;
    for (let next = at; next < end && this.error === -1; next += 6)
      this.#sink.setting((bytes[next]! << 8) | bytes[next + 1]!, readUint32(bytes, next + 2));
    if (this.error === -1) this.#sink.settings(isAck);
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
