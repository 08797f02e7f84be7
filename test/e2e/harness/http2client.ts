// A client of HTTP/2 on a raw socket, all of it together, for what curl and browsers do not do: frames exactly as the test writes them,
// well-formed or not. What comes is read frame by frame and kept. By itself it acknowledges SETTINGS, answers PINGs and gives back what it has read of
// windows; a test that wants to be rude turns that off. Waiting costs no time: each frame that comes asks again.

import { block, type Field, FieldReader } from "./http2/fields.ts";
import {
  continuation,
  data,
  errorNames,
  Flag,
  type Frame,
  frameOf,
  headBytes,
  headers,
  ping,
  preface,
  Setting,
  settings,
  settingsAck,
  Type,
  windowUpdate,
} from "./http2/frames.ts";
import { type Answer, HeardStream } from "./http2/stream.ts";
import { plain, type Secure, secure, type Transport } from "./http2/transport.ts";
import type { Room } from "./room.ts";

const patienceMs = 20_000;
const usualWindow = 65_535;
const usualFrame = 16_384;

export interface Manners {
  /** Over TLS. */
  readonly tls?: Secure;
  readonly localAddress?: string;
  /** Of the client's own SETTINGS; null: neither these nor the preface. */
  readonly settings?: readonly (readonly [number, number])[] | null;
  /** Acknowledges SETTINGS and PING. */
  readonly acknowledges?: boolean;
  /** Gives windows back as it reads. */
  readonly gives?: boolean;
}

export interface Asking {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly scheme?: string;
  readonly fields?: readonly Field[];
  readonly body?: string | Uint8Array;
  readonly trailers?: readonly Field[];
  /** Without END_STREAM: the test goes on with the stream. */
  readonly isOpen?: boolean;
}

/** Pseudo-fields of a request, and whatever else a test wants. */
export function asked(request: Asking = {}): Field[] {
  return [
    [":method", request.method ?? "GET"],
    [":scheme", request.scheme ?? "http"],
    [":path", request.path ?? "/"],
    [":authority", request.authority ?? "test"],
    ...(request.fields ?? []),
  ];
}

export class Http2Client {
  readonly frames: Frame[] = [];
  readonly streams: Map<number, HeardStream> = new Map();
  /** What the other side has said of itself. */
  readonly peer: Map<number, number> = new Map();
  /** Frames kept at most: floods are counted, not kept. */
  framesKept = 10_000;
  goaway: { readonly last: number; readonly code: string; readonly text: string } | null = null;
  isClosed = false;
  isReset = false;
  /** What the other side has written wrong. */
  fault: string | null = null;
  received = 0;
  sendWindow: number = usualWindow;
  readonly #manners: Manners;
  readonly #reader = new FieldReader();
  readonly #waiting = new Set<() => void>();
  #transport: Transport | null = null;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #block: { stream: number; isLast: boolean; parts: Buffer[] } | null = null;
  #next = 1;
  #pings = 0;

  private constructor(manners: Manners) {
    this.#manners = manners;
  }

  static async connect(room: Room, port: number, manners: Manners = {}): Promise<Http2Client> {
    const client = new Http2Client(manners);
    const ears = {
      data: (bytes: Uint8Array) => client.#take(bytes),
      closed: (isReset: boolean) => {
        client.isClosed = true;
        client.isReset ||= isReset;
        client.#ask();
      },
    };
    const { tls, localAddress } = manners;
    const place = { port, ...(localAddress === undefined ? {} : { localAddress }) };
    client.#transport = tls === undefined ? await plain(place, ears) : await secure(port, tls, ears);
    room.ending(() => client.#transport!.terminate());
    if (manners.settings !== null) client.begin(manners.settings);
    return client;
  }

  /** What a connection begins with. */
  begin(own: readonly (readonly [number, number])[] = []): this {
    return this.send(preface, settings(...own));
  }

  get transport(): Transport {
    return this.#transport!;
  }

  /** What its SETTINGS say of the table for fields that it reads. */
  allowTable(bytes: number): void {
    this.#reader.tableBytesAllowed = bytes;
  }

  send(...parts: readonly Uint8Array[]): this {
    this.#transport!.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    return this;
  }

  /** Until the other side has said its SETTINGS. */
  async greeted(): Promise<this> {
    await this.until("SETTINGS", () => this.frames.some(({ type, flags }) => type === Type.settings && flags === 0));
    return this;
  }

  /** The stream's number and all that it hears, from now on. */
  stream(id: number = this.take()): HeardStream {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const stream = new HeardStream(id, this.peer.get(Setting.initialWindowSize) ?? usualWindow);
    this.streams.set(id, stream);
    return stream;
  }

  /** The number of the next stream. */
  take(): number {
    const id = this.#next;
    this.#next += 2;
    return id;
  }

  /** HEADERS alone; `request.body` and trailers are for `request`. */
  open(request: Asking = {}): HeardStream {
    const stream = this.stream();
    const isLast = request.isOpen !== true && request.body === undefined && request.trailers === undefined;
    const section = block(...asked(request));
    const size = this.#frameMax;
    const isWhole = section.length <= size;
    const flags = (isWhole ? Flag.endHeaders : 0) | (isLast ? Flag.endStream : 0);
    this.send(headers(stream.id, section.subarray(0, size), flags));
    for (let at = size; at < section.length; at += size)
      this.send(
        continuation(stream.id, section.subarray(at, at + size), at + size < section.length ? 0 : Flag.endHeaders),
      );
    return stream;
  }

  /** What the other side takes in one frame. */
  get #frameMax(): number {
    return this.peer.get(Setting.maxFrameSize) ?? usualFrame;
  }

  /** A whole exchange, within the windows of the other side. */
  async request(request: Asking = {}, withinMs?: number): Promise<Answer> {
    const stream = this.open(request);
    if (request.body !== undefined)
      await this.upload(stream, Buffer.from(request.body as string), request.trailers === undefined);
    if (request.trailers !== undefined && !stream.isOver)
      this.send(headers(stream.id, block(...request.trailers), Flag.endHeaders | Flag.endStream));
    return this.over(stream, withinMs);
  }

  async upload(stream: HeardStream, body: Buffer, isLast = true): Promise<void> {
    let at = 0;
    do {
      const left = body.length - at;
      const room = (): number => Math.min(this.sendWindow, stream.sendWindow);
      await this.until("a window", () => left === 0 || room() > 0 || stream.isOver || this.isClosed);
      if (stream.isOver || this.isClosed) return;
      const size = Math.min(left, room(), this.#frameMax);
      // Another upload of the connection was quicker.
      if (size <= 0 && left > 0) continue;
      this.sendWindow -= size;
      stream.sendWindow -= size;
      this.send(data(stream.id, body.subarray(at, at + size), isLast && size === left));
      at += size;
    } while (at < body.length);
  }

  /** How the stream has ended, once it has. */
  async over(stream: HeardStream, withinMs?: number): Promise<Answer> {
    const isLost = (): boolean => this.isClosed || (this.goaway !== null && this.goaway.last < stream.id);
    await this.until(`stream ${stream.id} to end`, () => stream.isOver || isLost(), withinMs);
    return stream.answer(this.goaway === null ? "closed" : `goaway ${this.goaway.code}`);
  }

  /** A PING, and whether it was answered; false when the connection went. */
  async pinged(withinMs?: number): Promise<boolean> {
    const text = `ping${String(this.#pings++).padStart(4, "0")}`;
    this.send(ping(text));
    const isAnswered = (): boolean =>
      this.frames.some(
        ({ type, flags, payload }) => type === Type.ping && flags === Flag.ack && String(payload) === text,
      );
    await this.until("a PING to be answered", () => isAnswered() || this.isClosed || this.goaway !== null, withinMs);
    return isAnswered();
  }

  /** Resolves once it holds; asked at each thing that comes. */
  until(what: string, holds: () => boolean, withinMs: number = patienceMs): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        if (!holds()) return;
        this.#waiting.delete(ask);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(ask);
        reject(new Error(`waited ${withinMs / 1000} s in vain: ${what}; it heard ${this.told}`));
      }, withinMs);
      this.#waiting.add(ask);
    });
  }

  /** All that came, in a line. */
  get told(): string {
    const names = Object.fromEntries(Object.entries(Type).map(([name, number]) => [number, name]));
    const frames = this.frames.slice(-30).map(({ type, flags, stream, payload }) => {
      const code = type === Type.resetStream || type === Type.goaway ? ` ${this.#codeIn(type, payload)}` : "";
      return `${names[type] ?? type}(${stream}, ${flags}, ${payload.length}${code})`;
    });
    const end = this.isReset ? " then a reset" : this.isClosed ? " then the end" : "";
    return `${frames.join(" ") || "nothing"}${end}${this.fault === null ? "" : `; ${this.fault}`}`;
  }

  #codeIn(type: number, payload: Buffer): string {
    const code = payload.readUInt32BE(type === Type.goaway ? 4 : 0);
    return errorNames[code] ?? String(code);
  }

  #ask(): void {
    for (const ask of [...this.#waiting]) ask();
  }

  #take(bytes: Uint8Array): void {
    this.received += bytes.length;
    this.#unread.push(Buffer.from(bytes));
    this.#unreadBytes += bytes.length;
    const first = this.#unread[0]!;
    const isShort = first.length >= headBytes && this.#unreadBytes < headBytes + first.readUIntBE(0, 3);
    if (!isShort) {
      let rest = this.#unread.length === 1 ? first : Buffer.concat(this.#unread);
      for (let frame = frameOf(rest); frame !== null; frame = frameOf(rest)) {
        rest = rest.subarray(headBytes + frame.payload.length);
        if (this.frames.length < this.framesKept) this.frames.push(frame);
        try {
          this.#read(frame);
        } catch (error) {
          this.fault ??= (error as Error).message;
        }
      }
      this.#unread = rest.length === 0 ? [] : [rest];
      this.#unreadBytes = rest.length;
    }
    this.#ask();
  }

  #read({ type, flags, stream, payload }: Frame): void {
    const isLast = (flags & Flag.endStream) !== 0;
    if (this.#block !== null && type !== Type.continuation) throw new Error("a header block is broken off");
    if (type === Type.data) this.#readData(stream, contentOf(flags, payload), payload.length, isLast);
    else if (type === Type.headers) {
      const content = contentOf(flags, payload);
      const skipped = (flags & Flag.priority) !== 0 ? 5 : 0;
      this.#readBlock(stream, isLast, content.subarray(skipped), flags);
    } else if (type === Type.continuation) this.#readBlock(stream, false, payload, flags);
    else if (type === Type.resetStream) this.stream(stream).reset ??= this.#codeIn(type, payload);
    else if (type === Type.settings && (flags & Flag.ack) === 0) this.#readSettings(payload);
    else if (type === Type.ping && (flags & Flag.ack) === 0) {
      if (this.#manners.acknowledges !== false) this.send(ping(payload.toString("latin1"), Flag.ack));
    } else if (type === Type.windowUpdate) {
      const increment = payload.readUInt32BE(0);
      if (stream === 0) this.sendWindow += increment;
      else this.stream(stream).sendWindow += increment;
    } else if (type === Type.goaway) {
      const text = payload.subarray(8).toString();
      this.goaway = { last: payload.readUInt32BE(0), code: this.#codeIn(type, payload), text };
    }
  }

  #readData(id: number, content: Buffer, flowBytes: number, isLast: boolean): void {
    const stream = this.stream(id);
    if (stream.isWhole) throw new Error(`DATA behind the end of stream ${id}`);
    if (stream.status === 0) throw new Error(`DATA before the head of stream ${id}`);
    stream.takeData(content, isLast);
    if (this.#manners.gives === false || flowBytes === 0) return;
    this.send(windowUpdate(0, flowBytes), ...(isLast ? [] : [windowUpdate(id, flowBytes)]));
  }

  #readBlock(stream: number, isLast: boolean, part: Buffer, flags: number): void {
    this.#block ??= { stream, isLast, parts: [] };
    this.#block.parts.push(part);
    if ((flags & Flag.endHeaders) === 0) return;
    const { parts, isLast: isWhole } = this.#block;
    this.#block = null;
    this.stream(stream).take(this.#reader.read(Buffer.concat(parts)), isWhole);
  }

  #readSettings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const [id, value] = [payload.readUInt16BE(at), payload.readUInt32BE(at + 2)];
      if (id === Setting.initialWindowSize) {
        const before = this.peer.get(id) ?? usualWindow;
        for (const stream of this.streams.values()) stream.sendWindow += value - before;
      }
      this.peer.set(id, value);
    }
    if (this.#manners.acknowledges !== false) this.send(settingsAck);
  }
}

/** Without padding. */
function contentOf(flags: number, payload: Buffer): Buffer {
  if ((flags & Flag.padded) === 0) return payload;
  return payload.subarray(1, payload.length - payload[0]!);
}
