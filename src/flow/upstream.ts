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
import type { PoolSite, ServerSite } from "./site.ts";

/** Interim responses before the final one; a server that sends more is broken. */
const interimMax = 32;
const lineFeed = 0x0a;

export class Upstream implements DialFlow {
  // First, and so side by side in memory, what every exchange needs: there may be thousands of connections, each used once in a while.
  #exchange: Exchange | null = null;
  /** Set by `connected`; nothing is said to the line before. */
  line: Line | null = null;
  readonly #context: Context;
  #isHeadDone = false;
  /** What is said meanwhile is kept, and told when the exchange goes on. */
  #isParked = false;
  /** Bytes of a response head that is not whole yet. */
  #partial: Uint8Array | null = null;
  #interims = 0;
  #carried = 0;
  #parked: Uint8Array | null = null;
  #parkedEnd: "none" | "ended" | "closed" | "reset" = "none";
  idleSinceMs = 0;
  /** The server's: where it stands when it carries nothing, and what it counts in. */
  readonly #idle: IdleConnections;
  readonly #row: number;
  readonly server: ServerSite;
  readonly #pool: PoolSite;
  #dialedMs = 0;

  constructor(context: Context, pool: PoolSite, server: ServerSite) {
    this.#context = context;
    this.#pool = pool;
    this.server = server;
    this.#idle = server.idle;
    this.#row = server.row;
  }

  /** Whether a lost exchange may be the fault of a connection that had simply grown old. */
  get isReused(): boolean {
    return this.#carried > 1;
  }

  /** Whether any byte of the response has come. */
  get isAnswering(): boolean {
    return this.#isHeadDone || this.#partial !== null || this.#interims > 0;
  }

  dial(exchange: Exchange, client: Client): void {
    this.carry(exchange);
    this.#dialedMs = this.#context.port.nowMs;
    const { plan } = this.server;
    this.#context.port.dial(plan, this, this.#pool.plan.timeouts.connectMs, proxyHeaderFor(plan, client));
  }

  carry(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#isHeadDone = false;
    this.#interims = 0;
    this.#carried++;
  }

  connected(line: Line): void {
    this.line = line;
    countConnected(this.#context.tally, this.#row, this.#context.port.nowMs - this.#dialedMs);
    const exchange = this.#exchange;
    if (exchange !== null) exchange.upload.send(this);
    else this.#rest();
  }

  refused(what: Fault): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.refused(what);
  }

  received(bytes: Uint8Array): void {
    this.#context.tally.cells[this.#row + serverCell.bytesReceived]! += bytes.length;
    const exchange = this.#exchange;
    if (exchange === null) return this.#lose();
    if (exchange.upgrade !== null) return exchange.upgrade.sendDown(bytes, 0, bytes.length);
    if (this.#isParked) return this.#keep(bytes);
    if (this.#isHeadDone) exchange.passage.more(this, bytes, 0, bytes.length);
    else if (this.#partial === null) this.#parse(exchange, bytes);
    else this.#continue(exchange, this.#partial, bytes);
    // Whoever waits for what this has brought into a cache, now that nothing is in the middle of anything.
    if (this.#context.followers.isStirred) this.#context.followers.run();
  }

  /** More of a head. */
  #continue(exchange: Exchange, partial: Uint8Array, bytes: Uint8Array): void {
    const whole = new Uint8Array(partial.length + bytes.length);
    whole.set(partial);
    whole.set(bytes, partial.length);
    // A head in pieces is looked at again only when a line has ended, or the work would grow with the square of their number.
    if (bytes.indexOf(lineFeed) === -1 && whole.length < exchange.pool.headBytesMax) {
      this.#partial = whole;
      return;
    }
    this.#partial = null;
    this.#parse(exchange, whole);
  }

  drained(): void {
    this.#exchange?.drainedUp();
  }

  ended(): void {
    const exchange = this.#exchange;
    if (exchange === null) return this.#lose();
    if (exchange.upgrade !== null) return exchange.upgrade.endedUp();
    if (this.#isParked) return this.#endParked("ended");
    if (this.#isHeadDone && exchange.responseBody.kind === bodyKind.close) return exchange.passage.ended();
    if (this.#hasSaidAll(exchange)) return;
    this.#lost(exchange, this.isAnswering);
  }

  /** Its body is there, and filters still work on it: how the connection ends does not matter to that. */
  #hasSaidAll(exchange: Exchange): boolean {
    if (!this.#isHeadDone || !exchange.responseBody.isDone) return false;
    exchange.passage.isReusable = false;
    return true;
  }

  closed(isReset: boolean): void {
    const exchange = this.#exchange;
    const isAnswering = this.isAnswering;
    this.#gone();
    if (exchange === null) return;
    if (this.#isParked) return this.#endParked(isReset ? "reset" : "closed");
    if (exchange.upgrade !== null) exchange.upgrade.closedUp(isReset);
    else if (this.#isHeadDone && exchange.responseBody.kind === bodyKind.close && !isReset) exchange.passage.ended();
    else if (!this.#hasSaidAll(exchange)) this.#lost(exchange, isAnswering);
  }

  /** The exchange waits with a response whose head has been told: nothing more of it until `unpark`. */
  park(): void {
    if (this.#isParked || this.line === null) return;
    this.#isParked = true;
    this.line.pause();
  }

  /** The exchange goes on: it may say from now on whether it is to be read. */
  resume(): void {
    if (this.#isParked && this.#parkedEnd === "none") this.line?.resume();
  }

  /** Its head has gone on. What was kept is told now, and may end it. */
  unpark(): void {
    if (!this.#isParked) return;
    this.#isParked = false;
    const exchange = this.#exchange;
    const parked = this.#parked;
    const end = this.#parkedEnd;
    this.#parked = null;
    this.#parkedEnd = "none";
    if (exchange === null) return;
    if (parked !== null) exchange.passage.more(this, parked, 0, parked.length);
    if (end === "none" || this.#exchange !== exchange) return;
    if (end === "ended") this.ended();
    else if (exchange.responseBody.kind === bodyKind.close && end === "closed") exchange.passage.ended();
    else this.#lost(exchange, true);
  }

  #keep(bytes: Uint8Array): void {
    const former = this.#parked;
    if (former === null) {
      this.#parked = bytes;
      return;
    }
    const whole = new Uint8Array(former.length + bytes.length);
    whole.set(former);
    whole.set(bytes, former.length);
    this.#parked = whole;
  }

  #endParked(how: "ended" | "closed" | "reset"): void {
    // A FIN and then the close: the first has said how it is to be taken.
    if (this.#parkedEnd === "none" || how === "reset") this.#parkedEnd = how;
  }

  /** The exchange has no further use for this connection. `isReusable`: both messages ended where they should. */
  release(isReusable: boolean): void {
    const isClean = this.#parked === null && this.#parkedEnd === "none";
    this.#exchange = null;
    this.#isParked = false;
    if (!isReusable || !isClean) return this.destroy();
    if (this.line !== null) this.#rest();
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

  #rest(): void {
    // The end of the response may have come although the line was paused for a slow client.
    this.line!.resume();
    this.idleSinceMs = this.#context.port.nowMs;
    if (this.#context.isDraining || !this.#idle.put(this)) this.destroy();
  }

  /** An idle connection that speaks or ends is of no use. */
  #lose(): void {
    this.#idle.remove(this);
    this.destroy();
  }

  #gone(): void {
    if (this.line === null) return;
    this.line = null;
    this.#partial = null;
    this.#idle.remove(this);
    countDisconnected(this.#context.tally, this.#row);
  }

  #lost(exchange: Exchange, isAnswering: boolean): void {
    this.#exchange = null;
    this.destroy();
    if (isAnswering) exchange.failUpstream(fault("truncated_response"));
    else exchange.lost(fault("server_closed"), this.isReused);
  }

  #parse(exchange: Exchange, bytes: Uint8Array): void {
    const head = this.#context.responseHead;
    let start = 0;
    for (;;) {
      // The exchange's pool, not the one dialed for: a reload leaves connections and changes limits.
      const next = parseResponse(head, bytes, start, bytes.length, exchange.pool.headBytesMax);
      if (next === parsed.more) {
        this.#partial = start === 0 ? bytes : bytes.subarray(start);
        return;
      }
      if (next === parsed.refused) return exchange.failUpstream(fault("bad_response"));
      if (head.status >= 200 || head.status === 101) {
        this.#isHeadDone = true;
        return exchange.responded(head, bytes, next, bytes.length);
      }
      if (++this.#interims > interimMax) return exchange.failUpstream(fault("bad_response"));
      sendInterim(exchange, this.#context, head);
      start = next;
      if (start === bytes.length) return;
    }
  }
}
