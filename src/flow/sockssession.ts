// One connection of a client that speaks SOCKS5 (RFC 1928), all its phases together, for they are read together: it says who it is (RFC 1929) where the listener has `auth`, and asks for one
// tunnel. That is played as the same request in HTTP would be, a CONNECT by an exchange, so that rules, targets, limits, counts
// and the access log see the one as the other; only what the client is told is in other words. All before the request is whole
// has the time of a handshake.
//
//   greeting ─> [credentials ─> checking] ─> request ─> exchange ─ target accepts ─> tunnel ─> closed
//      │ malformed    │ no good                 │ no CONNECT  │ refused: a reply
//      └──────────────┴─────────────────────────┴─────────────┴──> lingering ─> closed

import { fault } from "../base/fault.ts";
import { joined } from "../base/joined.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import { listenerCell } from "../memory/tally.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import {
  parseSocksCredentials,
  parseSocksGreeting,
  parseSocksRequest,
  type SocksRequest,
  socksMethod,
  socksMethodBytes,
  socksReplyBytes,
  socksStatusBytes,
} from "../wire/socks.ts";
import { countClosed } from "./account.ts";
import type { Context, Session } from "./context.ts";
import type { Downstream } from "./downstream.ts";
import { askOf, type EgressAsk, userNameOf } from "./egress/asked.ts";
import type { Exchange } from "./exchange.ts";
import type { Forwarding } from "./forwarding.ts";
import { Guest } from "./guest.ts";
import type { Client, Line, LineFlow, Verdict, VerifyFlow, WakeFlow } from "./port.ts";
import type { Dialect, Requester } from "./requester.ts";
import type { ListenerSite } from "./site.ts";
import { socksDialect } from "./socksdialect.ts";
import { networkOf } from "./targets/lookup.ts";
import { placeText } from "./targets/place.ts";

const phase = { greeting: 0, credentials: 1, checking: 2, request: 3, exchange: 4, lingering: 5, closed: 6 } as const;

/** Kept of what a client says ahead of its turn; more waits in the kernel. */
const aheadBytesMax = 16 * 1024;

export class SocksSession implements LineFlow, WakeFlow, Session, Requester, VerifyFlow {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;
  readonly line: Line;
  readonly client: Client;
  readonly isSecure: boolean;
  readonly isTrusted: boolean;
  readonly isExcepted = false;
  readonly isOfClient = true;
  readonly isHttp2 = false;
  readonly isForNobody = false;
  readonly isLast = true;
  readonly dialect: Dialect = socksDialect;
  user: string | null = null;
  ask: EgressAsk | null = null;
  guest: Guest | null;
  readonly #context: Context;
  readonly #listener: ListenerSite;
  #phase: number = phase.greeting;
  #exchange: Exchange | null = null;
  /** Not yet understood; behind the request, what is for the target. */
  #pending: Uint8Array | null = null;
  #isInputEnded = false;
  #isLineGone = false;
  #heldSeen = 0;

  /** Takes the connection over. */
  constructor(context: Context, former: Downstream) {
    this.#context = context;
    this.#listener = former.cede();
    this.line = former.line;
    this.client = former.client;
    this.isSecure = former.isSecure;
    this.isTrusted = former.isTrusted;
    this.guest = former.guest;
    context.downstreams.add(this);
    context.port.wake(this, context.port.nowMs + this.#listener.plan.timeouts.handshakeMs);
  }

  guestNow(): Guest {
    this.guest ??= new Guest(this.#context, this.#listener, this.client);
    return this.guest;
  }

  get isLeaving(): boolean {
    return this.#context.isDraining;
  }

  /** No head is written for a tunnel. */
  preface(forwarding: Forwarding): Uint8Array {
    return forwarding.preface(this.client, this.#context.requestIdPrefix, false);
  }

  // ---- the line ----

  received(bytes: Uint8Array): void {
    const { cells } = this.#context.tally;
    cells[this.#listener.row + listenerCell.bytesReceived]! += bytes.length;
    const upgrade = this.#exchange?.upgrade ?? null;
    if (upgrade !== null) return upgrade.pourUp(bytes);
    if (this.#phase >= phase.lingering) return;
    this.#pending = this.#pending === null ? bytes : joined(this.#pending, bytes);
    if (this.#phase === phase.exchange || this.#phase === phase.checking) {
      if (this.#pending.length >= aheadBytesMax) this.line.pause();
      return;
    }
    this.#read();
  }

  drained(): void {
    if (this.#exchange !== null) this.#exchange.upgrade?.drainedDown();
    else if (this.#phase === phase.lingering && this.#isInputEnded) this.closeNow(false);
  }

  ended(): void {
    this.#isInputEnded = true;
    if (this.#exchange !== null) return this.#exchange.upgrade?.endedDown();
    if (this.#phase === phase.checking) return;
    if (this.#phase < phase.lingering || this.line.heldBytes === 0) this.closeNow(false);
  }

  closed(isReset: boolean): void {
    const exchange = this.#exchange;
    this.#isLineGone = true;
    if (exchange !== null && exchange.upgrade !== null) return exchange.upgrade.closedDown(isReset);
    this.#exchange = null;
    if (exchange !== null) {
      exchange.abort(fault("client_closed"));
      this.#context.returnExchange(exchange);
    }
    this.#gone();
  }

  ticked(): void {
    if (this.#exchange !== null) return this.#exchange.timedOut();
    if (this.#phase < phase.exchange) this.#context.tally.cells[this.#listener.row + listenerCell.refusedPreamble]!++;
    this.closeNow(this.line.heldBytes > 0);
  }

  // ---- the handshake ----

  #read(): void {
    while (this.#pending !== null && this.#step(this.#pending));
  }

  /** Takes one message off the pending bytes; false when there is none, or somebody has to be waited for. */
  #step(bytes: Uint8Array): boolean {
    switch (this.#phase) {
      case phase.greeting: {
        const said = parseSocksGreeting(bytes, 0, bytes.length);
        if (said.kind === "more") return false;
        if (said.kind === "bad") return this.#refuse(null);
        const { auth } = this.#listener.plan;
        const isOffered = auth === null ? said.isOpenOffered : said.isPasswordOffered;
        if (!isOffered) return this.#refuse(socksMethodBytes(socksMethod.none));
        this.#take(said.end);
        this.#say(socksMethodBytes(auth === null ? socksMethod.open : socksMethod.password));
        this.#phase = auth === null ? phase.request : phase.credentials;
        return true;
      }
      case phase.credentials: {
        const said = parseSocksCredentials(bytes, 0, bytes.length);
        if (said.kind === "more") return false;
        if (said.kind === "bad") return this.#refuse(null);
        this.#take(said.end);
        return this.#check(new TextDecoder().decode(said.user), said.password);
      }
      case phase.request: {
        const said = parseSocksRequest(bytes, 0, bytes.length);
        if (said.kind === "more") return false;
        if (said.kind === "bad") return this.#refuse(said.reply === null ? null : socksReplyBytes(said.reply));
        this.#take(said.end);
        this.#begin(said);
        return false;
      }
      default:
        return false;
    }
  }

  #take(count: number): void {
    const pending = this.#pending!;
    this.#pending = count < pending.length ? pending.subarray(count) : null;
  }

  #check(shown: string, password: Uint8Array): boolean {
    this.#phase = phase.checking;
    const wished = userNameOf(this.#listener, shown);
    const name = wished === null || wished.user === "" ? shown : wished.user;
    if (wished !== null && wished.user !== "") this.ask = askOf(wished, null);
    // Set before it is asked, and taken back when it is no good.
    this.user = name;
    const verdict = this.#context.port.verify(this.#listener.plan.auth!, name, password, this);
    return verdict !== null && this.#judge(verdict);
  }

  get asker(): string {
    return networkOf(this.client.address);
  }

  get isOver(): boolean {
    return this.#phase !== phase.checking;
  }

  verified(verdict: Verdict): void {
    if (this.#phase === phase.checking && this.#judge(verdict)) this.#read();
  }

  #judge(verdict: Verdict): boolean {
    if (verdict === "good") {
      this.#phase = phase.request;
      this.#say(socksStatusBytes(true));
      this.line.resume();
      return true;
    }
    this.user = null;
    if (verdict === "bad") {
      this.#context.tally.cells[this.#listener.row + listenerCell.authFailures]!++;
      this.guest?.note("error", 1);
    }
    return this.#refuse(socksStatusBytes(false), false);
  }

  #say(bytes: Uint8Array): void {
    this.#context.tally.cells[this.#listener.row + listenerCell.bytesSent]! += bytes.length;
    this.line.send(bytes, 0, bytes.length);
  }

  /** Not what is spoken here; null is answered by nothing. */
  #refuse(answer: Uint8Array | null, isMalformed = true): false {
    if (isMalformed) {
      this.#context.tally.cells[this.#listener.row + listenerCell.badRequests]!++;
      this.guest?.note("error", 1);
    }
    if (answer !== null) this.#say(answer);
    this.#linger();
    return false;
  }

  // ---- the request ----

  /** The same, as a request in HTTP. */
  #begin({ host, port, isIPv6 }: SocksRequest): void {
    const place = isIPv6 ? placeText(host, port) : `${host}:${port}`;
    const bytes = new TextEncoder().encode(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    const exchange = this.#context.takeExchange();
    this.#exchange = exchange;
    this.#phase = phase.exchange;
    exchange.open(this, this.#listener);
    this.guest?.note("request", 1);
    if (parseRequest(exchange.head, bytes, 0, bytes.length, bytes.length + 1) !== bytes.length)
      return exchange.fail(fault("bad_target"));
    exchange.measure(bytes.length, bytes.length);
    exchange.begin();
  }

  /** No body. */
  holdBody(): void {}
  resumeBody(): void {}

  tunneled(): void {
    const pending = this.#pending;
    this.#pending = null;
    const upgrade = this.#exchange!.upgrade!;
    this.line.resume();
    if (pending !== null) upgrade.sendUp(pending, 0, pending.length);
    // It may have been too much for the tunnel.
    if (this.#isInputEnded && this.#exchange !== null) upgrade.endedDown();
  }

  isTaking(): boolean {
    const former = this.#heldSeen;
    this.#heldSeen = this.line.heldBytes;
    return this.#heldSeen > 0 && this.#heldSeen !== former;
  }

  // ---- the end ----

  concluded(): void {
    this.#release();
    this.#linger();
  }

  /** The client is to read what it was told, before anything it still sends is answered by a RST. */
  #linger(): void {
    if (this.#phase >= phase.lingering) return;
    if (this.#isInputEnded && this.line.heldBytes === 0) return this.closeNow(false);
    const { port } = this.#context;
    this.#phase = phase.lingering;
    this.#pending = null;
    this.line.end();
    this.line.resume();
    port.wake(this, port.nowMs + this.#listener.plan.timeouts.lingerMs);
  }

  closeNow(isReset: boolean): void {
    this.#release();
    if (this.#phase === phase.closed) return;
    this.#gone();
    if (this.#isLineGone) return;
    if (isReset) this.line.reset();
    else this.line.destroy();
  }

  /** What goes through it goes nowhere without it. */
  cutLoose(): void {
    this.closeNow(true);
  }

  forsake(): void {
    this.#release();
    if (this.#phase === phase.closed) return;
    this.#gone();
    if (!this.#isLineGone) this.line.drop();
  }

  /** A tunnel is left to end; who has not asked for one yet asks elsewhere. */
  drain(): void {
    if (this.#phase < phase.exchange) this.closeNow(false);
  }

  get underWay(): ListenerSite | null {
    return this.#exchange === null ? null : this.#listener;
  }

  cut(): void {
    this.#exchange?.abort(fault("draining"));
    this.closeNow(this.#phase === phase.exchange);
  }

  #release(): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange !== null) this.#context.returnExchange(exchange);
  }

  #gone(): void {
    if (this.#phase === phase.closed) return;
    this.#phase = phase.closed;
    this.#pending = null;
    this.guest?.release();
    this.#context.port.forget(this);
    this.#context.downstreams.delete(this);
    countClosed(this.#context.tally, this.#listener.row);
  }
}
