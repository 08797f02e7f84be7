// How long the two sides of a datagram session have been silent. Silence of both is how such a session ends, for datagrams know
// no FIN, and is nobody's fault; a limit of one side's own is. Traffic only notes the time: it is judged when the session's
// one deadline has passed, which then moves to where the next could be.

import { type Fault, fault } from "../base/fault.ts";
import type { SilenceLimits } from "./silence.ts";

export class DatagramSilence {
  clientMs: number;
  serverMs: number;

  constructor(nowMs: number) {
    this.clientMs = nowMs;
    this.serverMs = nowMs;
  }

  /** "over" when both were silent, a fault when one was, null while the session goes on. */
  judge(limits: SilenceLimits, nowMs: number): Fault | "over" | null {
    if (isPast(nowMs, Math.max(this.clientMs, this.serverMs), limits.tunnelMs)) return "over";
    if (isPast(nowMs, this.clientMs, limits.clientIdleMs)) return fault("client_idle");
    return isPast(nowMs, this.serverMs, limits.serverIdleMs) ? fault("server_idle") : null;
  }

  /** When to judge next; 0 is never. */
  deadlineMs({ clientIdleMs, serverIdleMs, tunnelMs }: SilenceLimits): number {
    let deadlineMs = Number.POSITIVE_INFINITY;
    if (tunnelMs > 0) deadlineMs = Math.max(this.clientMs, this.serverMs) + tunnelMs;
    if (clientIdleMs > 0) deadlineMs = Math.min(deadlineMs, this.clientMs + clientIdleMs);
    if (serverIdleMs > 0) deadlineMs = Math.min(deadlineMs, this.serverMs + serverIdleMs);
    return deadlineMs === Number.POSITIVE_INFINITY ? 0 : deadlineMs;
  }
}

function isPast(nowMs: number, sinceMs: number, limitMs: number): boolean {
  return limitMs > 0 && nowMs - sinceMs >= limitMs;
}
