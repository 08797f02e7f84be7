// What one connection of HTTP/2 sends: frames, put behind one another and sent together, and the windows that bound DATA (RFC 9113
// section 5.2), its own and those of its streams. Lines that have more to send than fits wait in a queue, and go on in turn, a
// frame each. Frames that are no DATA know no window: how many may pile up for a client that takes nothing is counted.

import type { Head } from "../../wire/http1/head.ts";
import type { Output } from "../../wire/http1/writer.ts";
import {
  closeHeaders,
  connectionPreface,
  errorCode,
  flag,
  frameBytesMax,
  frameHeaderBytes,
  frameType,
  initialWindowBytes,
  putFrameHeader,
  putGoaway,
  putRstStream,
  putSettings,
  putWindowUpdate,
  setFrameLength,
  windowBytesMax,
} from "../../wire/http2/frame.ts";
import { putNoTable } from "../../wire/http2/hpack/encoder.ts";
import { putRequestHead } from "../../wire/http2/requestfields.ts";
import { putResponseHead, putTrailers } from "../../wire/http2/responsehead.ts";
import type { Context } from "../context.ts";
import type { Line } from "../port.ts";
import type { FrameOwner } from "./kit.ts";

/** Frames leave when there is so much of them, and otherwise when all that has come was looked at. */
const flushBytes = 64 * 1024;
/** Written while the client takes nothing; with more of them it is not read on. */
const stuckFramesMax = 128;
/**
 * Memory of content that the streams of all connections of a worker hold: a hundred streams of one may hold a hundred reads of up to 512 kB
 * each. Above it, where a connection has more than its share, no further server is read and no further request begun for that
 * client, until it has taken half of it.
 */
export const heldBytesMax: number = 128 * 1024 * 1024;
const shareBytes = 4 * 1024 * 1024;

/** A stream, as it is known here: what it sends, and how far. */
export interface OutgoingStream {
  readonly id: number;
  /** What the peer takes of it: may be negative (section 6.9.2). */
  sendWindow: number;
  /** Of its content, put into frames. */
  sentBytes: number;
  /** Said by the queue. False: it is in there. */
  noteQueued(): boolean;
  /** It is its turn: one frame of what it holds. */
  pump(): void;
}

/** The session, as it is told here. */
export interface OutgoingWatcher {
  /** Something was sent out of turn, and what could follow has. */
  settled(): void;
  /** Streams hold too much; and no more. */
  congested(): void;
  relieved(): void;
}

export class Outgoing implements FrameOwner {
  /** What the client takes of a stream when it begins. */
  streamWindow: number = initialWindowBytes;
  /** What is sent leaves together, when all was looked at. */
  isGathering = false;
  /** Nothing may be said to the line any more. */
  isGone = false;
  readonly #context: Context;
  readonly #line: Line;
  /** What it takes of all streams together. */
  #window = initialWindowBytes;
  /** When the last of it was used up. */
  #shutMs = 0;
  readonly #queue: OutgoingStream[] = [];
  #sentBytes = 0;
  #stuckFrames = 0;
  /** Content that its streams hold has too much memory, and so has that of all. */
  isCongested = false;
  #heldBytes = 0;
  #isTableTold = false;
  readonly #watcher: OutgoingWatcher;

  constructor(context: Context, line: Line, watcher: OutgoingWatcher) {
    this.#context = context;
    this.#line = line;
    this.#watcher = watcher;
  }

  get heldBytes(): number {
    return this.#line.isHolding ? this.#line.heldBytes : 0;
  }

  /** What the kernel has taken while it did not take all; 0 while it does. */
  get takenBytes(): number {
    return this.#line.isHolding ? this.#sentBytes - this.#line.heldBytes : 0;
  }

  /** The client takes nothing, and has been told much. */
  get isStuck(): boolean {
    return this.#stuckFrames > stuckFramesMax && this.#line.isHolding;
  }

  /** A stream holds content in so much more memory, or less. */
  hold(change: number): void {
    this.#heldBytes += change;
    this.#context.heldBytes += change;
    if (this.isGone) return;
    // Again with each that brings more: servers that have come to answer since are to be stopped as well.
    if (change > 0 && this.#heldBytes > shareBytes && this.#context.heldBytes > heldBytesMax) {
      this.isCongested = true;
      this.#watcher.congested();
    } else this.relieve();
  }

  /** Others may have taken what was too much. */
  relieve(): void {
    if (!this.isCongested) return;
    if (this.#heldBytes * 2 > shareBytes && this.#context.heldBytes > heldBytesMax) return;
    this.isCongested = false;
    this.#watcher.relieved();
  }

  /** Whether the client would have to open a window for it to go on. */
  isShut(line: OutgoingStream): boolean {
    return this.#window <= 0 || line.sendWindow <= 0;
  }

  // ---- windows ----

  /** For how long nothing may be said of any content. */
  get shutForMs(): number {
    return this.#window > 0 ? 0 : this.#context.port.nowMs - this.#shutMs;
  }

  /** How much of its content may be sent now. */
  roomFor(line: OutgoingStream): number {
    return this.#line.isHolding ? 0 : Math.max(0, Math.min(this.#window, line.sendWindow));
  }

  /** The client takes more of all streams together. False: more than there may be. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    return this.#window <= windowBytesMax;
  }

  enqueue(line: OutgoingStream): void {
    if (line.noteQueued()) this.#queue.push(line);
  }

  /** Somebody waits for a turn. */
  get isAwaited(): boolean {
    return this.#queue.length > 0;
  }

  /** The line takes bytes again. */
  drained(): void {
    this.#stuckFrames = 0;
  }

  /** One frame of each that waits, in turn, for as long as there is room. */
  serve(): void {
    const queue = this.#queue;
    while (queue.length > 0 && this.#window > 0 && !this.#line.isHolding && !this.isGone) queue.shift()!.pump();
  }

  // ---- frames ----

  #frames(): Output {
    return this.#context.http2.framesOf(this);
  }

  /** For a frame that is no DATA. */
  #control(): Output {
    if (this.#line.isHolding) this.#stuckFrames++;
    const frames = this.#frames();
    this.#context.http2.lastStream = 0;
    return frames;
  }

  settings(pairs: readonly (readonly [number, number])[]): void {
    putSettings(this.#control(), pairs);
  }

  acknowledgeSettings(): void {
    putFrameHeader(this.#control(), 0, frameType.settings, flag.ack, 0);
  }

  /** With the eight bytes from bytes[at] on. */
  ping(isAck: boolean, bytes: Uint8Array, at: number): void {
    const frames = this.#control();
    putFrameHeader(frames, 8, frameType.ping, isAck ? flag.ack : 0, 0);
    frames.copy(bytes, at, at + 8);
  }

  windowUpdate(stream: number, bytes: number): void {
    putWindowUpdate(this.#control(), stream, bytes);
  }

  reset(stream: number, code: number): void {
    putRstStream(this.#control(), stream, code);
  }

  goaway(lastStream: number, code: number = errorCode.noError, reason = ""): void {
    putGoaway(this.#control(), lastStream, code, reason);
  }

  /** What we say first to a server. */
  begin(pairs: readonly (readonly [number, number])[]): void {
    this.#control().put(connectionPreface);
    this.settings(pairs);
  }

  /** False: it cannot be said, and nothing was. */
  sendRequest(stream: number, head: Head, isSecure: boolean, isLast: boolean): boolean {
    const frames = this.#control();
    const at = frames.length;
    putFrameHeader(frames, 0, frameType.headers, isLast ? flag.endStream : 0, stream);
    const wasTableTold = this.#isTableTold;
    this.#tellTable(frames);
    if (!putRequestHead(frames, head, isSecure)) {
      frames.length = at;
      this.#isTableTold = wasTableTold;
      return false;
    }
    closeHeaders(frames, at, stream);
    return true;
  }

  sendHead(stream: number, head: Head, isLast: boolean): void {
    const frames = this.#control();
    const at = frames.length;
    putFrameHeader(frames, 0, frameType.headers, isLast ? flag.endStream : 0, stream);
    this.#tellTable(frames);
    putResponseHead(frames, head);
    closeHeaders(frames, at, stream);
  }

  sendData(line: OutgoingStream, bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#window -= size;
    if (this.#window <= 0) this.#shutMs = this.#context.port.nowMs;
    line.sendWindow -= size;
    line.sentBytes += size;
    const frames = this.#frames();
    const kit = this.#context.http2;
    const length = kit.lastStream === line.id ? frames.length - kit.lastAt - frameHeaderBytes + size : 0;
    // Chunks that came together go on together, however small they are.
    if (length > 0 && length <= frameBytesMax) setFrameLength(frames, kit.lastAt, length);
    else {
      kit.lastAt = frames.length;
      kit.lastStream = line.id;
      putFrameHeader(frames, size, frameType.data, 0, line.id);
    }
    frames.copy(bytes, start, end);
    if (frames.length >= flushBytes) this.#send();
  }

  /** The last of a stream: its trailers, or the mark on its last DATA. */
  sendEnd(stream: number, trailers: Output | null): void {
    const kit = this.#context.http2;
    const frames = this.#frames();
    if (trailers !== null && trailers.length > 2) {
      const at = frames.length;
      kit.lastStream = 0;
      putFrameHeader(frames, 0, frameType.headers, flag.endStream, stream);
      putTrailers(frames, trailers.bytes, trailers.length);
      closeHeaders(frames, at, stream);
    } else if (kit.lastStream === stream) frames.bytes[kit.lastAt + 4]! |= flag.endStream;
    else putFrameHeader(this.#control(), 0, frameType.data, flag.endStream, stream);
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

  /** Something was sent out of turn. */
  flushUnlessGathering(): void {
    if (this.isGathering) return;
    this.isGathering = true;
    this.serve();
    this.isGathering = false;
    this.flush();
    this.#watcher.settled();
  }

  #send(): void {
    const kit = this.#context.http2;
    const frames = kit.framesOf(this);
    this.#sentBytes += frames.length;
    if (!this.isGone) this.#line.send(frames.bytes, 0, frames.length);
    kit.clear();
  }

  /** Nobody is to be told anything more. */
  discard(): void {
    this.isGone = true;
    this.#context.http2.discard(this);
  }
}
