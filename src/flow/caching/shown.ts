// A stored response on its way to a client; long, for the ways in which it goes on and ends are read together. Head and body go straight
// from the shared memory, as fast as the client takes them, whole, in ranges, or not at all (304, HEAD). What is being stored by
// somebody else is read along. The entry is held until its last byte is taken: what the kernel does not take at once stays where it
// is, and is offered again when there is room. Only what is framed or slowed down here the line copies.
//
//   start ─> head composed ─ nothing to be judged ─> told ─> body in runs ─> over
//              └ parsed ─ the listener's steps ─ deliver ─┘       └ nothing there yet: followers.ts wakes it
//
// Once the head is told a body that breaks off ends the connection by a reset.

import { fault } from "../../base/fault.ts";
import type { CacheEntry } from "../../memory/cache.ts";
import { Head } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import { countSent } from "../account.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import { coalesceBytesMax } from "../passage.ts";
import type { Line } from "../port.ts";
import { lastChunk, writeChunk } from "../relay.ts";
import { isPlainDown } from "../stair.ts";
import { type Outlet, Throttle } from "../throttle.ts";
import type { CacheDesk } from "./desk.ts";
import { groupOf, type Reader } from "./followers.ts";
import { bodyBytesOf, finishShownHead, Parts, type Shape, shapeOf, writeShownHead } from "./shownhead.ts";

/** Said to the line at once. */
const sliceBytesMax = 256 * 1024;
/** Where a body ends of which only its end tells that. */
const endUnknown = Number.POSITIVE_INFINITY;
const crlf = new Uint8Array([0x0d, 0x0a]);
/** Of a longer body so much leaves with the head, in one write; of one whose pages are given nothing, for each copied page costs. */
const firstBytesMax = 16 * 1024;
/** Of runs of that length the pages are given to the socket; shorter ones cost less to copy. */
const fileBytesMin = 32 * 1024;
/** And of what was found so often: each time spares a copy, but the pages have to be replaced once, for the price of some ten. */
const fileHitsMin = 8;

export class Shown implements Reader, Outlet {
  /** The head is on its way, or was told; until the exchange is over. */
  isBegun = false;
  readonly #exchange: Exchange;
  readonly #context: Context;
  #entry: CacheEntry | null = null;
  #shape: Shape = "whole";
  /** Body bytes that are told, and where that ends. */
  #at = 0;
  #end = 0;
  #parts: Parts | null = null;
  /** Its length is not told before: it goes in chunks, of which the one that was begun lacks so much content and its end; -1: none was. */
  #isChunked = false;
  #chunkLeft = -1;
  /** What comes behind the entry, and whether that is the end. */
  #tail: Uint8Array | null = null;
  #isLast = true;
  #isTold = false;
  #isBlocked = false;
  #isPumping = false;
  #isStarved = false;
  /** What it reads along. */
  #name = "";
  #throttle: Throttle | null = null;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  reset(): void {
    this.isBegun = false;
    this.#isTold = false;
    this.#isBlocked = false;
    this.#isPumping = false;
    this.#isChunked = false;
    this.#chunkLeft = -1;
    this.#tail = null;
    this.#isLast = true;
    this.#parts = null;
  }

  /** Show it. The desk has read the request; it may all be over when this returns. */
  start(entry: CacheEntry, desk: CacheDesk): void {
    const exchange = this.#exchange;
    const context = this.#context;
    const { output } = context;
    this.isBegun = true;
    this.#entry = entry;
    if (!entry.isWhole) this.#name = groupOf(exchange.pool.plan.cache!.cache, desk.key);
    const shape = shapeOf(exchange, entry, desk, context.port.wallMs);
    this.#shape = shape;
    output.clear();
    if (shape === "parts") this.#parts = new Parts(context, desk);
    writeShownHead(output, entry, desk, shape, this.#parts, context.port.wallMs);
    this.#measure(entry, desk);
    if (isPlainDown(exchange)) return this.#tell();
    // What the listener does to it is done to a head that is read like any other.
    output.latin1("\r\n");
    const bytes = output.bytes.slice(0, output.length);
    const { shown } = desk;
    if (parseResponse(shown, bytes, 0, bytes.length, bytes.length) !== bytes.length)
      return exchange.fail(fault("bad_response"));
    exchange.status = shown.status;
    exchange.serverStatus = shown.status;
    exchange.descent.show(shown);
  }

  /** The client was given by a server what the entry has, and takes no more for now: the rest is given from here. See filter.ts. */
  takeOver(entry: CacheEntry, name: string, isChunked: boolean, chunkLeft: number): void {
    this.#name = name;
    this.isBegun = true;
    this.#isTold = true;
    this.#isBlocked = true;
    this.#entry = entry;
    this.#shape = "whole";
    this.#at = entry.written;
    this.#end = entry.facts.bodyBytes === -1 ? endUnknown : entry.facts.bodyBytes;
    this.#isChunked = isChunked;
    this.#chunkLeft = chunkLeft;
  }

  /** It is kept no longer. What comes behind what the entry has. */
  endEarly(tail: Uint8Array, isLast: boolean): void {
    this.#end = this.#entry!.written;
    this.#tail = tail;
    this.#isLast = isLast;
    this.#pump();
  }

  /** The listener's steps have been taken. */
  deliver(head: Head): void {
    const exchange = this.#exchange;
    const { output } = this.#context;
    output.clear();
    exchange.listener.forwarding.writeResponse(output, head, false, false, exchange.isSecure);
    this.#tell();
  }

  /** A step of the listener has it wait: the head that is read into is not to be written over meanwhile. */
  waits(head: Head): void {
    const { desk } = this.#context;
    if (head === desk.shown) desk.shown = new Head(head.fieldsMax);
  }

  /** What of the body is to be told. */
  #measure(entry: CacheEntry, desk: CacheDesk): void {
    const { facts } = entry;
    const exchange = this.#exchange;
    this.#at = 0;
    exchange.status = facts.status;
    switch (this.#shape) {
      case "range":
        exchange.status = 206;
        this.#at = desk.ranges.starts[0]!;
        this.#end = desk.ranges.ends[0]!;
        return;
      case "parts":
        exchange.status = 206;
        this.#end = 0;
        return;
      case "whole":
        this.#end = bodyBytesOf(entry);
        return;
      default:
        this.#end = 0;
        exchange.status = this.#shape === "notModified" ? 304 : this.#shape === "unsatisfiable" ? 416 : facts.status;
    }
  }

  /** The head stands in the output, but for its end. */
  #tell(): void {
    const exchange = this.#exchange;
    const { output, port } = this.#context;
    if (exchange.downstream!.isLeaving) exchange.isPersistent = false;
    finishShownHead(exchange, this.#context);
    this.#isTold = true;
    const bytesPerSecond = exchange.visit?.bytesPerSecond ?? 0;
    if (bytesPerSecond > 0 && this.#end !== 0)
      this.#throttle = new Throttle(port, bytesPerSecond, this, new Brake(() => this.#freed()));
    else if (this.#parts === null) this.#coalesce();
    this.#isBlocked = !exchange.sendDown(output.bytes, 0, output.length);
    this.#pump();
  }

  /** The beginning of the body behind the head, unless its pages go by themselves; all of it where that is short. */
  #coalesce(): void {
    const { output } = this.#context;
    const entry = this.#entry!;
    const rest = this.#end - this.#at;
    const from = this.#at;
    const isLent = entry.run(from) && this.#lend(Math.min(entry.runEnd - entry.runStart, rest)) >= 0;
    const stop = rest <= coalesceBytesMax ? this.#end : isLent ? from : from + firstBytesMax;
    while (this.#at < stop && entry.run(this.#at)) {
      const size = Math.min(entry.runEnd - entry.runStart, stop - this.#at);
      output.copy(entry.bytes, entry.runStart, entry.runStart + size);
      this.#at += size;
    }
    this.#exchange.responseBytesSent += this.#at - from;
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#entry !== null) {
      if (this.#at === this.#end && this.#throttle?.isHolding !== true) {
        if (this.#tail !== null) return this.#giveTail(this.#tail);
        if (!this.#beginPart()) return this.#over();
      } else if (this.#isBlocked || this.#at === this.#end) break;
      else if (!this.#giveRun(this.#entry)) break;
    }
    this.#isPumping = false;
    if (this.#entry !== null && this.#isBlocked) this.#exchange.arm(this.#exchange.listener.plan.timeouts.readMs);
  }

  /** False: there is nothing to give now. */
  #giveRun(entry: CacheEntry): boolean {
    const { isWhole } = entry;
    if (entry.run(this.#at)) {
      const start = entry.runStart;
      const size = Math.min(entry.runEnd - start, this.#end - this.#at, sliceBytesMax);
      this.#at += this.#give(entry.bytes, start, start + size);
      return true;
    }
    if (isWhole && this.#end === endUnknown) {
      this.#end = this.#at;
      return true;
    }
    if (isWhole || entry.isBroken) this.#break();
    else this.#starve();
    return false;
  }

  /** Answers how many of the bytes are on their way; the others are given again, from where they stand. */
  #give(bytes: Uint8Array, start: number, end: number): number {
    if (this.#throttle !== null) {
      this.#isBlocked = true;
      this.#throttle.offer(bytes, start, end);
    } else if (this.#isChunked) this.#isBlocked = !this.#passChunk(bytes, start, end);
    else return this.#offer(bytes, start, end);
    return end - start;
  }

  /** A long run as pages of its file, where it has its own. */
  #offer(bytes: Uint8Array, start: number, end: number): number {
    const exchange = this.#exchange;
    const { line } = exchange.downstream!;
    const file = this.#lend(end - start);
    const taken = file < 0 ? line.offer(bytes, start, end) : line.offerFile(file, bytes, start, end);
    countSent(this.#context.tally.cells, exchange, taken);
    exchange.responseBytesSent += taken;
    this.#isBlocked = taken < end - start;
    return taken;
  }

  /** The file of the run, of which so much is to be given; -1 where it is to be copied. */
  #lend(size: number): number {
    const entry = this.#entry!;
    if (size < fileBytesMin || entry.hits < fileHitsMin || !this.#exchange.downstream!.line.takesFiles) return -1;
    return entry.lend();
  }

  /** The rest of the chunk that was begun, and what is more than that in one of its own. */
  #passChunk(bytes: Uint8Array, start: number, end: number): boolean {
    const { output } = this.#context;
    output.clear();
    if (this.#chunkLeft !== -1) {
      const size = Math.min(this.#chunkLeft, end - start);
      output.copy(bytes, start, start + size);
      this.#chunkLeft -= size;
      start += size;
      if (this.#chunkLeft === 0) this.#endChunk();
    }
    if (start < end) writeChunk(output, bytes, start, end);
    return this.pass(output.bytes, 0, output.length);
  }

  #endChunk(): void {
    this.#chunkLeft = -1;
    this.#context.output.put(crlf);
  }

  /** The entry has been told as far as it goes. */
  #giveTail(tail: Uint8Array): void {
    const exchange = this.#exchange;
    this.#tail = null;
    this.#isPumping = false;
    const isTaken = this.#isChunked ? this.#passChunk(tail, 0, tail.length) : this.pass(tail, 0, tail.length);
    if (this.#isLast) return this.#over();
    this.stop();
    this.isBegun = false;
    exchange.caching!.entry!.release();
    exchange.caching!.entry = null;
    exchange.passage.goOn(isTaken, this.#chunkLeft === -1);
  }

  /** What goes before the next part of a multipart. False: that was all. */
  #beginPart(): boolean {
    const parts = this.#parts;
    if (parts === null) return false;
    const { output } = this.#context;
    output.clear();
    const hasMore = parts.begin(output, this.#entry!);
    this.#exchange.responseBytesSent += output.length;
    if (!this.#exchange.sendDown(output.bytes, 0, output.length)) this.#isBlocked = true;
    this.#at = parts.start;
    this.#end = parts.end;
    return hasMore;
  }

  /** It is read along, and its writer has not come further. */
  #starve(): void {
    const exchange = this.#exchange;
    this.#isStarved = true;
    this.#context.followers.read(this.#name, this);
    exchange.arm(exchange.pool.plan.timeouts.readMs);
  }

  #over(): void {
    const exchange = this.#exchange;
    const downstream = exchange.downstream!;
    const { isPersistent } = exchange;
    const isFinal = !exchange.head.wantsKeepAlive;
    if (this.#isChunked) this.#endChunks();
    exchange.conclude();
    downstream.concluded(isPersistent, isFinal);
  }

  #endChunks(): void {
    const { output } = this.#context;
    output.clear();
    if (this.#chunkLeft !== -1) this.#endChunk();
    output.put(lastChunk);
    this.pass(output.bytes, 0, output.length);
  }

  /** What is told is not the whole, and the client must see that. */
  #break(): void {
    this.#exchange.fail(fault("truncated_response"));
  }

  /** What was given to the throttle has gone. */
  #freed(): void {
    this.#isBlocked = false;
    this.#pump();
  }

  // ---- told ----

  readOn(): void {
    this.#isStarved = false;
    this.#pump();
  }

  /** The client takes bytes again. */
  drained(): void {
    if (!this.#isTold || this.#entry === null) return;
    if (this.#throttle !== null) return this.#throttle.drained(false);
    this.#isBlocked = false;
    this.#pump();
  }

  /** The deadline has passed. */
  timedOut(): void {
    const exchange = this.#exchange;
    const downstream = exchange.downstream!;
    // What is left of an offer: each `drained` has moved the deadline. Of what the line holds none is told before it has all gone.
    const isOffered = this.#isBlocked && this.#throttle === null;
    if (isOffered || downstream.line.heldBytes > 0) {
      if (downstream.isTaking()) exchange.arm(exchange.listener.plan.timeouts.readMs);
      else if (exchange.passage.isWantedWithout) downstream.cutLoose();
      else exchange.fail(fault("client_stalled"));
    } else if (this.#isStarved) exchange.fail(fault("read_timeout"));
    else exchange.arm(exchange.listener.plan.timeouts.readMs);
  }

  /** The exchange is over. */
  stop(): void {
    this.#entry = null;
    if (this.#isStarved) this.#context.followers.leaveReading(this);
    this.#isStarved = false;
    this.#throttle?.stop();
    this.#throttle = null;
  }

  // ---- said by the throttle ----

  pass(bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange;
    exchange.responseBytesSent += end - start;
    return exchange.sendDown(bytes, start, end);
  }

  /** There is no connection behind it that could end. */
  spent(): void {}
}

/** What a throttle stops and lets go on: the reading of the entry. */
class Brake implements Line {
  readonly heldBytes = 0;
  readonly isHolding = false;
  readonly takesFiles = false;
  readonly #freed: () => void;

  constructor(freed: () => void) {
    this.#freed = freed;
  }

  resume(): void {
    this.#freed();
  }

  send(): boolean {
    return true;
  }
  offer(_: Uint8Array, start: number, end: number): number {
    return end - start;
  }
  offerFile(_: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }
  pause(): void {}
  end(): void {}
  destroy(): void {}
  reset(): void {}
  drop(): void {}
}
