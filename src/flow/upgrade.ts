// What an exchange becomes when its protocol is switched (101, RFC 9110 section 7.8): its two connections carry bytes both
// ways, which still count as the exchange's, until both sides have ended or nothing has been said for too long. How a
// connection ends without our asking goes on to the other in the same manner, and any end but that of both sides is told as a fault.

import { type FaultCode, fault } from "../base/fault.ts";
import { listenerCell, serverCell } from "../memory/tally.ts";
import type { Head } from "../wire/http1/head.ts";
import { countUpgraded } from "./account.ts";
import type { TunnelLimits } from "./connect.ts";
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
  if (exchange.lease !== null) exchange.lease.tell(output);
  output.put(forwarding.tailsOf(exchange.isSecure).upgrade);
  exchange.isAnswered = true;
  exchange.isPersistent = false;
  exchange.sendDown(output.bytes, 0, output.length);
  const upgrade = new Upgrade(exchange, context, downstream.line, upstream.line!, upstream.row);
  exchange.upgrade = upgrade;
  if (end > bodyStart) upgrade.sendDown(bytes, bodyStart, end);
  downstream.tunneled();
}

export class Upgrade {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #tunnel: Tunnel;
  readonly #serverRow: number;
  /** Of tunnels that clients have asked for. */
  readonly #limits: TunnelLimits | null;

  constructor(
    exchange: Exchange,
    context: Context,
    downstream: Line,
    upstream: Line,
    serverRow: number,
    limits: TunnelLimits | null = null,
  ) {
    this.#exchange = exchange;
    this.#context = context;
    this.#tunnel = new Tunnel(downstream, upstream);
    this.#serverRow = serverRow;
    this.#limits = limits;
    countUpgraded(context.tally.cells, exchange);
    this.#arm();
  }

  sendDown(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    if (this.#tunnel.isDownGone) return this.#break("client_closed");
    if (this.#limits !== null && this.#isExhausted(end - start)) return this.#break("tunnel_exhausted");
    exchange.responseBytesSent += end - start;
    exchange.sentBytes += end - start;
    if (exchange.visit !== null) noteProgress(exchange);
    this.#context.tally.cells[exchange.listener.row + listenerCell.bytesSent]! += end - start;
    this.#tunnel.sendDown(bytes, start, end);
    this.#arm();
  }

  sendUp(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    if (this.#tunnel.isUpGone) return this.#break("server_reset");
    if (this.#limits !== null && this.#isExhausted(end - start)) return this.#break("tunnel_exhausted");
    exchange.requestBytes += end - start;
    if (exchange.visit !== null) noteProgress(exchange);
    this.#context.tally.cells[this.#serverRow + serverCell.bytesSent]! += end - start;
    this.#tunnel.sendUp(bytes, start, end);
    this.#arm();
  }

  /** A read of the server. */
  pourDown(bytes: Uint8Array): void {
    this.sendDown(bytes, 0, bytes.length);
    this.#context.port.spent = bytes;
  }

  /** A read of the client. */
  pourUp(bytes: Uint8Array): void {
    this.sendUp(bytes, 0, bytes.length);
    this.#context.port.spent = bytes;
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
    const { lease } = this.#exchange;
    if (lease !== null) lease.isReset = isReset;
    if (isReset) return this.#break("server_reset");
    this.#tunnel.goneUp();
    this.#endIfOver();
  }

  closedDown(isReset: boolean): void {
    if (isReset) return this.#break("client_closed");
    this.#tunnel.goneDown();
    this.#endIfOver();
  }

  /** Nothing was said for too long, or it has lasted for as long as it may. */
  timedOut(): void {
    if (this.#limits === null) {
      this.#exchange.fault = fault("tunnel_idle");
      return this.#exchange.endUpgrade(false);
    }
    const { endMs } = this.#limits;
    this.#break(endMs > 0 && this.#context.port.nowMs >= endMs ? "tunnel_expired" : "tunnel_idle");
  }

  #isExhausted(bytes: number): boolean {
    const { bytesMax } = this.#limits!;
    const { requestBytes, responseBytesSent } = this.#exchange;
    return bytesMax > 0 && requestBytes + responseBytesSent + bytes > bytesMax;
  }

  /** Neither side shall take what it has for the whole. */
  #break(code: FaultCode): void {
    this.#exchange.fault = fault(code);
    this.#exchange.endUpgrade(true);
  }

  #endIfOver(): void {
    if (this.#tunnel.isOver) this.#exchange.endUpgrade(false);
  }

  #arm(): void {
    const { port } = this.#context;
    const silentMs = port.nowMs + this.#exchange.listener.plan.timeouts.tunnelMs;
    const endMs = this.#limits === null || this.#limits.endMs === 0 ? silentMs : this.#limits.endMs;
    port.wake(this.#exchange.downstream!, Math.min(silentMs, endMs));
  }
}
