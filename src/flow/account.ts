// What an exchange that has ended adds to the tally: once for the route it took, once for the server that answered it.
// What is a failure of whom, is read off the fault; nothing is decided here.

import { bucketOf, routeCell, serverCell } from "../memory/tally.ts";
import type { Exchange } from "./exchange.ts";

export function countExchange(cells: Float64Array, exchange: Exchange, nowMs: number): void {
  const { status, fault, respondedMs } = exchange;
  const row = exchange.route.row;
  const seconds = (nowMs - exchange.startedMs) / 1000;
  // A fault behind a server's answer has cut it short.
  if (status === 0 || (fault !== null && respondedMs > 0)) cells[row + routeCell.aborted]!++;
  else cells[row + classCell(routeCell.status1xx, status)]!++;
  if (fault !== null && fault.side !== "downstream" && respondedMs === 0) cells[row + routeCell.dropped]!++;
  cells[row + routeCell.durationSum]! += seconds;
  cells[row + routeCell.bucket + bucketOf(seconds)]!++;
  if (respondedMs > 0) countServer(cells, exchange, nowMs);
}

function countServer(cells: Float64Array, exchange: Exchange, nowMs: number): void {
  const { row } = exchange.pool.servers[exchange.attempt.index]!;
  const seconds = (nowMs - exchange.sentMs) / 1000;
  cells[row + classCell(serverCell.status1xx, exchange.status)]!++;
  cells[row + serverCell.durationSum]! += seconds;
  cells[row + serverCell.bucket + bucketOf(seconds)]!++;
}

/** Statuses of 600 and above, which are allowed on the wire, count with the 5xx (RFC 9110 section 15). */
function classCell(first: number, status: number): number {
  return first - 1 + Math.min(Math.floor(status / 100), 5);
}
