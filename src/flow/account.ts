// What connections, exchanges and streams add to the tally: gauges as they come and go; an exchange or a stream that has ended
// once for the route it took, an exchange also once for the server that answered it. What is a failure of whom, is read off
// the fault; nothing is decided here. A stream's life is not counted as its server's time: it is as long as the client likes.

import type { Fault } from "../base/fault.ts";
import { bucketOf, listenerCell, routeCell, serverCell, type Tally, workerCell } from "../memory/tally.ts";
import { closeTunnel } from "./connect.ts";
import type { Exchange } from "./exchange.ts";
import type { Stream } from "./stream.ts";
import { noteProgress } from "./toll.ts";

/** A client's connection to a listener. */
export function countAccepted(tally: Tally, listenerRow: number): void {
  tally.cells[listenerRow + listenerCell.accepted]!++;
  tally.cells[listenerRow + listenerCell.connections]!++;
  tally.cells[tally.workerRow() + workerCell.connections]!++;
}

export function countClosed(tally: Tally, listenerRow: number): void {
  tally.cells[listenerRow + listenerCell.connections]!--;
  tally.cells[tally.workerRow() + workerCell.connections]!--;
}

/** A session of mode udp that has begun, 1, or ended, -1: it is counted as a client's connection too. */
export function countSessions(tally: Tally, change: number): void {
  tally.cells[tally.workerRow() + workerCell.datagramSessions]! += change;
}

/** A connection to a server, which took so long to come about. */
export function countConnected(tally: Tally, serverRow: number, tookMs: number): void {
  tally.cells[serverRow + serverCell.connects]!++;
  tally.cells[serverRow + serverCell.connectSum]! += tookMs / 1000;
  tally.cells[serverRow + serverCell.open]!++;
  tally.cells[tally.workerRow() + workerCell.upstreamConnections]!++;
}

export function countDisconnected(tally: Tally, serverRow: number): void {
  tally.cells[serverRow + serverCell.open]!--;
  tally.cells[tally.workerRow() + workerCell.upstreamConnections]!--;
}

/** A stream for which a server was sought. One that was refused before has taken no route. */
export function countStream(cells: Float64Array, stream: Stream): void {
  const { fault, startedMs, connectedMs, endedMs } = stream;
  const { row } = stream.route;
  if (connectedMs > 0) {
    const seconds = (endedMs - startedMs) / 1000;
    cells[row + routeCell.open]!--;
    cells[row + routeCell.sessions]!++;
    cells[row + routeCell.durationSum]! += seconds;
    cells[row + routeCell.bucket + bucketOf(seconds)]!++;
  }
  if (fault === null) return;
  if (connectedMs === 0 && fault.side !== "downstream") cells[row + routeCell.dropped]!++;
  else cells[row + routeCell.aborted]!++;
}

/** It may go on for days: until it has ended, and counts as every other, it is one of those under way. */
export function countUpgraded(cells: Float64Array, { route }: Exchange): void {
  cells[route.row + routeCell.open]!++;
}

export function countExchange(cells: Float64Array, exchange: Exchange, nowMs: number): void {
  const { status, respondedMs } = exchange;
  const fault = isTunnelsEnd(exchange) ? null : exchange.fault;
  if (exchange.target !== null) closeTunnel(exchange, cells);
  if (respondedMs > 0) countServer(cells, exchange, nowMs);
  if (!exchange.downstream!.isOfClient) return;
  const row = exchange.route.row;
  const seconds = (nowMs - exchange.startedMs) / 1000;
  if (exchange.upgrade !== null) cells[row + routeCell.open]!--;
  // A fault behind a server's answer has cut it short, but for a rule that has given another. The target of a tunnel has answered by
  // accepting; a tunnel that comes to its limits has not been cut short.
  const isOpened = fault !== null && respondedMs === 0 && exchange.upgrade !== null && fault.side !== "downstream";
  if (status === 0 || isOpened || (fault !== null && respondedMs > 0 && !isRuled(fault)))
    cells[row + routeCell.aborted]!++;
  else cells[row + classCell(routeCell.status1xx, status)]!++;
  if (fault === null) cells[row + routeCell.served]!++;
  else if (isOfOurs(fault)) cells[row + routeCell.failed]!++;
  if (fault !== null && fault.side !== "downstream")
    cells[row + (respondedMs > 0 || isOpened ? routeCell.cut : routeCell.dropped)]!++;
  if (exchange.attempt.soughtMs === 0 && !isOfPool(exchange)) cells[row + routeCell.own]!++;
  cells[row + routeCell.durationSum]! += seconds;
  cells[row + routeCell.bucket + bucketOf(seconds)]!++;
}

/** A tunnel that was opened has been answered, whichever way one of its sides leaves. */
function isTunnelsEnd({ upgrade, fault }: Exchange): boolean {
  if (upgrade === null || fault === null) return false;
  return fault.code === "client_closed" || fault.code === "server_reset" || fault.code === "tunnel_idle";
}

/** Its pool has answered without a server: with what it stored, or with the reply that it is. */
function isOfPool({ caching, route }: Exchange): boolean {
  return (caching !== null && caching.shownMs !== 0) || (route.pool?.reply ?? null) !== null;
}

/** Not the client's doing: what it sent was understood, and it was there to take the answer. */
function isOfOurs({ side, code }: Fault): boolean {
  return side !== "downstream" || code === "rejected" || code === "banned" || isRuled({ code });
}

/** A rule has answered. */
function isRuled({ code }: Pick<Fault, "code">): boolean {
  return code === "denied" || code === "rate_limited";
}

/** On their way to its client. */
export function countSent(cells: Float64Array, exchange: Exchange, bytes: number): void {
  exchange.sentBytes += bytes;
  if (exchange.visit !== null) noteProgress(exchange);
  cells[exchange.listener.row + listenerCell.bytesSent]! += bytes;
}

function countServer(cells: Float64Array, exchange: Exchange, nowMs: number): void {
  const { row } = exchange.pool.servers[exchange.attempt.index]!;
  const seconds = (nowMs - exchange.sentMs) / 1000;
  cells[row + classCell(serverCell.status1xx, exchange.serverStatus)]!++;
  cells[row + serverCell.durationSum]! += seconds;
  cells[row + serverCell.bucket + bucketOf(seconds)]!++;
}

/** Statuses of 600 and above, which are allowed on the wire, count with the 5xx (RFC 9110 section 15). */
function classCell(first: number, status: number): number {
  return first - 1 + Math.min(Math.floor(status / 100), 5);
}
