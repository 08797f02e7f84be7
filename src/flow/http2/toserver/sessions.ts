// What is open to one server that is asked by HTTP/2, in this worker: connections, each of which carries many exchanges at once. It
// stands where idle connections stand (idle.ts): who wants one is given a stream of a connection that has room, as if it were a
// connection of HTTP/1.1 that had stood idle; where there is none another connection is dialed, for as many as it will have room for.
// Over TLS a server may choose HTTP/1.1: those connections are kept as all others are, and so are those that need it (older.ts).

import { type Fault, fault } from "../../../base/fault.ts";
import { serverCell } from "../../../memory/tally.ts";
import type { Context } from "../../context.ts";
import type { Exchange } from "../../exchange.ts";
import { IdleConnections, type IdleHouse } from "../../idle.ts";
import type { Client, TurnFlow } from "../../port.ts";
import { proxyHeaderFor } from "../../proxyheader.ts";
import type { ServerSite } from "../../site.ts";
import { Upstream } from "../../upstream.ts";
import { isCall, needsHttp1 } from "./older.ts";
import { Redial } from "./redial.ts";
import { ServerSession } from "./serversession.ts";
import { ServerStream } from "./serverstream.ts";

/** Whoever has answered HTTP_1_1_REQUIRED is asked by that for so long. */
const olderMs = 10 * 60_000;
const olderSaid =
  "it answers HTTP_1_1_REQUIRED, and is asked by HTTP/1.1 for the next 10 minutes; http2: false of it says so for good";
/** Streams that have ended, kept to be used again. */
const spareMax = 256;

export class Sessions extends IdleConnections implements TurnFlow {
  /** Those that stand, the oldest first. */
  readonly #standing: ServerSession[] = [];
  /** Those that are dialed, of which each has exchanges that wait for it. */
  readonly #dialed: ServerSession[] = [];
  readonly #spare: Upstream[] = [];
  /** What is to be told of these when nobody is in the middle of anything. */
  #later: ServerStream[] = [];
  /** Of the last dial. */
  #context: Context | null = null;
  #server: ServerSite | null = null;
  #connectMs = 0;
  /** The server has last agreed on HTTP/1.1. */
  isHttp1 = false;
  /** Until then it is asked by HTTP/1.1, as it wants it. */
  #olderUntilMs = 0;
  /** What it has last said of streams at once. */
  streamsMax = 100;
  #resting = 0;

  constructor(house: IdleHouse) {
    super(house);
  }

  /** Without the streams of those that are busy. */
  override get count(): number {
    return super.count + this.#resting;
  }

  override take(exchange?: Exchange): Upstream | null {
    if (exchange === undefined || needsHttp1(exchange) || this.#isOlder(exchange)) return super.take();
    const session = this.#roomy();
    if (session === null) return this.isHttp1 ? super.take() : null;
    const upstream = this.#spare.pop() ?? this.#make(this.#context!, this.#server!);
    (upstream.line as ServerStream).join(session);
    return upstream;
  }

  #make(context: Context, server: ServerSite): Upstream {
    const upstream = new Upstream(context, server);
    upstream.adopt(new ServerStream(this, context, upstream));
    return upstream;
  }

  #roomy(): ServerSession | null {
    for (const session of this.#standing) if (session.hasRoom) return session;
    return null;
  }

  /** For an exchange that was given none. */
  dial(upstream: Upstream, server: ServerSite, exchange: Exchange, client: Client): void {
    const { context, pool } = exchange;
    const { plan } = server;
    const { connectMs } = pool.plan.timeouts;
    const preface = proxyHeaderFor(plan, client);
    if (needsHttp1(exchange)) {
      // Nothing tells a server in the clear which of the two it is to speak, unless it does.
      if (plan.tls === null && this.#olderUntilMs === 0) return exchange.fail(fault("http1_unspoken"));
      return context.port.dial(plan, upstream, connectMs, preface, true);
    }
    if (this.#isOlder(exchange)) return context.port.dial(plan, upstream, connectMs, preface, true);
    this.#context = context;
    this.#server = server;
    this.#connectMs = connectMs;
    this.#join(new ServerStream(this, context, upstream), preface);
  }

  /** Calls of gRPC go by HTTP/2 or not at all. */
  #isOlder(exchange: Exchange): boolean {
    if (this.#olderUntilMs === 0) return false;
    return this.#olderUntilMs > exchange.context.port.nowMs && !isCall(exchange);
  }

  /** Whether the config has it asked by that at all. */
  get speaksHttp1(): boolean {
    const { tls } = this.#server!.plan;
    return tls === null || tls.alpn.includes("http/1.1");
  }

  /** It wants HTTP/1.1: from now on, for a while. */
  outdated(): void {
    if (!this.speaksHttp1) return;
    const { port } = this.#context!;
    const isNew = this.#olderUntilMs <= port.nowMs;
    this.#olderUntilMs = port.nowMs + olderMs;
    if (isNew) port.warn(this.#server!.plan, olderSaid);
  }

  /** One that it has refused by HTTP/2. */
  redial(stream: ServerStream, preface: Uint8Array | null): void {
    const { port } = this.#context!;
    port.dial(this.#server!.plan, new Redial(stream, port), this.#connectMs, preface, true);
  }

  /** Its connection, which began with that preface, has not taken it: over another. */
  seek(stream: ServerStream, preface: Uint8Array | null): void {
    const session = preface === null ? this.#roomy() : null;
    if (session === null) this.#join(stream, preface);
    else stream.joined(session);
  }

  /** Who says first whose the connection is shares it with nobody. */
  #join(stream: ServerStream, preface: Uint8Array | null): void {
    const context = this.#context!;
    const room = this.isHttp1 ? 1 : this.streamsMax;
    const dialed = preface === null ? this.#dialed.find((session) => session.waitsFor(room)) : undefined;
    if (dialed !== undefined) return dialed.enlist(stream);
    const session = new ServerSession(this, context, this.#server!, preface);
    session.enlist(stream);
    this.#dialed.push(session);
    context.port.dial(this.#server!.plan, session, this.#connectMs, preface);
  }

  override put(upstream: Upstream): boolean {
    const { line } = upstream;
    if (!(line instanceof ServerStream)) return super.put(upstream);
    if (this.house === null || !line.isAtRest || this.#spare.length >= spareMax) return false;
    this.#spare.push(upstream);
    return true;
  }

  // ---- said by connections ----

  /** It stands, or was refused. */
  settled(session: ServerSession, isStanding: boolean): void {
    this.#dialed.splice(this.#dialed.indexOf(session), 1);
    if (isStanding) this.#standing.push(session);
  }

  /** It is no more. */
  gone(session: ServerSession): void {
    const at = this.#standing.indexOf(session);
    if (at !== -1) this.#standing.splice(at, 1);
  }

  /** No stream of it is under way; or some are again. */
  rests(by: 1 | -1): void {
    this.#resting += by;
    const { house } = this;
    if (house === null) return;
    house.cells[house.row + serverCell.idle]! += by;
    house.count += by;
  }

  /** One that rests is of use. */
  isKept(): boolean {
    const { house } = this;
    if (house === null || this.#context!.isDraining || this.#resting > house.plan.connectionsMax) return false;
    return house.room === null || house.room.makeRoom();
  }

  // ---- said by streams ----

  /** Something is to be told of it, and not now. */
  postpone(stream: ServerStream): void {
    this.#later.push(stream);
    if (this.#later.length === 1) this.#context!.port.giveWay(this);
  }

  goOn(): void {
    const streams = this.#later;
    this.#later = [];
    for (const stream of streams) stream.goOn();
  }

  // ---- as others have it ----

  override sweep(nowMs: number): void {
    super.sweep(nowMs);
    const { house } = this;
    if (house === null || this.#standing.length === 0) return;
    for (const session of this.#standing.slice()) session.sweep(nowMs, house.plan.timeoutMs);
    for (let over = this.#resting - house.plan.connectionsMax; over > 0; over--) this.#closeResting();
  }

  override closeOldest(): boolean {
    return this.#closeResting() || super.closeOldest();
  }

  #closeResting(): boolean {
    const oldest = this.#standing.find(({ isResting }) => isResting);
    oldest?.close();
    return oldest !== undefined;
  }

  /** The server has left the plan: what is under way ends by itself. */
  override close(): void {
    for (const session of this.#standing.slice()) session.leave();
    this.#spare.length = 0;
    super.close();
  }

  /** For an exchange that waits for a connection: it is not to be had. */
  refused(streams: readonly ServerStream[], what: Fault): void {
    for (const stream of streams) stream.refused(what);
  }
}
