// What a simulated client of HTTP/2 hears on its connection, and how it judges that: every frame has to be one that may stand there, no
// window may be exceeded, header blocks must be read, each stream ends once and nothing comes behind its end. It knows what was said to the
// proxy as well, for what the proxy may say depends on it. Frames and fields are those of the tests' own client, not the proxy's.

import { type Field, FieldReader } from "../../e2e/harness/http2/fields.ts";
import { errorNames, Flag, type Frame, frameOf, Setting, Type } from "../../e2e/harness/http2/frames.ts";
import { Violation } from "../world.ts";

const windowAtFirst = 65_535;
/** What the proxy gives at most, to a stream and to all together. */
const streamWindowMax = 256 * 1024;
const connectionWindowMax = 1024 * 1024;
const frameBytesMax = 16_384;
const ofConnection = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

export class WireStream {
  readonly id: number;
  readonly isHead: boolean;
  /** What the proxy may send of it, and what the client may. */
  receiveWindow: number;
  sendWindow: number;
  status = 0;
  fields: readonly Field[] = [];
  trailers: readonly Field[] = [];
  readonly #pieces: Buffer[] = [];
  bodyBytes = 0;
  /** END_STREAM has come. */
  isWhole = false;
  /** By what code the proxy has reset it. */
  reset: string | null = null;
  /** The client has said its last of it, or has reset it. */
  isSaid = false;
  isTakenBack = false;

  constructor(id: number, isHead: boolean, receiveWindow: number, sendWindow: number) {
    this.id = id;
    this.isHead = isHead;
    this.receiveWindow = receiveWindow;
    this.sendWindow = sendWindow;
  }

  /** Nothing more is to come, and nothing to be said. */
  get isOver(): boolean {
    return this.reset !== null || this.isTakenBack || (this.isWhole && this.isSaid);
  }

  get body(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.bodyBytes += bytes.length;
  }
}

/** Who says something in turn. */
export interface WireEars {
  /** The proxy's SETTINGS are to be acknowledged. */
  settings(): void;
  ping(payload: Buffer): void;
  /** The answer of a stream has ended, or the stream was reset. */
  ended(stream: WireStream): void;
  goaway(lastStream: number): void;
}

export class Wire {
  readonly name: string;
  readonly #ears: WireEars;
  readonly streams: Map<number, WireStream> = new Map();
  receiveWindow: number = windowAtFirst;
  sendWindow: number = windowAtFirst;
  /** With nothing on its way there is more than that. */
  readonly sendWindowMin: number = connectionWindowMax / 2;
  /** SETTINGS_INITIAL_WINDOW_SIZE, as the client has said it last. */
  #windowSaid = windowAtFirst;
  #windowHeard = windowAtFirst;
  /** Not acknowledged yet: what they change, and the last stream that was open before them. */
  readonly #unacknowledged: { change: number; lastStream: number }[] = [];
  readonly #pings: string[] = [];
  /** Streams that may be open at once; null: nothing was heard of it. */
  streamsMax: number | null = null;
  lastStream = 0;
  /** By the last GOAWAY. */
  lastServed: number = 2 ** 31 - 1;
  isLeaving = false;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #reader = new FieldReader();
  #block: { stream: number; flags: number; parts: Buffer[] } | null = null;
  #isFirst = true;

  constructor(name: string, ears: WireEars) {
    this.name = name;
    this.#ears = ears;
  }

  // ---- what the client has said ----

  opened(isHead: boolean): WireStream {
    this.lastStream = this.lastStream === 0 ? 1 : this.lastStream + 2;
    const stream = new WireStream(this.lastStream, isHead, this.#windowSaid, this.#windowHeard);
    this.streams.set(stream.id, stream);
    return stream;
  }

  /** SETTINGS; `window`: null says nothing of windows. */
  set(window: number | null): void {
    const change = window === null ? 0 : window - this.#windowSaid;
    this.#windowSaid += change;
    this.#unacknowledged.push({ change, lastStream: this.lastStream });
  }

  pinged(text: string): void {
    this.#pings.push(text);
  }

  // ---- what the proxy says ----

  hear(bytes: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
    for (let frame = frameOf(this.#bytes); frame !== null; frame = frameOf(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(9 + frame.payload.length);
      this.#frame(frame);
    }
  }

  /** Part of a frame, or of a header block, has come. */
  get isInside(): boolean {
    return this.#bytes.length > 0 || this.#block !== null;
  }

  #complain(what: string): never {
    throw new Violation(`${this.name}: ${what}`);
  }

  #frame(frame: Frame): void {
    const { type, flags, stream, payload } = frame;
    if (payload.length > frameBytesMax) this.#complain(`a frame of ${payload.length} bytes`);
    if (this.#isFirst && (type !== Type.settings || (flags & Flag.ack) !== 0))
      this.#complain("does not begin with SETTINGS");
    this.#isFirst = false;
    if (this.#block !== null && (type !== Type.continuation || stream !== this.#block.stream))
      this.#complain(`a frame of type ${type} inside of a header block`);
    switch (type) {
      case Type.data:
        return this.#data(this.#open(stream, "DATA"), flags, payload);
      case Type.headers:
        if ((flags & (Flag.padded | Flag.priority)) !== 0) this.#complain("HEADERS padded or with a priority");
        this.#open(stream, "HEADERS");
        this.#block = { stream, flags, parts: [payload] };
        return this.#endBlock(flags);
      case Type.continuation:
        if (this.#block === null) this.#complain("CONTINUATION without HEADERS");
        this.#block.parts.push(payload);
        return this.#endBlock(flags);
      case Type.resetStream:
        return this.#reset(stream, payload);
      case Type.settings:
        return this.#settings(flags, payload);
      case Type.ping:
        return this.#ping(flags, payload);
      case Type.goaway:
        return this.#goaway(payload);
      case Type.windowUpdate:
        return this.#windowUpdate(stream, payload.readUInt32BE(0));
      default:
        this.#complain(`a frame of type ${type}`);
    }
  }

  /** Of which something may still be said. */
  #open(id: number, what: string): WireStream {
    const stream = this.streams.get(id);
    if (stream === undefined) this.#complain(`${what} on stream ${id}, which was not opened`);
    if (stream.reset !== null) this.#complain(`${what} on stream ${id} behind its RST_STREAM`);
    if (stream.isWhole) this.#complain(`${what} on stream ${id} behind its END_STREAM`);
    if (id > this.lastServed) this.#complain(`${what} on stream ${id} behind GOAWAY of ${this.lastServed}`);
    return stream;
  }

  #data(stream: WireStream, flags: number, payload: Buffer): void {
    if (stream.status === 0) this.#complain(`DATA on stream ${stream.id} without HEADERS`);
    this.receiveWindow -= payload.length;
    stream.receiveWindow -= payload.length;
    if (payload.length > 0 && (this.receiveWindow < 0 || stream.receiveWindow < 0))
      this.#complain(`DATA on stream ${stream.id} behind its window: ${stream.receiveWindow}, ${this.receiveWindow}`);
    stream.take(payload);
    if ((flags & Flag.endStream) !== 0) this.#whole(stream);
  }

  #endBlock(flags: number): void {
    if ((flags & Flag.endHeaders) === 0) return;
    const block = this.#block!;
    this.#block = null;
    let fields: Field[];
    try {
      fields = this.#reader.read(Buffer.concat(block.parts));
    } catch (error) {
      this.#complain(`a header block cannot be read: ${(error as Error).message}`);
    }
    this.#head(this.streams.get(block.stream)!, fields, (block.flags & Flag.endStream) !== 0);
  }

  #head(stream: WireStream, fields: readonly Field[], isLast: boolean): void {
    for (const [name] of fields)
      if (name !== name.toLowerCase() || ofConnection.has(name)) this.#complain(`the field ${name}`);
    if (stream.status !== 0) {
      if (!isLast) this.#complain(`a second head on stream ${stream.id}`);
      if (fields.some(([name]) => name.startsWith(":"))) this.#complain("a pseudo-field among trailers");
      stream.trailers = fields;
      return this.#whole(stream);
    }
    const [first] = fields;
    if (first === undefined || first[0] !== ":status" || !/^[1-5]\d\d$/.test(first[1]))
      this.#complain("a head without a status");
    const status = Number(first[1]);
    if (status < 200) {
      if (isLast || status === 101) this.#complain(`an interim head ${status}, which ends the stream or is 101`);
      return;
    }
    stream.status = status;
    stream.fields = fields.slice(1);
    if (isLast) this.#whole(stream);
  }

  #whole(stream: WireStream): void {
    stream.isWhole = true;
    const length = stream.fields.find(([name]) => name === "content-length")?.[1];
    const hasBody = !stream.isHead && stream.status !== 304;
    if (length !== undefined && hasBody && Number(length) !== stream.bodyBytes)
      this.#complain(`stream ${stream.id} ends after ${stream.bodyBytes} bytes of ${length}`);
    if (!stream.isTakenBack) this.#ears.ended(stream);
  }

  #reset(id: number, payload: Buffer): void {
    const stream = this.streams.get(id);
    if (stream === undefined) this.#complain(`RST_STREAM of stream ${id}, which was not opened`);
    if (stream.reset !== null) this.#complain(`stream ${id} is reset twice`);
    const code = errorNames[payload.readUInt32BE(0)] ?? "unknown";
    const isExpected = stream.isWhole
      ? code === "NO_ERROR"
      : ["INTERNAL_ERROR", "CANCEL", "REFUSED_STREAM", "HTTP_1_1_REQUIRED"].includes(code);
    if (!isExpected) this.#complain(`stream ${id} is reset by ${code}${stream.isWhole ? " behind its end" : ""}`);
    stream.reset = code;
    if (!stream.isTakenBack) this.#ears.ended(stream);
  }

  #settings(flags: number, payload: Buffer): void {
    if ((flags & Flag.ack) !== 0) {
      const done = this.#unacknowledged.shift();
      if (done === undefined) this.#complain("SETTINGS are acknowledged that were not sent");
      for (const stream of this.streams.values()) if (stream.id <= done.lastStream) stream.receiveWindow += done.change;
      return;
    }
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      const name = payload.readUInt16BE(at);
      if (name === Setting.maxConcurrentStreams) this.streamsMax = value;
      if (name !== Setting.initialWindowSize) continue;
      for (const stream of this.streams.values()) stream.sendWindow += value - this.#windowHeard;
      this.#windowHeard = value;
    }
    this.#ears.settings();
  }

  #ping(flags: number, payload: Buffer): void {
    if ((flags & Flag.ack) === 0) return this.#ears.ping(payload);
    if (this.#pings.shift() !== payload.toString("latin1"))
      this.#complain("the ACK of a PING that was not sent, or not now");
  }

  #goaway(payload: Buffer): void {
    const lastStream = payload.readUInt32BE(0);
    const code = errorNames[payload.readUInt32BE(4)];
    if (code !== "NO_ERROR") this.#complain(`GOAWAY ${code} ${payload.subarray(8).toString("latin1")}`);
    if (lastStream > this.lastServed) this.#complain(`GOAWAY of ${lastStream} behind that of ${this.lastServed}`);
    this.lastServed = lastStream;
    this.isLeaving = true;
    this.#ears.goaway(lastStream);
  }

  #windowUpdate(id: number, bytes: number): void {
    if (bytes === 0) this.#complain("WINDOW_UPDATE of 0");
    if (id === 0) {
      this.sendWindow += bytes;
      if (this.sendWindow > connectionWindowMax)
        this.#complain(`a window of ${this.sendWindow} bytes for the connection`);
      return;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) this.#complain(`WINDOW_UPDATE of stream ${id}, which was not opened`);
    if (stream.reset !== null) this.#complain(`WINDOW_UPDATE on stream ${id} behind its RST_STREAM`);
    stream.sendWindow += bytes;
    if (stream.sendWindow > streamWindowMax) this.#complain(`a window of ${stream.sendWindow} bytes for stream ${id}`);
  }
}
