// One connection of a client that speaks HTTP/2 (RFC 9113): its frames, its settings, its windows, and its streams (stream.ts), of
// which each is a request like any other. It has taken the connection over from a Downstream, which has had it admitted. A client that
// asks for much that is no request, or takes requests back again and again, has a budget for that, and is told to go when it is used up.
//
//   preface ─> streams ─ nothing for too long, drain, last request ─> GOAWAY (of none), PING ─ its ACK ─> GOAWAY ─ last stream ends ─> lingering ─> closed
//                 └ an error of the connection ─> GOAWAY with its code ─────────────────────────────────────────────────────────┘

import { joined } from "../../base/joined.ts";
import type { WheelNode } from "../../base/timerwheel.ts";
import { listenerCell } from "../../memory/tally.ts";
import { initialWindowBytes, setting, windowBytesMax } from "../../wire/http2/frame.ts";
import type { FieldSection } from "../../wire/http2/hpack/fieldsection.ts";
import { countClosed } from "../account.ts";
import type { Context, Session } from "../context.ts";
import type { Downstream } from "../downstream.ts";
import { type Forwarding, standing } from "../forwarding.ts";
import { Guest } from "../guest.ts";
import type { Client, Line, LineFlow, TurnFlow, WakeFlow } from "../port.ts";
import { asksForMore, type ListenerSite, type Site } from "../site.ts";
import { isJudgedByName } from "./coalescing.ts";
import { connectionWindowBytes, Incoming, streamWindowBytes } from "./incoming.ts";
import { Outgoing, type OutgoingWatcher } from "./outgoing.ts";
import type { Http2Stream } from "./stream.ts";
import { StreamTable } from "./streamtable.ts";

/** In a PING of ours. */
const pingBytes = new Uint8Array(8);

const phase = { open: 0, lingering: 1, closed: 2 } as const;

/** Bits. */
const mark = {
  /** The client has ended its side, and what it has said before was looked at. */
  ended: 1,
  inputOver: 2,
  /** Nothing may be said to the line any more. */
  gone: 4,
  /** It has given way, with frames pending and reading paused. */
  yielding: 16,
  /** The client takes nothing, and has been told much. */
  stuck: 32,
  /** It was told that streams are to end; and which was the last. */
  leaving: 64,
  left: 128,
} as const;

export class Http2Session implements LineFlow, WakeFlow, TurnFlow, Session, OutgoingWatcher {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;
  readonly line: Line;
  readonly outgoing: Outgoing;
  readonly client: Client;
  readonly isSecure: boolean;
  guest: Guest | null;
  /** As a plan has it that may have come since. */
  listener: ListenerSite;
  readonly #context: Context;
  /** Those under way. */
  readonly streams: StreamTable<Http2Stream> = new StreamTable();
  readonly #incoming: Incoming;
  #phase: number = phase.open;
  #marks = 0;
  #standing: number;
  /** Rules go by the name that the connection was made for. */
  isJudgedByName: boolean;
  #preface: Uint8Array | null = null;
  #prefaceOf: Forwarding | null = null;
  /** Not yet understood. */
  #pending: Uint8Array | null = null;
  #requests = 0;
  /** Its streams hold less than they did, and nobody has been told. */
  #isRelieved = false;
  #takenSeen = 0;
  /** Since when no stream is under way, and since when a frame is that has not come in full; -1: that is not so. */
  #restedMs = -1;
  #begunMs = -1;

  /** Takes the connection over. */
  constructor(context: Context, former: Downstream) {
    this.#context = context;
    this.listener = former.cede();
    this.line = former.line;
    this.client = former.client;
    this.isSecure = former.isSecure;
    this.guest = former.guest;
    this.#standing = this.listener.forwarding.standingOf(this.client.address);
    this.isJudgedByName = isJudgedByName(this.listener);
    context.downstreams.add(this);
    this.count(listenerCell.http2Connections);
    const { limits, port } = context;
    this.outgoing = new Outgoing(context, this.line, this);
    this.#incoming = new Incoming(this, context);
    this.outgoing.settings([
      [setting.maxConcurrentStreams, limits.streamsPerConnectionMax],
      [setting.initialWindowSize, streamWindowBytes],
      [setting.maxHeaderListSize, limits.headBytesMax],
      [setting.noRfc7540Priorities, 1],
    ]);
    this.outgoing.windowUpdate(0, connectionWindowBytes - initialWindowBytes);
    this.outgoing.flush();
    this.#restedMs = port.nowMs;
    this.#begunMs = port.nowMs;
    this.#wake(this.listener.plan.timeouts.headMs);
    if (context.isDraining) this.leave();
  }

  /** The former has received this, and made nothing of it. */
  begin(bytes: Uint8Array): void {
    this.#pending = bytes;
    this.#pump();
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  count(cell: number): void {
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
    this.outgoing.drained();
    if (this.#phase === phase.lingering) return this.#lingerOn();
    // All that had come may have been looked at: nothing else has it read on.
    if (this.#is(mark.stuck) && !this.#is(mark.yielding)) this.line.resume();
    this.#marks &= ~mark.stuck;
    this.#incoming.isWindowOpened = true;
    this.outgoing.isGathering = true;
    // What waits for the connection and for nothing of its own.
    for (const stream of this.streams.copy())
      if (!this.outgoing.isCongested && !stream.line.isHolding) stream.drained();
    this.outgoing.isGathering = false;
    this.#pump();
  }

  ended(): void {
    this.#marks |= mark.ended;
    if (this.#phase === phase.lingering && this.line.heldBytes === 0) return this.#close(false);
    this.#pump();
  }

  closed(isReset: boolean): void {
    this.#marks |= mark.gone;
    this.outgoing.discard();
    this.#abandonAll(isReset);
    this.#gone();
  }

  ticked(): void {
    if (this.#phase === phase.closed) return;
    // The client has not said that it knows.
    if (this.#phase === phase.open && this.#is(mark.leaving) && !this.#is(mark.left)) return this.#leaveNow();
    // Each of them has a time of its own, and what is to be a request one from its first byte on.
    if (this.streams.size > 0) return this.#awaitBegun();
    // A client that holds what it was sent unread loses it.
    if (this.#isTaking()) return this.#wake(this.listener.plan.timeouts.readMs);
    if (this.#phase === phase.lingering || this.line.heldBytes > 0) return this.#close(this.line.heldBytes > 0);
    this.leave();
  }

  #isTaking(): boolean {
    const former = this.#takenSeen;
    this.#takenSeen = this.outgoing.takenBytes;
    return this.line.heldBytes > 0 && this.#takenSeen !== former;
  }

  // ---- frames that have come ----

  /** What is pending, as far as it goes, and what can be sent. */
  #pump(): void {
    const { outgoing } = this;
    if (outgoing.isGathering || this.#phase !== phase.open) return;
    outgoing.isGathering = true;
    if (this.#pending !== null && !this.#is(mark.yielding | mark.stuck)) this.#read(this.#pending);
    if (this.#is(mark.ended) && !this.#is(mark.yielding | mark.stuck | mark.inputOver)) this.#inputOver();
    if (this.#incoming.isWindowOpened) this.#enqueueAll();
    outgoing.serve();
    if (this.#isRelieved) this.#relieve();
    outgoing.isGathering = false;
    outgoing.flush();
    if (this.streams.size === 0) this.#rested();
    else if (this.#isBegun) this.#awaitBegun();
  }

  /** Something has begun that has not come in full, and we read on. */
  get #isBegun(): boolean {
    return (this.#incoming.isInside || this.#pending !== null) && !this.#is(mark.yielding | mark.stuck);
  }

  #enqueueAll(): void {
    this.#incoming.isWindowOpened = false;
    for (const { line } of this.streams.values()) if (line.isWanting) this.outgoing.enqueue(line);
  }

  #read(pending: Uint8Array): void {
    const { port } = this.#context;
    const incoming = this.#incoming;
    this.#pending = null;
    const next = incoming.read(pending);
    if (this.#phase !== phase.open) return;
    if (incoming.error !== -1) return this.#fail(incoming.error, incoming.reason);
    if (incoming.hasEnded) this.#begunMs = -1;
    const isAll = next === pending.length;
    // Little that is left of much is copied.
    const isLittle = (pending.length - next) * 4 < pending.length;
    if (!isAll) this.#pending = isLittle ? pending.slice(next) : pending.subarray(next);
    // What anybody keeps of it is a copy.
    if (isAll || isLittle) port.spent = pending;
    if (this.outgoing.isStuck) {
      this.#marks |= mark.stuck;
      this.line.pause();
    } else if (incoming.isTurnOver && !isAll) {
      this.#marks |= mark.yielding;
      this.line.pause();
      port.giveWay(this);
    } else this.line.resume();
  }

  /** Nothing more will come. What was asked in full is answered. */
  #inputOver(): void {
    this.#marks |= mark.inputOver;
    for (const stream of this.streams.copy()) stream.leaveHalfWay(this.listener.plan.isAbortedByClose);
  }

  goOn(): void {
    this.#marks &= ~mark.yielding;
    this.#pump();
  }

  // ---- said by what goes out ----

  settled(): void {
    if (this.#isRelieved) this.#pump();
    if (this.streams.size === 0) this.#rested();
  }

  /** What servers say next waits with them. */
  congested(): void {
    for (const stream of this.streams.values()) stream.holdServer();
  }

  relieved(): void {
    this.#isRelieved = true;
  }

  /** Those that hold nothing go on, and those that have waited to begin. */
  #relieve(): void {
    this.#isRelieved = false;
    for (const stream of this.streams.copy()) if (!this.outgoing.isCongested) stream.relieved();
  }

  // ---- streams ----

  /** Said by what has come: a request. */
  open(stream: Http2Stream, fields: FieldSection, isEndStream: boolean): void {
    const { requestsPerConnectionMax } = this.#context.limits;
    this.streams.add(stream);
    this.#restedMs = -1;
    this.#requests++;
    if (requestsPerConnectionMax > 0 && this.#requests >= requestsPerConnectionMax) this.leave();
    stream.begin(fields, isEndStream);
  }

  /** Content of it has been taken. */
  taken(stream: Http2Stream, bytes: number): void {
    this.#incoming.taken(stream, bytes);
  }

  /** What the client has said of it is against the rules. */
  broken(stream: Http2Stream, code: number): void {
    this.#incoming.broken(stream.id, code);
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
    if (this.streams.delete(stream)) this.#incoming.forget(stream);
  }

  // ---- the end ----

  /** No stream is under way. */
  #rested(): void {
    if (this.#phase !== phase.open) return;
    if (this.#is(mark.left | mark.inputOver)) return this.#finish();
    if (this.#is(mark.leaving)) return;
    const { nowMs } = this.#context.port;
    const { idleMs, readMs, headMs } = this.listener.plan.timeouts;
    const isBegun = this.#isBegun;
    if (this.#restedMs === -1) this.#restedMs = nowMs;
    if (!isBegun) this.#begunMs = -1;
    else if (this.#begunMs === -1) this.#begunMs = nowMs;
    if (this.line.isHolding) return this.#wake(readMs);
    // Not from the last frame on: a PING now and then is no request.
    const endMs = this.#restedMs + idleMs;
    this.#wake((isBegun ? Math.min(endMs, this.#begunMs + headMs) : endMs) - nowMs);
  }

  /** Those under way go on while what has begun does not come in full. */
  #awaitBegun(): void {
    if (this.#phase !== phase.open || this.#is(mark.leaving | mark.inputOver)) return;
    if (!this.#isBegun) {
      this.#begunMs = -1;
      return;
    }
    const { nowMs } = this.#context.port;
    if (this.#begunMs === -1) this.#begunMs = nowMs;
    const endMs = this.#begunMs + this.listener.plan.timeouts.headMs;
    if (nowMs >= endMs) return this.leave();
    // One that comes sooner looks again: it is not set anew for each frame that is cut.
    if (this.deadlineMs === 0 || this.deadlineMs > endMs) this.#wake(endMs - nowMs);
  }

  #wake(delayMs: number): void {
    const { port } = this.#context;
    port.wake(this, port.nowMs + delayMs);
  }

  /** No further streams: those that are on their way are still served, until the client has read this (section 6.8). */
  leave(): void {
    if (this.#phase !== phase.open || this.#is(mark.leaving)) return;
    this.#marks |= mark.leaving;
    this.outgoing.goaway(windowBytesMax);
    this.outgoing.ping(false, pingBytes, 0);
    this.#wake(this.listener.plan.timeouts.lingerMs);
    this.outgoing.flushUnlessGathering();
  }

  /** No stream that begins now is served. */
  get hasLeft(): boolean {
    return this.#is(mark.left);
  }

  /** Our PING came back: the client has read what was said before it. */
  answered(): void {
    if (this.#is(mark.leaving) && !this.#is(mark.left)) this.#leaveNow();
  }

  #leaveNow(): void {
    this.#marks |= mark.left;
    this.outgoing.goaway(this.#incoming.lastStream);
    this.outgoing.flushUnlessGathering();
  }

  /** An error of the connection: all of its streams end with it. */
  #fail(code: number, reason: string): void {
    this.count(listenerCell.http2Errors);
    this.outgoing.goaway(this.#incoming.lastStream, code, reason);
    this.#abandonAll(true);
    this.guest?.note("error", 1);
    this.#finish();
  }

  /** The client is to read what it was told before anything it still sends is answered by a RST. */
  #finish(): void {
    if (this.#phase !== phase.open) return;
    this.outgoing.flush();
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
    this.outgoing.discard();
    this.#gone();
    if (this.#is(mark.gone)) return;
    if (isReset) this.line.reset();
    else this.line.destroy();
  }

  /** Without a word to the client. */
  forsake(): void {
    if (this.#phase === phase.closed) return;
    this.#abandonAll(true);
    this.outgoing.discard();
    this.#gone();
    if (!this.#is(mark.gone)) this.line.drop();
  }

  #abandonAll(isReset: boolean): void {
    for (const stream of this.streams.copy()) {
      this.streams.delete(stream);
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
    this.isJudgedByName = isJudgedByName(this.listener);
    if (next?.plan.name === own.name && asksForMore(own.tls, next.plan.tls)) this.leave();
  }

  get underWay(): ListenerSite | null {
    return this.streams.size === 0 ? null : this.listener;
  }

  cut(): void {
    if (this.#phase === phase.closed) return;
    const isBusy = this.streams.size > 0;
    for (const stream of this.streams.copy()) {
      this.streams.delete(stream);
      stream.cut();
    }
    this.#close(isBusy);
  }

  #gone(): void {
    if (this.#phase === phase.closed) return;
    this.#phase = phase.closed;
    this.#pending = null;
    this.#incoming.stop();
    this.guest?.release();
    this.#context.port.forget(this);
    this.#context.downstreams.delete(this);
    countClosed(this.#context.tally, this.listener.row);
  }
}
