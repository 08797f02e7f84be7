// One connection to a server that is asked by HTTP/2 (RFC 9113): dialed for exchanges that wait for it, then shared by all whose streams
// it has room for, until the server says that it goes, it has rested for too long, or it breaks. What the server says is read by
// serverincoming.ts; its streams (serverstream.ts) are lines to those whose they are.
//
//   dialed ─ stands ─> open ─ GOAWAY, its server left the plan ─> leaving ─ last stream ends ─> closed
//     │ refused          │ rested, nothing more to carry ─────────────────────────────────────────┘
//     │ HTTP/1.1 agreed  └ an error of the connection: GOAWAY with its code, all streams are lost ──┘
//     └─> whoever waited first has it as a connection of HTTP/1.1

import { type Fault, faultWith } from "../../../base/fault.ts";
import { joined } from "../../../base/joined.ts";
import { initialWindowBytes, setting } from "../../../wire/http2/frame.ts";
import { countConnected, countDisconnected } from "../../account.ts";
import type { Context } from "../../context.ts";
import type { DialFlow, Line, TurnFlow } from "../../port.ts";
import type { ServerSite } from "../../site.ts";
import { Outgoing, type OutgoingWatcher } from "../outgoing.ts";
import { StreamTable } from "../streamtable.ts";
import { connectionWindowBytes, ServerIncoming } from "./serverincoming.ts";
import type { ServerStream } from "./serverstream.ts";
import type { Sessions } from "./sessions.ts";

/** Of one connection, whatever the server bears: more would wait for each other's bytes. */
export const streamsAtOnceMax: number = 100;
const streamIdMax = 0x7fffffff;
/** Held for a server that takes nothing: heads, words of streams that were given up. More of it goes over another connection. */
const heldBytesMax = 256 * 1024;
/** The connection's window for what it is told was used up for so long: a server that takes content opens it within a round trip. */
const shutMsMax = 100;
/** A stream that was given up, and a server that has said nothing for so long: perhaps it is not there any more. */
const silentMs = 1000;
/** It is asked whether it is; whoever does not answer that is left. */
const pingMs = 5000;
const pingBytes = new Uint8Array(8);

const phase = { dialed: 0, open: 1, closed: 2 } as const;

export class ServerSession implements DialFlow, TurnFlow, OutgoingWatcher {
  outgoing!: Outgoing;
  readonly streams: StreamTable<ServerStream> = new StreamTable();
  /** It has answered something. */
  hasAnswered = false;
  /** What the server bears at once: as it has said, or fewer where it has refused one. */
  streamsMax: number;
  /** As it has said. */
  #streamsAllowed: number;
  /** Whole answers since it was found to bear no more. */
  #answered = 0;
  /** It carries nothing. */
  isResting = false;
  readonly isSecure: boolean;
  readonly #sessions: Sessions;
  readonly #context: Context;
  readonly #server: ServerSite;
  readonly #dialedMs: number;
  readonly #isShared: boolean;
  /** What it began with: a PROXY header, which makes it one client's. */
  readonly preface: Uint8Array | null;
  #line!: Line;
  #incoming!: ServerIncoming;
  #phase: number = phase.dialed;
  #waiting: ServerStream[] = [];
  #nextId = 1;
  #isLeaving = false;
  #pending: Uint8Array | null = null;
  #isYielding = false;
  #isStuck = false;
  /** Nothing may be said to the line any more. */
  #isGone = false;
  #receivedMs: number;
  #restedMs = 0;
  /** Since when it is not known whether anybody is there; 0: it is. */
  #suspectedMs = 0;

  constructor(sessions: Sessions, context: Context, server: ServerSite, preface: Uint8Array | null) {
    this.#sessions = sessions;
    this.streamsMax = Math.max(1, sessions.streamsMax);
    this.#streamsAllowed = this.streamsMax;
    this.#context = context;
    this.#server = server;
    this.preface = preface;
    this.#isShared = preface === null;
    this.isSecure = server.plan.tls !== null;
    this.#dialedMs = context.port.nowMs;
    this.#receivedMs = this.#dialedMs;
  }

  // ---- while it is dialed ----

  /** One more may wait for it. */
  waitsFor(room: number): boolean {
    return this.#isShared && this.#phase === phase.dialed && this.#waiting.length < Math.max(1, room);
  }

  enlist(stream: ServerStream): void {
    this.#waiting.push(stream);
  }

  connected(line: Line): void {
    const context = this.#context;
    const waiting = this.#waiting;
    this.#waiting = [];
    const isHttp1 = this.isSecure && line.alpn !== "h2";
    this.#sessions.isHttp1 = isHttp1;
    this.#sessions.settled(this, !isHttp1);
    if (isHttp1) return this.#hand(line, waiting);
    this.#line = line;
    this.#phase = phase.open;
    this.#receivedMs = context.port.nowMs;
    countConnected(context.tally, this.#server.row, context.port.nowMs - this.#dialedMs);
    this.outgoing = new Outgoing(context, line, this);
    this.#incoming = new ServerIncoming(this, context);
    const { outgoing } = this;
    outgoing.isGathering = true;
    outgoing.begin([
      [setting.enablePush, 0],
      [setting.maxHeaderListSize, context.limits.headBytesMax],
    ]);
    outgoing.windowUpdate(0, connectionWindowBytes - initialWindowBytes);
    for (const stream of waiting) {
      if (!stream.isWanted) continue;
      if (this.hasRoom) stream.joined(this);
      else this.#sessions.seek(stream, this.preface);
    }
    this.#settle();
  }

  /** The server speaks HTTP/1.1: one of them has the connection, the others dial theirs. */
  #hand(line: Line, waiting: readonly ServerStream[]): void {
    const first = waiting.findIndex((stream) => stream.isWanted && stream.isNew);
    if (first === -1) line.destroy();
    else waiting[first]!.cede(line);
    for (const [index, stream] of waiting.entries())
      if (index !== first && stream.isWanted) {
        if (stream.isNew) this.#sessions.seek(stream, this.preface);
        else stream.lose();
      }
  }

  refused(what: Fault): void {
    this.#phase = phase.closed;
    this.#sessions.settled(this, false);
    this.#sessions.refused(this.#waiting.splice(0), what);
  }

  // ---- the line ----

  received(bytes: Uint8Array): void {
    if (this.#phase !== phase.open) return;
    this.#receivedMs = this.#context.port.nowMs;
    this.#suspectedMs = 0;
    this.#pending = this.#pending === null ? bytes : joined(this.#pending, bytes);
    this.#pump();
  }

  drained(): void {
    if (this.#phase !== phase.open) return;
    this.outgoing.drained();
    if (this.#isStuck && !this.#isYielding) this.#line.resume();
    this.#isStuck = false;
    this.#incoming.isWindowOpened = true;
    this.#pump();
  }

  /** Its FIN: what it has said before counts, and nothing will come. */
  ended(): void {
    this.#readAll();
    if (this.#phase !== phase.open) return;
    this.#loseAll();
    this.close();
  }

  /** What waited for its turn. */
  #readAll(): void {
    for (let before = -1; this.#phase === phase.open && this.#pending !== null; ) {
      if (this.#pending.length === before) return;
      before = this.#pending.length;
      this.#isYielding = false;
      this.#isStuck = false;
      this.#pump();
    }
  }

  closed(isReset: boolean): void {
    if (this.#phase !== phase.open) return;
    this.#isGone = true;
    this.outgoing.discard();
    if (!isReset) this.#readAll();
    if (this.#phase !== phase.open) return;
    this.#gone();
    this.#loseAll();
  }

  // ---- frames that have come ----

  #pump(): void {
    const { outgoing } = this;
    if (outgoing.isGathering || this.#phase !== phase.open) return;
    outgoing.isGathering = true;
    if (this.#pending !== null && !this.#isYielding && !this.#isStuck) this.#read(this.#pending);
    this.#settle();
  }

  /** What can be sent is, in one write. */
  #settle(): void {
    const { outgoing } = this;
    if (this.#phase !== phase.open) {
      outgoing.isGathering = false;
      return;
    }
    if (this.#incoming.isWindowOpened) this.#enqueueAll();
    outgoing.serve();
    outgoing.isGathering = false;
    outgoing.flush();
    this.settled();
  }

  #enqueueAll(): void {
    this.#incoming.isWindowOpened = false;
    for (const stream of this.streams.values()) if (stream.isWanting) this.outgoing.enqueue(stream);
  }

  #read(pending: Uint8Array): void {
    const { port } = this.#context;
    const incoming = this.#incoming;
    this.#pending = null;
    const next = incoming.read(pending);
    if (this.#phase !== phase.open) return;
    if (incoming.error !== -1) return this.#fail(incoming.error, incoming.reason);
    const isAll = next === pending.length;
    const isLittle = (pending.length - next) * 4 < pending.length;
    if (!isAll) this.#pending = isLittle ? pending.slice(next) : pending.subarray(next);
    // What anybody keeps of it is a copy.
    if (isAll || isLittle) port.spent = pending;
    if (this.#isGone) return;
    if (this.outgoing.isStuck) {
      this.#isStuck = true;
      this.#line.pause();
    } else if (incoming.isTurnOver && !isAll) {
      this.#isYielding = true;
      this.#line.pause();
      port.giveWay(this);
    } else this.#line.resume();
  }

  goOn(): void {
    if (!this.#isYielding) return;
    this.#isYielding = false;
    this.#pump();
  }

  // ---- streams ----

  /** One more exchange may be asked over it. */
  get hasRoom(): boolean {
    const room = Math.min(this.streamsMax, streamsAtOnceMax);
    if (this.#phase !== phase.open || this.#isLeaving || this.#suspectedMs !== 0) return false;
    const isOwn = this.#isShared || this.#nextId === 1;
    if (!isOwn || this.streams.size >= room || this.#nextId > streamIdMax) return false;
    return !this.#incoming.isWithholding && !this.#isBehind && this.outgoing.shutForMs <= shutMsMax;
  }

  /** The server takes less than it is told. */
  get #isBehind(): boolean {
    return this.outgoing.isStuck || this.outgoing.heldBytes > heldBytesMax;
  }

  /** A stream begins: its number. */
  open(stream: ServerStream): number {
    const id = this.#nextId;
    this.#nextId += 2;
    stream.id = id;
    this.streams.add(stream);
    this.#rest(false);
    return id;
  }

  /** The highest number that was given. */
  get lastId(): number {
    return this.#nextId - 2;
  }

  get incoming(): ServerIncoming {
    return this.#incoming;
  }

  remove(stream: ServerStream): void {
    if (!this.streams.delete(stream)) return;
    this.#incoming.forget(stream);
    if (this.streamsMax < this.#streamsAllowed && stream.hasHeardAll) this.#recover();
  }

  /** As many as it bears were answered: perhaps it bears one more. */
  #recover(): void {
    if (++this.#answered < this.streamsMax) return;
    this.#answered = 0;
    this.streamsMax++;
  }

  /** A stream was given up since `openedMs`, when it began: nothing may have come because nobody is there. */
  suspect(openedMs: number): void {
    const { nowMs } = this.#context.port;
    if (this.#suspectedMs !== 0 || this.#phase !== phase.open) return;
    if (this.#receivedMs > openedMs || nowMs - openedMs < silentMs) return;
    this.#suspectedMs = nowMs;
    this.outgoing.ping(false, pingBytes, 0);
  }

  /** It has refused one, for more than it takes at once are under way. */
  crowded(): void {
    this.streamsMax = Math.min(this.streamsMax, this.streams.size);
    this.#answered = 0;
    if (this.streamsMax === 0) this.leave();
  }

  /** It has answered HTTP_1_1_REQUIRED. */
  outdated(): void {
    this.#sessions.outdated();
  }

  /** What it has told of streams at once. */
  allows(streamsMax: number): void {
    this.streamsMax = streamsMax;
    this.#streamsAllowed = streamsMax;
    this.#sessions.streamsMax = Math.min(streamsMax, streamsAtOnceMax);
  }

  // ---- the end ----

  settled(): void {
    if (this.#phase !== phase.open || this.streams.size > 0) return;
    const isDone = this.#isLeaving || (!this.#isShared && this.#nextId > 1) || this.streamsMax === 0;
    if (isDone || this.#isBehind) return this.close();
    if (this.isResting) return;
    this.#rest(true);
    if (!this.#sessions.isKept()) this.close();
  }

  #rest(isResting: boolean): void {
    if (this.isResting === isResting) return;
    this.isResting = isResting;
    this.#restedMs = this.#context.port.nowMs;
    this.#sessions.rests(isResting ? 1 : -1);
  }

  /** Once a second. */
  sweep(nowMs: number, idleMs: number): void {
    const isDead = this.#suspectedMs !== 0 && nowMs - this.#suspectedMs >= pingMs && this.streams.size === 0;
    if (isDead || (this.isResting && this.#restedMs + idleMs <= nowMs)) this.close();
  }

  /** No further streams. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#phase === phase.open && this.streams.size === 0 && !this.outgoing.isGathering) this.close();
  }

  /** An error of the connection. */
  #fail(code: number, reason: string): void {
    const what = this.#incoming.hasBegun ? null : faultWith("bad_response", `no HTTP/2 was answered: ${reason}`);
    this.outgoing.goaway(0, code, reason);
    this.outgoing.flush();
    this.#end();
    this.#loseAll(what);
  }

  #loseAll(what: Fault | null = null): void {
    for (const stream of this.streams.copy()) {
      this.streams.delete(stream);
      if (what === null) stream.lose();
      else stream.fail(what);
    }
  }

  close(): void {
    if (this.#phase !== phase.open) return;
    this.outgoing.goaway(0);
    this.outgoing.flush();
    this.#end();
    this.#loseAll();
  }

  #end(): void {
    this.#gone();
    if (!this.#isGone) this.#line.destroy();
  }

  #gone(): void {
    this.#rest(false);
    this.#phase = phase.closed;
    this.#pending = null;
    this.#incoming.stop();
    this.outgoing.discard();
    this.#sessions.gone(this);
    countDisconnected(this.#context.tally, this.#server.row);
  }

  // ---- said by what goes out ----

  congested(): void {}

  relieved(): void {}
}
