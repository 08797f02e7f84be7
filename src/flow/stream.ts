// A connection that is carried as it is (mode tcp), from accept to the end of both sides; long, for its phases are read together.
// Which way it goes is said by the name in its ClientHello, where the listener asks for one. A server is sought by the same
// attempt as for an exchange; then bytes go both ways. Nothing is read from the client before a server has it, but for the
// name: what waits, waits in the kernel. An end that both sides have made is a FIN to each; any other is a RST, so that
// neither takes what it has for the whole.
//
// Bans and rules are asked first; rules that go by the name wait for it, as the choice of a way does.
//
//   hello ─ name known ─> seeking ─ connected ─> open ─ both ended, all taken ─> closed
//     │ no hello, too slow   │ no server, client gone   │ reset, silent, cut ──> closed, by RST
//     ├──────────────────────┴──> closed, by RST        (a side that has ended is still sent to: half-close;
//     │                                                  a client that ends before its first byte gets a FIN)
//     └ no pool is for the name ─> lingering: an alert, FIN, and what the client still sends is thrown away ─> closed

import { type Fault, fault } from "../base/fault.ts";
import { hashString } from "../base/hash.ts";
import { joined } from "../base/joined.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { RulePlan } from "../config/plan.ts";
import { listenerCell, routeCell, serverCell } from "../memory/tally.ts";
import type { Outcome } from "../rules/outcome.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import { beginsAsTls, parseClientHello } from "../wire/clienthello.ts";
import { countAccepted, countClosed, countStream } from "./account.ts";
import { Attempt, type Seeker } from "./attempt.ts";
import { Carrier } from "./carrier.ts";
import type { Context, Session } from "./context.ts";
import { type Entry, playRules } from "./entry.ts";
import { Guest } from "./guest.ts";
import type { Client, Line, LineFlow, WakeFlow } from "./port.ts";
import { Silence } from "./silence.ts";
import type { ListenerSite, PoolSite, RouteSite, ServerSite } from "./site.ts";
import { Tunnel } from "./tunnel.ts";

/** Kept of what a client says before a server has it; one read may go beyond. Nearly every first message is smaller. */
const seekingBytesMax = 16 * 1024;

/** Bytes are told to the entries that are held when so many have passed, and at the end. */
const noteEveryBytes = 64 * 1024;
/** As in ruling.ts. */
const turnsMax = 16;

const phase = { hello: 0, seeking: 1, open: 2, lingering: 3, closed: 4 } as const;

/** A TLS record with a fatal alert, unrecognized_name (RFC 8446 sections 5.1 and 6, RFC 6066 section 3). */
const unrecognizedName = Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x70);

export class Stream implements LineFlow, WakeFlow, Seeker, Session {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;
  readonly line: Line;
  readonly client: Client;
  readonly listener: ListenerSite;
  /** The listener's own, until a name has chosen another. */
  route: RouteSite;
  /** The route's. Nothing asks for it before there is one, or where the route has none. */
  pool!: PoolSite;
  readonly attempt: Attempt;
  /** What the client has asked for by SNI, "" without. */
  serverName: string;
  ja4: string;
  /** What rules see of the client; null where nothing asks. */
  guest: Guest | null = null;
  /** The rule whose outcome this is. */
  ruled: RulePlan | null = null;
  readonly startedMs: number;
  /** When a server had it; 0 when none had. */
  connectedMs = 0;
  endedMs = 0;
  /** Why it did not end by the FIN of both sides, or null. */
  fault: Fault | null = null;
  /** No second server: bytes may have arrived at the first. */
  readonly isReplayable = false;
  readonly #context: Context;
  readonly #cells: Float64Array;
  #phase: number = phase.hello;
  /** What the client has sent before a server could have it. */
  #pending: Uint8Array | null = null;
  #isHelloRead = false;
  #isInputEnded = false;
  #isClientGone = false;
  /** What came first was no ClientHello. */
  #isWithoutHello = false;
  #carrier: Carrier | null = null;
  #serverRow = 0;
  #tunnel: Tunnel | null = null;
  #silence: Silence | null = null;
  /** The server has sent something. */
  #isAnswered = false;
  #notedUp = 0;
  #notedDown = 0;

  /** It may all be over when this returns; what the line tells after that is ignored. */
  constructor(context: Context, listener: ListenerSite, line: Line, client: Client, entry: Entry | null = null) {
    this.#context = context;
    this.#cells = context.tally.cells;
    this.listener = listener;
    this.route = listener.route;
    this.line = line;
    this.client = client;
    this.serverName = client.tls === null ? "" : client.tls.serverName;
    this.ja4 = client.ja4;
    this.startedMs = context.port.nowMs;
    this.attempt = new Attempt(this, context);
    countAccepted(context.tally, listener.row);
    context.downstreams.add(this);
    if (entry !== null) this.guest = entry.guest;
    if (this.#isBanned(entry)) return;
    if (entry?.isRefused !== true && client.tls === null && (listener.names !== null || listener.needsHello))
      context.port.wake(this, this.startedMs + listener.plan.timeouts.handshakeMs);
    else this.#judge(entry);
  }

  /** Name of the rule whose outcome this is, "" without. */
  get rule(): string {
    return this.ruled?.name ?? "";
  }

  /** Index of the server that had it, or was tried last; -1 without. */
  get server(): number {
    return this.attempt.index;
  }

  get attempts(): number {
    return this.attempt.count;
  }

  /** Bytes from the client to the server. */
  get bytesUp(): number {
    return this.#tunnel === null ? 0 : this.#tunnel.bytesUp;
  }

  get bytesDown(): number {
    return this.#tunnel === null ? 0 : this.#tunnel.bytesDown;
  }

  // ---- the client ----

  received(bytes: Uint8Array): void {
    this.#cells[this.listener.row + listenerCell.bytesReceived]! += bytes.length;
    if (this.#phase === phase.open) return this.#pourUp(bytes);
    if (this.#phase > phase.open) return;
    this.#pending = this.#pending === null ? bytes : joined(this.#pending, bytes);
    if (this.#phase === phase.hello) this.#readHello(this.#pending);
    else if (this.#pending.length >= seekingBytesMax) this.line.pause();
  }

  drained(): void {
    if (this.#phase !== phase.open) return;
    this.#silence!.drained(this.#context.port.nowMs);
    this.#tunnel!.drainedDown();
    this.#endIfOver();
  }

  ended(): void {
    this.#isInputEnded = true;
    switch (this.#phase) {
      case phase.hello:
        if (this.#pending !== null) return this.#helloMissed("bad_client_hello");
        // One that connects and leaves is someone who looks whether we are there: to probes that half-close a RST says no.
        return this.#end(fault("client_closed"), "reject");
      case phase.open:
        this.#tunnel!.endedDown();
        return this.#endIfOver();
      case phase.lingering:
        return this.#end(this.fault);
    }
  }

  closed(isReset: boolean): void {
    if (this.#phase === phase.closed) return;
    this.#isClientGone = true;
    if (this.#phase !== phase.open || isReset) return this.#end(this.fault ?? fault("client_closed"));
    this.#tunnel!.goneDown();
    this.#endIfOver();
  }

  ticked(nowMs: number): void {
    switch (this.#phase) {
      case phase.hello:
        return this.#helloMissed("handshake_timeout");
      case phase.seeking:
        // A dial keeps its own time.
        return this.attempt.isQueued ? this.attempt.waitedInVain() : undefined;
      case phase.open: {
        const silent = this.#silence!.judge(nowMs);
        if (silent !== null) return this.#end(silent);
        return this.#context.port.wake(this, this.#silence!.deadlineMs(nowMs));
      }
      case phase.lingering:
        return this.#end(this.fault);
    }
  }

  /** A stream is under way from its first byte: it is left to end. */
  drain(): void {}

  cut(): void {
    if (this.#phase !== phase.closed) this.#end(this.fault ?? fault("draining"));
  }

  // ---- the name ----

  #readHello(bytes: Uint8Array): void {
    const hello = parseClientHello(bytes, 0, bytes.length);
    // Never for more than `clientHelloBytesMax`.
    if (hello.kind === "more") return;
    if (hello.kind === "bad") return beginsAsTls(bytes) ? this.#helloBroken() : this.#speaksOther();
    this.#isHelloRead = true;
    this.serverName = hello.serverName;
    this.ja4 = hello.ja4;
    this.#judge();
  }

  /** Nothing, or half of one: where only rules have asked for the name, it is absent to them. */
  #helloMissed(code: "bad_client_hello" | "handshake_timeout"): void {
    if (this.listener.names !== null) this.#refuse(fault(code));
    else this.#judge();
  }

  /** It may ask for a name that we cannot read, and is not led to where none is asked for. */
  #helloBroken(): void {
    if (this.listener.names !== null) this.#refuse(fault("bad_client_hello"));
    else this.#speaksOther();
  }

  /** Who speaks no TLS goes where those go that say no name, as with gobetween. */
  #speaksOther(): void {
    this.#isWithoutHello = true;
    this.#judge();
  }

  // ---- the rules ----

  guestNow(): Guest {
    this.guest ??= new Guest(this.#context, this.listener, this.client);
    // What the ClientHello has told meanwhile.
    this.guest.serverName = this.serverName;
    this.guest.ja4 = this.ja4;
    return this.guest;
  }

  #isBanned(entry: Entry | null): boolean {
    const { bans } = this.#context.site;
    if (entry?.isBanned !== true && (bans.list.size === 0 || !this.guestNow().isBanned(bans))) return false;
    this.#cells[this.listener.row + listenerCell.banned]!++;
    this.#end(fault("banned"), "reject");
    return true;
  }

  /** The rules of the listener, then those of the pools that it comes to; when they let it pass, a server is sought. */
  #judge(entry: Entry | null = null): void {
    const { names, rules: own } = this.listener;
    if (names !== null) this.route = names.of(this.serverName);
    let rules = own.connection;
    if (entry?.isPlayed === true) {
      if (!this.#obey(entry.outcome, entry)) return;
      rules = null;
    }
    let played: PoolSite | null = null;
    for (let turns = 0; turns < turnsMax; turns++) {
      if (rules !== null && !this.#play(rules)) return;
      const { pool } = this.route;
      if (pool === null || pool === played) break;
      played = pool;
      rules = pool.rules.connection;
    }
    if (this.guest !== null) this.guest.countSession();
    this.#seek();
  }

  /** False: it is over. */
  #play(rules: RuleSet): boolean {
    return this.#obey(playRules(this.#context, rules, this.guestNow()), null);
  }

  /** `entry`: whose outcome it is, where rules were played before the handshake. False: it is over. */
  #obey(outcome: Outcome | null, entry: Entry | null): boolean {
    if (outcome === null) return true;
    this.ruled = outcome.rule;
    if (outcome.kind === "use") {
      const { pool } = outcome;
      const route = entry === null ? this.listener.routeTo(pool) : entry.routeOn(this.listener, pool);
      this.route = route ?? this.route;
    }
    if (outcome.kind === "use" || outcome.kind === "accept") return true;
    this.#cells[this.listener.row + listenerCell.refusedRules]!++;
    // A limit that is exceeded: answers are for HTTP.
    const isAnswer = outcome.kind === "reply" || outcome.kind === "tarpit";
    this.#end(fault("rejected"), isAnswer ? "reject" : outcome.kind);
    return false;
  }

  /** Tell the entries that are held what has passed. */
  #noteBytes(guest: Guest): void {
    const { bytesUp, bytesDown } = this;
    if (bytesUp > this.#notedUp) guest.note("bytesIn", bytesUp - this.#notedUp);
    if (bytesDown > this.#notedDown) guest.note("bytesOut", bytesDown - this.#notedDown);
    this.#notedUp = bytesUp;
    this.#notedDown = bytesDown;
  }

  #carried(guest: Guest): void {
    if (this.bytesUp - this.#notedUp + this.bytesDown - this.#notedDown >= noteEveryBytes) this.#noteBytes(guest);
  }

  /** Its first bytes are no good, or lead nowhere. */
  #refuse(what: Fault): void {
    this.#cells[this.listener.row + listenerCell.refusedPreamble]!++;
    // Only a client that has shown us a ClientHello understands an alert.
    if (what.code !== "unknown_name" || !this.#isHelloRead) return this.#end(what);
    this.fault = what;
    this.#phase = phase.lingering;
    this.#pending = null;
    this.#cells[this.listener.row + listenerCell.bytesSent]! += unrecognizedName.length;
    this.line.send(unrecognizedName, 0, unrecognizedName.length);
    this.line.end();
    this.#context.port.wake(this, this.#context.port.nowMs + this.listener.plan.timeouts.lingerMs);
  }

  // ---- a server is sought ----

  #seek(): void {
    if (this.route.pool === null)
      return this.#refuse(fault(this.#isWithoutHello ? "bad_client_hello" : "unknown_name"));
    this.pool = this.route.pool;
    this.#phase = phase.seeking;
    if (this.#pending !== null && this.#pending.length >= seekingBytesMax) this.line.pause();
    this.attempt.begin();
  }

  /** Of all that can be hashed a stream has only this. */
  balanceKey(): number {
    return hashString(this.client.address);
  }

  namedServer(): number {
    return -1;
  }

  stuckServer(): number {
    return this.pool.sticking!.find(this.guestNow());
  }

  queued(): void {
    this.#context.inquiry?.chosen(this.pool, this.attempt, false);
    const { port } = this.#context;
    port.wake(this, port.nowMs + this.pool.plan.queue.timeoutMs);
  }

  connect(server: ServerSite): void {
    this.#context.inquiry?.chosen(this.pool, this.attempt, true);
    this.#carrier = new Carrier(this.#context, this, server);
  }

  /** Said by the attempt: no server is to be had. */
  fail(what: Fault): void {
    this.#context.inquiry?.failed(this.pool, this.attempt, what);
    this.#end(what);
  }

  // ---- the server ----

  refused(what: Fault): void {
    this.#carrier = null;
    this.attempt.refused(what);
  }

  connected(line: Line, server: ServerSite, tookMs: number): void {
    const { port } = this.#context;
    this.#phase = phase.open;
    this.connectedMs = port.nowMs;
    this.#serverRow = server.row;
    this.#cells[this.route.row + routeCell.open]!++;
    if (this.pool.isTimed) this.pool.backends.observe(server.index, tookMs, port.nowMs);
    if (this.pool.sticking !== null) this.pool.sticking.store(this.guestNow(), server.index);
    const { clientIdleMs, tunnelMs } = this.listener.plan.timeouts;
    const { serverIdleMs } = this.pool.plan.timeouts;
    this.#tunnel = new Tunnel(this.line, line);
    this.#silence = new Silence(this.#tunnel, { clientIdleMs, serverIdleMs, tunnelMs }, port.nowMs);
    port.wake(this, this.#silence.deadlineMs(port.nowMs));
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#sendUp(pending);
    if (this.#isInputEnded) this.#tunnel.endedDown();
    else if (line.heldBytes === 0) this.line.resume();
  }

  receivedUp(bytes: Uint8Array): void {
    this.#cells[this.#serverRow + serverCell.bytesReceived]! += bytes.length;
    if (!this.#isAnswered) this.#noteAnswer();
    // As a closed socket would: who sends to one that is gone is answered by a RST.
    if (this.#isClientGone) return this.#end(fault("client_closed"));
    this.#silence!.serverMs = this.#context.port.nowMs;
    this.#cells[this.route.row + routeCell.bytesDown]! += bytes.length;
    this.#cells[this.listener.row + listenerCell.bytesSent]! += bytes.length;
    this.#tunnel!.sendDown(bytes, 0, bytes.length);
    this.#context.port.spent = bytes;
    if (this.guest !== null) this.#carried(this.guest);
  }

  drainedUp(): void {
    this.#silence!.drained(this.#context.port.nowMs);
    this.#tunnel!.drainedUp();
    this.#endIfOver();
  }

  endedUp(): void {
    this.#tunnel!.endedUp();
    this.#endIfOver();
  }

  closedUp(isReset: boolean): void {
    if (isReset) return this.#end(fault("server_reset"));
    this.#tunnel!.goneUp();
    this.#endIfOver();
  }

  #pourUp(bytes: Uint8Array): void {
    this.#sendUp(bytes);
    this.#context.port.spent = bytes;
  }

  #sendUp(bytes: Uint8Array): void {
    const tunnel = this.#tunnel!;
    if (tunnel.isUpGone) return this.#end(fault("server_reset"));
    this.#silence!.clientMs = this.#context.port.nowMs;
    this.#cells[this.route.row + routeCell.bytesUp]! += bytes.length;
    this.#cells[this.#serverRow + serverCell.bytesSent]! += bytes.length;
    tunnel.sendUp(bytes, 0, bytes.length);
    if (this.guest !== null) this.#carried(this.guest);
  }

  /** Not before a server has said something is it known to be more than a port that is open. */
  #noteAnswer(): void {
    this.#isAnswered = true;
    this.attempt.succeeded();
  }

  // ---- the end ----

  #endIfOver(): void {
    if (this.#tunnel!.isOver) this.#end(null);
  }

  /** Let go of both sides, count and report. `way`: how the client's side ends where nothing was carried. */
  #end(what: Fault | null, way: "reject" | "reset" | "drop" = "reset"): void {
    const isOrderly = what === null || this.#phase === phase.lingering;
    const isRouted = this.#phase === phase.seeking || this.#phase === phase.open;
    this.fault = what;
    this.endedMs = this.#context.port.nowMs;
    this.#phase = phase.closed;
    this.#pending = null;
    this.#context.port.forget(this);
    this.#context.downstreams.delete(this);
    countClosed(this.#context.tally, this.listener.row);
    this.#carrier?.release(!isOrderly);
    if (!this.#isClientGone) {
      if (isOrderly || way === "reject") this.line.destroy();
      else if (way === "drop") this.line.drop();
      else this.line.reset();
    }
    if (this.guest !== null) {
      this.#noteBytes(this.guest);
      this.guest.release();
    }
    if (isRouted) this.#concludeRoute(what);
    this.#context.reportStream(this);
  }

  #concludeRoute(what: Fault | null): void {
    countStream(this.#cells, this);
    if (this.connectedMs > 0 && !this.#isAnswered) {
      // A reset instead of a first byte is how a port answers behind which nothing works.
      if (what === null) this.attempt.succeeded();
      else if (what.code === "server_reset") this.attempt.failed();
    }
    this.attempt.end();
  }
}
