// What an exchange becomes when its protocol is switched (101, RFC 9110 section 7.8): its two connections carry bytes both
// ways, which still count as the exchange's, until both sides have ended or nothing has been said for too long. How a
// connection ends without our asking goes on to the other in the same manner.

import { listenerCell, serverCell } from "../memory/tally.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { Line } from "./port.ts";
import { noteProgress } from "./toll.ts";
import { Tunnel } from "./tunnel.ts";

/** The server has agreed: its 101, which is followed by bytes[bodyStart, end), goes on, and all that comes after it. */
export function switchProtocols(
  exchange: Exchange,
  context: Context,
  head: Head,
  bytes: Uint8Array,
  bodyStart: number,
  end: number,
): void {
  const upstream = exchange.upstream!;
  const downstream = exchange.downstream!;
  const { output } = context;
  const { forwarding } = exchange.listener;
  output.clear();
  forwarding.writeResponse(output, head, true, false, exchange.isSecure);
  output.put(forwarding.tailsOf(exchange.isSecure).upgrade);
  exchange.isAnswered = true;
  exchange.isPersistent = false;
  exchange.sendDown(output.bytes, 0, output.length);
  const upgrade = new Upgrade(exchange, context, downstream.line, upstream.line!, upstream.server.row);
  exchange.upgrade = upgrade;
  if (end > bodyStart) upgrade.sendDown(bytes, bodyStart, end);
  downstream.tunneled();
}

export class Upgrade {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #tunnel: Tunnel;
  readonly #serverRow: number;

  constructor(exchange: Exchange, context: Context, downstream: Line, upstream: Line, serverRow: number) {
    this.#exchange = exchange;
    this.#context = context;
    this.#tunnel = new Tunnel(downstream, upstream);
    this.#serverRow = serverRow;
    this.#arm();
  }

  sendDown(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    if (this.#tunnel.isDownGone) return exchange.endUpgrade(true);
    exchange.responseBytesSent += end - start;
    exchange.sentBytes += end - start;
    if (exchange.visit !== null) noteProgress(exchange);
    this.#context.tally.cells[exchange.listener.row + listenerCell.bytesSent]! += end - start;
    this.#tunnel.sendDown(bytes, start, end);
    this.#arm();
  }

  sendUp(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    if (this.#tunnel.isUpGone) return exchange.endUpgrade(true);
    exchange.requestBytes += end - start;
    if (exchange.visit !== null) noteProgress(exchange);
    this.#context.tally.cells[this.#serverRow + serverCell.bytesSent]! += end - start;
    this.#tunnel.sendUp(bytes, start, end);
    this.#arm();
  }

  drainedUp(): void {
    this.#tunnel.drainedUp();
    this.#endIfOver();
  }

  drainedDown(): void {
    this.#tunnel.drainedDown();
    this.#endIfOver();
  }

  endedUp(): void {
    this.#tunnel.endedUp();
    this.#endIfOver();
  }

  endedDown(): void {
    this.#tunnel.endedDown();
    this.#endIfOver();
  }

  /** The server's connection is gone. */
  closedUp(isReset: boolean): void {
    if (isReset) return this.#exchange.endUpgrade(true);
    this.#tunnel.goneUp();
    this.#endIfOver();
  }

  closedDown(isReset: boolean): void {
    if (isReset) return this.#exchange.endUpgrade(true);
    this.#tunnel.goneDown();
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#tunnel.isOver) this.#exchange.endUpgrade(false);
  }

  #arm(): void {
    const { port } = this.#context;
    port.wake(this.#exchange.downstream!, port.nowMs + this.#exchange.listener.plan.timeouts.tunnelMs);
  }
}
