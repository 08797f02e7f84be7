// What an exchange is to those who count it: requests, errors, failures and bytes, told to the entries that the client or the
// request holds. Bytes are told in portions and at the end, for telling costs more than passing them on.

import type { Fault } from "../base/fault.ts";
import type { Exchange } from "./exchange.ts";

/** A long body is told of each time that so much of it has passed. */
export const noteEveryBytes: number = 64 * 1024;

/** Bytes have passed. */
export function noteProgress(exchange: Exchange): void {
  const { sentBytes, notedSent, requestBytes, notedReceived } = exchange;
  if (sentBytes - notedSent + requestBytes - notedReceived >= noteEveryBytes) noteBytes(exchange);
}

function noteBytes(exchange: Exchange): void {
  const { asked, sentBytes, notedSent, notedReceived } = exchange;
  const scene = exchange.visit ?? exchange.downstream!.guest;
  if (scene === null) return;
  // A head that never became whole has no bytes.
  const headBytes = asked.bytes.length === 0 ? 0 : asked.receivedBytes;
  const received = headBytes + exchange.requestBytes;
  if (received > notedReceived) scene.note("bytesIn", received - notedReceived);
  if (sentBytes > notedSent) scene.note("bytesOut", sentBytes - notedSent);
  exchange.notedReceived = received;
  exchange.notedSent = sentBytes;
}

/**
 * As HAProxy counts errors of clients, of which slowness is none, and failures of servers that had the request. What a server has
 * said by its status is counted where that comes.
 */
export function noteFault(exchange: Exchange, what: Fault): void {
  const scene = exchange.visit ?? exchange.downstream!.guest;
  if (scene === null) return;
  if (what.side === "downstream" && what.status !== 408) scene.note("error", 1);
  if (what.side === "upstream" && what.retry !== "elsewhere") scene.note("failure", 1);
}

/** It is over: tell the rest, and let go of what the request holds. */
export function settle(exchange: Exchange): void {
  noteBytes(exchange);
  exchange.visit?.release();
}
