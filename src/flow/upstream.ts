// One connection to a server: dialed for an exchange, carrying one exchange at a time, idle in between. It turns the server's
// bytes into responses and hands them to the exchange; it does not know what becomes of them. A server is judged as strictly
// as a client: what it says unasked, or in two readings, ends the connection.
//
//   dial ─ connected ─> busy ─ response and request done ─> idle ─ carry ─> busy
//     └─ refused          └─ closed, malformed, unfit for reuse ─> gone     └─ closed, any byte ─> gone

import { type Fault, fault } from "../base/fault.ts";
import { serverCell } from "../memory/tally.ts";
import { bodyKind } from "../wire/http1/head.ts";
import { parsed, parseResponse } from "../wire/http1/reader.ts";
import { countConnected, countDisconnected } from "./account.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { IdleConnections } from "./idle.ts";
import type { Client, DialFlow, Line } from "./port.ts";
import { proxyHeaderFor } from "./proxyheader.ts";
import { sendInterim } from "./responsehead.ts";
import type { ServerSite } from "./site.ts";

/** Interim responses before the final one; a server that sends more is broken. */
const interimMax = 32;
const lineFeed = 0x0a;

/** In Upstream's state: what is true of the connection, and of the exchange that it carries. */
const flag = {
  /** Any byte of the response has come. */
  isAnswering: 1,
  isHeadDone: 2,
  /** What is said meanwhile is kept, and told when the exchange goes on. */
  isParked: 4,
  /** Something is kept that has not been told. */
  hasKept: 8,
  hasCarried: 16,
  /** It has carried another before. */
  isReused: 32,
  /** It is its client's alone (pinned.ts). */
  isPinned: 64,
  /** One interim response: the bits from here on are their number. */
  interim: 128,
} as const;

/** What a connection is besides: asked for where it comes or goes, or what it says comes in pieces or too early. */
class ColdFields {
  readonly context: Context;
  readonly server: ServerSite;
  dialedMs = 0;
  /** Bytes of a response head that is not whole yet. */
  partial: Uint8Array | null = null;
  parked: Uint8Array | null = null;
  parkedEnd: "none" | "ended" | "closed" | "reset" = "none";

  constructor(context: Context, server: ServerSite) {
    this.context = context;
    this.server = server;
  }
}

/**
 * There may be thousands of connections, each used once in a while, so that each line of memory (64 bytes) that is looked at is a wait.
 * Six fields are one line; what an exchange over a kept connection needs is in these, or at hand in what it comes with.
 */
export class Upstream implements DialFlow {
  #exchange: Exchange | null = null;
  /** Set by `connected`; nothing is said to the line before. */
  line: Line | null = null;
  /** Bits, of `flag`. */
  #state = 0;
  idleSinceMs = 0;
  /** Where it stands when it carries nothing. */
  readonly #idle: IdleConnections;
  readonly #cold: ColdFields;

  constructor(context: Context, server: ServerSite) {
    this.#idle = server.idle;
    this.#cold = new ColdFields(context, server);
  }

  /** The exchange's is the same, and at hand. */
  get #context(): Context {
    return this.#exchange === null ? this.#cold.context : this.#exchange.context;
  }

  /** What it counts its bytes in: the server's, which is at hand as long as the server is in the plan. */
  get row(): number {
    const { house } = this.#idle;
    return house === null ? this.#cold.server.row : house.row;
  }

  /** Whether a lost exchange may be the fault of a connection that had simply grown old. */
  get isReused(): boolean {
    return this.#has(flag.isReused);
  }

  /** Where it stands when it carries nothing, and is not its client's alone. */
  get door(): IdleConnections {
    return this.#idle;
  }

  get isPinned(): boolean {
    return this.#has(flag.isPinned);
  }

  /** From now on it is its client's alone. Said by who keeps those. */
  pin(): void {
    this.#state |= flag.isPinned;
  }

  /** Whether any byte of the response has come. */
  get isAnswering(): boolean {
    return this.#has(flag.isAnswering);
  }

  #has(bit: number): boolean {
    return (this.#state & bit) !== 0;
  }

  dial(exchange: Exchange, client: Client): void {
    this.carry(exchange);
    const { context, server } = this.#cold;
    this.#cold.dialedMs = context.port.nowMs;
    const { plan } = server;
    if (server.sessions !== null) return server.sessions.dial(this, server, exchange, client);
    context.port.dial(plan, this, exchange.pool.plan.timeouts.connectMs, proxyHeaderFor(plan, client));
  }

  carry(exchange: Exchange): void {
    this.#exchange = exchange;
    const isPinned = this.#state & flag.isPinned;
    this.#state = this.#has(flag.hasCarried) ? flag.hasCarried | flag.isReused | isPinned : flag.hasCarried;
  }

  /** It is a stream's, over a connection that is there and has carried others. */
  adopt(line: Line): void {
    this.line = line;
    this.#state = flag.hasCarried;
  }

  /** An exchange waits for it. */
  get isWanted(): boolean {
    return this.#exchange !== null;
  }

  connected(line: Line): void {
    this.line = line;
    const { context, server, dialedMs } = this.#cold;
    if (line.isShared !== true) countConnected(context.tally, server.row, context.port.nowMs - dialedMs);
    const exchange = this.#exchange;
    if (exchange !== null) exchange.upload.send(this);
    else this.#rest(context);
  }

  /** What it carries goes over another connection, which is its own (http2/toserver/redial.ts). */
  moved(line: Line, tookMs: number): void {
    this.line = line;
    this.#state &= ~flag.isReused;
    const { context, server } = this.#cold;
    countConnected(context.tally, server.row, tookMs);
    this.#exchange!.upload.isHttp2 = false;
  }

  refused(what: Fault): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.refused(what);
  }

  received(bytes: Uint8Array): void {
    const context = this.#context;
    context.tally.cells[this.row + serverCell.bytesReceived]! += bytes.length;
    const exchange = this.#exchange;
    if (exchange === null) return this.#lose();
    if (exchange.upgrade !== null) return exchange.upgrade.pourDown(bytes);
    if (this.#has(flag.isParked)) return this.#keep(bytes);
    if (this.#has(flag.isHeadDone)) exchange.passage.more(this, bytes, 0, bytes.length);
    else if (this.isAnswering) this.#continue(exchange, bytes);
    else this.#parse(exchange, bytes);
    // Whoever waits for what this has brought into a cache, now that nothing is in the middle of anything.
    if (context.followers.isStirred) context.followers.run();
  }

  /** More of a head, or another behind that of an interim response. */
  #continue(exchange: Exchange, bytes: Uint8Array): void {
    const { partial } = this.#cold;
    if (partial === null) return this.#parse(exchange, bytes);
    const whole = new Uint8Array(partial.length + bytes.length);
    whole.set(partial);
    whole.set(bytes, partial.length);
    // A head in pieces is looked at again only when a line has ended, or the work would grow with the square of their number.
    if (bytes.indexOf(lineFeed) === -1 && whole.length < exchange.pool.headBytesMax) {
      this.#cold.partial = whole;
      return;
    }
    this.#cold.partial = null;
    this.#parse(exchange, whole);
  }

  drained(): void {
    this.#exchange?.drainedUp();
  }

  ended(): void {
    const exchange = this.#exchange;
    if (exchange === null) return this.#lose();
    if (exchange.upgrade !== null) return exchange.upgrade.endedUp();
    if (this.#has(flag.isParked)) return this.#endParked("ended");
    if (this.#has(flag.isHeadDone) && exchange.responseBody.kind === bodyKind.close) return exchange.passage.ended();
    if (this.#hasSaidAll(exchange)) return;
    this.#lost(exchange, this.isAnswering);
  }

  /** Its body is there, and filters still work on it: how the connection ends does not matter to that. */
  #hasSaidAll(exchange: Exchange): boolean {
    if (!this.#has(flag.isHeadDone) || !exchange.responseBody.isDone) return false;
    exchange.passage.isReusable = false;
    return true;
  }

  closed(isReset: boolean): void {
    const exchange = this.#exchange;
    const isAnswering = this.isAnswering;
    this.#gone();
    if (exchange === null) return;
    if (this.#has(flag.isParked)) return this.#endParked(isReset ? "reset" : "closed");
    if (exchange.upgrade !== null) exchange.upgrade.closedUp(isReset);
    else if (this.#has(flag.isHeadDone) && exchange.responseBody.kind === bodyKind.close && !isReset)
      exchange.passage.ended();
    else if (!this.#hasSaidAll(exchange)) this.#lost(exchange, isAnswering);
  }

  /** The server has let go of this exchange, and not of the connection that it went over: that one has not grown old. */
  takenBack(): void {
    this.#state &= ~flag.isReused;
    this.closed(true);
  }

  /** The server has not looked at what this carries, and all of its body that was passed on is here: it is for another. `what`: no connection is to be had. */
  givenBack(body: Uint8Array, what: Fault | null): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    this.destroy();
    exchange.upload.recall(body);
    if (what === null) exchange.lost(fault("server_closed"), false);
    else exchange.refused(what);
  }

  /** What the server has said is no answer at all. */
  broken(what: Fault): void {
    const exchange = this.#exchange;
    if (exchange === null) return this.destroy();
    if (this.#has(flag.isParked)) return this.#endParked("reset");
    exchange.failUpstream(what);
  }

  /** The exchange waits with a response whose head has been told: nothing more of it until `unpark`. */
  park(): void {
    if (this.#has(flag.isParked) || this.line === null) return;
    this.#state |= flag.isParked;
    this.line.pause();
  }

  /** The exchange goes on: it may say from now on whether it is to be read. */
  resume(): void {
    if (this.#has(flag.isParked) && this.#cold.parkedEnd === "none") this.line?.resume();
  }

  /** Its head has gone on. What was kept is told now, and may end it. */
  unpark(): void {
    if (!this.#has(flag.isParked)) return;
    this.#state &= ~(flag.isParked | flag.hasKept);
    const exchange = this.#exchange;
    const { parked, parkedEnd: end } = this.#cold;
    this.#cold.parked = null;
    this.#cold.parkedEnd = "none";
    if (exchange === null) return;
    if (parked !== null) exchange.passage.more(this, parked, 0, parked.length);
    if (end === "none" || this.#exchange !== exchange) return;
    if (end === "ended") this.ended();
    else if (exchange.responseBody.kind === bodyKind.close && end === "closed") exchange.passage.ended();
    else this.#lost(exchange, true);
  }

  #keep(bytes: Uint8Array): void {
    const former = this.#cold.parked;
    this.#state |= flag.hasKept;
    if (former === null) {
      this.#cold.parked = bytes;
      return;
    }
    const whole = new Uint8Array(former.length + bytes.length);
    whole.set(former);
    whole.set(bytes, former.length);
    this.#cold.parked = whole;
  }

  #endParked(how: "ended" | "closed" | "reset"): void {
    this.#state |= flag.hasKept;
    // A FIN and then the close: the first has said how it is to be taken.
    if (this.#cold.parkedEnd === "none" || how === "reset") this.#cold.parkedEnd = how;
  }

  /** The exchange has no further use for this connection. `isReusable`: both messages ended where they should. */
  release(isReusable: boolean): void {
    const context = this.#context;
    this.#exchange = null;
    this.#state &= ~flag.isParked;
    if (!isReusable || this.#has(flag.hasKept)) return this.destroy();
    if (this.line !== null) this.#rest(context);
  }

  /** Close now. */
  destroy(): void {
    this.#exchange = null;
    if (this.line === null) return;
    this.line.destroy();
    this.#gone();
  }

  /** Close so that the server sees that what it was sent is not whole. */
  reset(): void {
    this.#exchange = null;
    if (this.line === null) return;
    this.line.reset();
    this.#gone();
  }

  #rest(context: Context): void {
    // The end of the response may have come although the line was paused for a slow client.
    this.line!.resume();
    this.idleSinceMs = context.port.nowMs;
    const isKept = !context.isDraining && (this.isPinned ? context.pinned.rest(this) : this.#idle.put(this));
    if (!isKept) this.destroy();
  }

  /** An idle connection that speaks or ends is of no use. */
  #lose(): void {
    this.#idle.remove(this);
    this.destroy();
  }

  #gone(): void {
    if (this.line === null) return;
    const { isShared } = this.line;
    this.line = null;
    const { context, server } = this.#cold;
    this.#cold.partial = null;
    if (isShared === true) return;
    if (this.isPinned) context.pinned.lost(this);
    else this.#idle.remove(this);
    countDisconnected(context.tally, server.row);
  }

  #lost(exchange: Exchange, isAnswering: boolean): void {
    this.#exchange = null;
    this.destroy();
    if (isAnswering) exchange.failUpstream(fault("truncated_response"));
    else exchange.lost(fault("server_closed"), this.isReused);
  }

  #parse(exchange: Exchange, bytes: Uint8Array): void {
    const { context } = exchange;
    const head = context.responseHead;
    let start = 0;
    this.#state |= flag.isAnswering;
    for (;;) {
      // The exchange's pool, not the one dialed for: a reload leaves connections and changes limits.
      const next = parseResponse(head, bytes, start, bytes.length, exchange.pool.headBytesMax);
      if (next === parsed.more) {
        this.#cold.partial = start === 0 ? bytes : bytes.subarray(start);
        return;
      }
      if (next === parsed.refused) return exchange.failUpstream(fault("bad_response"));
      if (head.status >= 200 || head.status === 101) {
        this.#state |= flag.isHeadDone;
        return exchange.responded(head, bytes, next, bytes.length);
      }
      this.#state += flag.interim;
      if (this.#state >= flag.interim * (interimMax + 1)) return exchange.failUpstream(fault("bad_response"));
      sendInterim(exchange, context, head);
      start = next;
      if (start === bytes.length) return;
    }
  }
}
