// What a simulated server of HTTP/2 hears on its connection, and how it judges that, as wire.ts does for clients: every frame has to be one
// that a client may send there, no window and no number of streams that it has agreed to may be exceeded, heads must be whole and in order,
// and nothing comes behind the end of a stream.

import { type Field, FieldReader } from "../../e2e/harness/http2/fields.ts";
import { errorNames, Flag, type Frame, frameOf, preface, Setting, Type } from "../../e2e/harness/http2/frames.ts";
import type { Request } from "../requests.ts";
import type { OriginFault } from "../swarm.ts";
import { Violation } from "../world.ts";

const windowAtFirst = 65_535;
/** What the proxy gives at most, to a stream and to all together. */
const streamWindowMax = 256 * 1024;
const connectionWindowMax = 4 * 1024 * 1024;
const frameBytesMax = 16_384;
const pseudoNames = [":method", ":scheme", ":authority", ":path"];
const ofConnection = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"]);

export class AskedStream {
  readonly id: number;
  readonly fields: readonly Field[];
  /** What the proxy may send of it, and what the server may. */
  receiveWindow: number;
  sendWindow: number;
  readonly #pieces: Buffer[] = [];
  bodyBytes = 0;
  /** END_STREAM has come. */
  isSaid = false;
  /** Taken back by the proxy; by the server. */
  isTakenBack = false;
  isReset = false;
  isAnswering = false;
  /** END_STREAM has gone. */
  isAnswered = false;
  request: Request | null = null;
  fault: OriginFault | null = null;

  constructor(id: number, fields: readonly Field[], receiveWindow: number, sendWindow: number) {
    this.id = id;
    this.fields = fields;
    this.receiveWindow = receiveWindow;
    this.sendWindow = sendWindow;
  }

  get isOver(): boolean {
    return this.isTakenBack || this.isReset || (this.isSaid && this.isAnswered);
  }

  field(name: string): string | undefined {
    return this.fields.find(([other]) => other === name)?.[1];
  }

  get body(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.bodyBytes += bytes.length;
  }
}

export interface ServerWireEars {
  settings(): void;
  ping(payload: Buffer): void;
  asked(stream: AskedStream): void;
  whole(stream: AskedStream): void;
  cancelled(stream: AskedStream): void;
  widened(): void;
}

export class ServerWire {
  readonly name: string;
  readonly #ears: ServerWireEars;
  readonly streams: Map<number, AskedStream> = new Map();
  receiveWindow: number = windowAtFirst;
  sendWindow: number = windowAtFirst;
  /** With nothing on its way there is more than that. */
  readonly sendWindowMin: number = connectionWindowMax / 2 - 1;
  #windowSaid = windowAtFirst;
  #windowHeard = windowAtFirst;
  readonly #unacknowledged: { change: number; lastStream: number; streamsMax: number | null }[] = [];
  readonly #pings: string[] = [];
  /** As it has agreed to it. */
  #streamsMax = Number.MAX_SAFE_INTEGER;
  lastStream = 0;
  lastServed: number = 2 ** 31 - 1;
  /** The server has said what nobody may: what the proxy says of that is its due. */
  isWronged = false;
  #bytes: Buffer = Buffer.alloc(0);
  #prefaceSeen = 0;
  #isFirst = true;
  readonly #reader = new FieldReader();
  #block: { stream: number; flags: number; parts: Buffer[] } | null = null;

  constructor(name: string, ears: ServerWireEars) {
    this.name = name;
    this.#ears = ears;
  }

  /** SETTINGS that are sent; null says nothing of that. */
  set(window: number | null, streamsMax: number | null): void {
    const change = window === null ? 0 : window - this.#windowSaid;
    this.#windowSaid += change;
    this.#unacknowledged.push({ change, lastStream: this.lastStream, streamsMax });
  }

  pinged(text: string): void {
    this.#pings.push(text);
  }

  /** More are open than it was last told, though it may not have known. */
  get isCrowded(): boolean {
    const told = this.#unacknowledged.findLast(({ streamsMax }) => streamsMax !== null)?.streamsMax ?? this.#streamsMax;
    return this.#open > told;
  }

  get #open(): number {
    let open = 0;
    for (const stream of this.streams.values()) if (!stream.isOver) open++;
    return open;
  }

  hear(bytes: Uint8Array): void {
    let start = 0;
    for (; this.#prefaceSeen < preface.length && start < bytes.length; start++, this.#prefaceSeen++)
      if (bytes[start] !== preface[this.#prefaceSeen]) this.#complain("does not begin with the preface");
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(start)]);
    for (let frame = frameOf(this.#bytes); frame !== null; frame = frameOf(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(9 + frame.payload.length);
      this.#frame(frame);
    }
  }

  #complain(what: string): never {
    throw new Violation(`${this.name}: ${what}`);
  }

  #frame(frame: Frame): void {
    const { type, flags, stream, payload } = frame;
    if (payload.length > frameBytesMax) this.#complain(`a frame of ${payload.length} bytes`);
    if (this.#isFirst && (type !== Type.settings || (flags & Flag.ack) !== 0))
      this.#complain("begins without SETTINGS");
    this.#isFirst = false;
    if (this.#block !== null && (type !== Type.continuation || stream !== this.#block.stream))
      this.#complain(`a frame of type ${type} inside of a header block`);
    switch (type) {
      case Type.data:
        return this.#data(stream, flags, payload);
      case Type.headers:
        if ((flags & (Flag.padded | Flag.priority)) !== 0) this.#complain("HEADERS padded or with a priority");
        this.#block = { stream, flags, parts: [payload] };
        return this.#endBlock(flags);
      case Type.continuation:
        this.#block!.parts.push(payload);
        return this.#endBlock(flags);
      case Type.resetStream:
        return this.#reset(stream, payload);
      case Type.settings:
        return this.#settings(flags, payload);
      case Type.ping:
        if ((flags & Flag.ack) === 0) return this.#ears.ping(payload);
        if (this.#pings.shift() !== payload.toString("latin1")) this.#complain("the ACK of a PING that was not sent");
        return;
      case Type.goaway: {
        const code = errorNames[payload.readUInt32BE(4)];
        if (code !== "NO_ERROR" && !this.isWronged)
          this.#complain(`GOAWAY ${code} ${payload.subarray(8).toString("latin1")}`);
        return;
      }
      case Type.windowUpdate:
        return this.#windowUpdate(stream, payload.readUInt32BE(0));
      default:
        this.#complain(`a frame of type ${type}`);
    }
  }

  /** Of which something may still be said; null: of one that the server has ended itself. */
  #sayable(id: number, what: string): AskedStream | null {
    const stream = this.streams.get(id);
    if (stream === undefined) this.#complain(`${what} on stream ${id}, which was not opened`);
    if (stream.isTakenBack) this.#complain(`${what} on stream ${id} behind its RST_STREAM`);
    if (stream.isSaid) this.#complain(`${what} on stream ${id} behind its END_STREAM`);
    return stream.isReset || id > this.lastServed ? null : stream;
  }

  #data(id: number, flags: number, payload: Buffer): void {
    const stream = this.#sayable(id, "DATA");
    this.receiveWindow -= payload.length;
    if (payload.length > 0 && this.receiveWindow < 0) this.#complain(`DATA behind the window: ${this.receiveWindow}`);
    if (stream === null) return;
    stream.receiveWindow -= payload.length;
    if (payload.length > 0 && stream.receiveWindow < 0)
      this.#complain(`DATA on stream ${id} behind its window: ${stream.receiveWindow}`);
    stream.take(payload);
    if ((flags & Flag.endStream) !== 0) this.#whole(stream);
  }

  #endBlock(flags: number): void {
    if ((flags & Flag.endHeaders) === 0) return;
    const { stream: id, parts, flags: first } = this.#block!;
    this.#block = null;
    let fields: Field[];
    try {
      fields = this.#reader.read(Buffer.concat(parts));
    } catch (error) {
      this.#complain(`a header block cannot be read: ${(error as Error).message}`);
    }
    for (const [name, value] of fields) {
      if (name !== name.toLowerCase() || ofConnection.has(name)) this.#complain(`the field ${name}`);
      if (name === "te" && value !== "trailers") this.#complain(`te: ${value}`);
    }
    const isLast = (first & Flag.endStream) !== 0;
    if (id > this.lastStream) return this.#opens(id, fields, isLast);
    const stream = this.#sayable(id, "HEADERS");
    if (!isLast || fields.some(([name]) => name.startsWith(":"))) this.#complain(`bad trailers on stream ${id}`);
    if (stream !== null) this.#whole(stream);
  }

  #opens(id: number, fields: readonly Field[], isLast: boolean): void {
    if ((id & 1) === 0) this.#complain(`stream ${id} is not a client's`);
    this.lastStream = id;
    const names = fields.map(([name]) => name);
    if (pseudoNames.some((name, index) => names[index] !== name) || names.lastIndexOf(":path") !== 3)
      this.#complain(`a head that begins with ${names.slice(0, 5).join(" ")}`);
    const stream = new AskedStream(id, fields, this.#windowSaid, this.#windowHeard);
    for (const { change } of this.#unacknowledged) stream.receiveWindow -= change;
    this.streams.set(id, stream);
    if (this.#open > this.#streamsMax) this.#complain(`${this.#open} streams at once where ${this.#streamsMax} may be`);
    if (id > this.lastServed) {
      stream.isReset = true;
      stream.isSaid = isLast;
      return;
    }
    this.#ears.asked(stream);
    if (isLast && !stream.isReset) this.#whole(stream);
    else stream.isSaid = isLast;
  }

  #whole(stream: AskedStream): void {
    stream.isSaid = true;
    const length = stream.field("content-length");
    if (length !== undefined && Number(length) !== stream.bodyBytes)
      this.#complain(`stream ${stream.id} ends after ${stream.bodyBytes} bytes of ${length}`);
    this.#ears.whole(stream);
  }

  #reset(id: number, payload: Buffer): void {
    const stream = this.streams.get(id);
    if (stream === undefined) this.#complain(`RST_STREAM of stream ${id}, which was not opened`);
    if (stream.isTakenBack) this.#complain(`stream ${id} is reset twice`);
    const code = errorNames[payload.readUInt32BE(0)] ?? "unknown";
    if (code !== "CANCEL" && !this.isWronged && stream.fault === null)
      this.#complain(`stream ${id} is reset by ${code}`);
    if (stream.isSaid && stream.isAnswered && stream.fault === null && code !== "CANCEL")
      this.#complain(`stream ${id} is reset behind its end`);
    stream.isTakenBack = true;
    this.#ears.cancelled(stream);
  }

  #settings(flags: number, payload: Buffer): void {
    if ((flags & Flag.ack) !== 0) {
      const done = this.#unacknowledged.shift();
      if (done === undefined) this.#complain("SETTINGS are acknowledged that were not sent");
      for (const stream of this.streams.values()) stream.receiveWindow += done.change;
      if (done.streamsMax !== null) this.#streamsMax = Math.max(done.streamsMax, this.#open);
      return;
    }
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      const name = payload.readUInt16BE(at);
      if (name === Setting.enablePush && value !== 0) this.#complain("asks for pushes");
      if (name !== Setting.initialWindowSize) continue;
      for (const stream of this.streams.values()) stream.sendWindow += value - this.#windowHeard;
      this.#windowHeard = value;
    }
    this.#ears.settings();
  }

  #windowUpdate(id: number, bytes: number): void {
    if (bytes === 0) this.#complain("WINDOW_UPDATE of 0");
    if (id === 0) this.sendWindow += bytes;
    else {
      const stream = this.streams.get(id);
      if (stream === undefined) this.#complain(`WINDOW_UPDATE of stream ${id}, which was not opened`);
      if (stream.isTakenBack) this.#complain(`WINDOW_UPDATE on stream ${id} behind its RST_STREAM`);
      stream.sendWindow += bytes;
      if (stream.sendWindow > streamWindowMax)
        this.#complain(`a window of ${stream.sendWindow} bytes for stream ${id}`);
    }
    if (this.sendWindow > connectionWindowMax)
      this.#complain(`a window of ${this.sendWindow} bytes for the connection`);
    this.#ears.widened();
  }
}
