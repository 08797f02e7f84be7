// What an exchange becomes when its client has asked for a tunnel (CONNECT, RFC 9110 section 9.3.6, or SOCKS5) and the target has
// accepted: the client is told, and from then on bytes go both ways, those that came behind its request first. Tunnels are counted
// while they are open, and end by their limits in a RST, so that neither side takes what it has for the whole.

import { fault } from "../base/fault.ts";
import { listenerCell } from "../memory/tally.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { Upgrade } from "./upgrade.ts";
import type { Upstream } from "./upstream.ts";

const established: Uint8Array = new TextEncoder().encode("HTTP/1.1 200 Connection Established\r\n\r\n");

/** With the outbound address that it goes by, where that is told. */
function establishedBy(line: string): Uint8Array {
  if (line === "") return established;
  return Uint8Array.from(Buffer.from(`HTTP/1.1 200 Connection Established\r\n${line}\r\n`, "latin1"));
}

/** When a tunnel ends, whatever it does. */
export interface TunnelLimits {
  /** By Port.nowMs; 0 is never. */
  readonly endMs: number;
  /** Both directions together; 0 is no limit. */
  readonly bytesMax: number;
}

/** As many are open as may be. */
export function isFullOfTunnels({ listener, pool }: Exchange, { tally }: Context): boolean {
  const { tunnelsMax } = pool.plan.targets!;
  return tunnelsMax > 0 && tally.cells[listener.row + listenerCell.tunnels]! >= tunnelsMax;
}

/** The target has accepted. */
export function openTunnel(exchange: Exchange, context: Context, upstream: Upstream): void {
  // Of many that were asked for together none was open yet.
  if (isFullOfTunnels(exchange, context)) return exchange.fail(fault("tunnels_full"));
  const downstream = exchange.downstream!;
  const { cells } = context.tally;
  const { tunnelMs, tunnelBytesMax } = exchange.pool.plan.targets!;
  exchange.attempt.succeeded();
  exchange.sentMs = context.port.nowMs;
  exchange.status = 200;
  exchange.serverStatus = 200;
  exchange.isAnswered = true;
  exchange.isPersistent = false;
  const limits = { endMs: tunnelMs === 0 ? 0 : context.port.nowMs + tunnelMs, bytesMax: tunnelBytesMax };
  const said = downstream.dialect === null ? establishedBy(exchange.lease?.line ?? "") : downstream.dialect.established;
  exchange.sendDown(said, 0, said.length);
  exchange.upgrade = new Upgrade(exchange, context, downstream.line, upstream.line!, upstream.row, limits);
  cells[exchange.listener.row + listenerCell.tunnels]!++;
  cells[exchange.listener.row + listenerCell.tunnelsOpened]!++;
  downstream.tunneled();
}

/** The exchange is over; it may never have come to a tunnel. */
export function closeTunnel(exchange: Exchange, cells: Float64Array): void {
  if (exchange.target?.isTunnel === true && exchange.upgrade !== null)
    cells[exchange.listener.row + listenerCell.tunnels]!--;
}
