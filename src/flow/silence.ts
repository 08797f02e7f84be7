// How long the two sides of a stream have been silent, and when that is too long. A side is silent while nothing comes from
// it; one that still takes of what is held for it, however slowly, is not; and one whose turn it is not (it has ended, or its
// bytes have nowhere to go and are not read) cannot be blamed. Traffic only notes the time: it is judged when the stream's
// one deadline has passed, which then moves to where the next could be.

import { type Fault, fault } from "../base/fault.ts";
import type { Tunnel } from "./tunnel.ts";

export interface SilenceLimits {
  /** Milliseconds; 0 is no limit. */
  readonly clientIdleMs: number;
  readonly serverIdleMs: number;
  /** Of both sides at once. */
  readonly tunnelMs: number;
}

export class Silence {
  readonly #tunnel: Tunnel;
  readonly #limits: SilenceLimits;
  /** When something last came from the side. */
  clientMs: number;
  serverMs: number;
  /** What was held for the side when it was last looked at. */
  #heldDown = 0;
  #heldUp = 0;

  constructor(tunnel: Tunnel, limits: SilenceLimits, nowMs: number) {
    this.#tunnel = tunnel;
    this.#limits = limits;
    this.clientMs = nowMs;
    this.serverMs = nowMs;
  }

  /** A side has taken all that was held for it; the other, which was not read meanwhile, begins anew. */
  drained(nowMs: number): void {
    this.clientMs = nowMs;
    this.serverMs = nowMs;
    this.#heldDown = 0;
    this.#heldUp = 0;
  }

  /** Who has been silent for too long, or null. */
  judge(nowMs: number): Fault | null {
    this.#noteTaking(nowMs);
    const { clientIdleMs, serverIdleMs, tunnelMs } = this.#limits;
    const tunnel = this.#tunnel;
    if (isPast(nowMs, this.clientMs, clientIdleMs) && tunnel.isClientAwaited) return fault("client_idle");
    if (isPast(nowMs, this.serverMs, serverIdleMs) && tunnel.isServerAwaited) return fault("server_idle");
    return isPast(nowMs, Math.max(this.clientMs, this.serverMs), tunnelMs) ? fault("tunnel_idle") : null;
  }

  /** When to judge next; 0 is never. */
  deadlineMs(nowMs: number): number {
    const { clientIdleMs, serverIdleMs, tunnelMs } = this.#limits;
    const client = this.#tunnel.isClientAwaited ? this.clientMs : nowMs;
    const server = this.#tunnel.isServerAwaited ? this.serverMs : nowMs;
    let deadlineMs = Number.POSITIVE_INFINITY;
    if (clientIdleMs > 0) deadlineMs = client + clientIdleMs;
    if (serverIdleMs > 0) deadlineMs = Math.min(deadlineMs, server + serverIdleMs);
    if (tunnelMs > 0) deadlineMs = Math.min(deadlineMs, Math.max(this.clientMs, this.serverMs) + tunnelMs);
    return deadlineMs === Number.POSITIVE_INFINITY ? 0 : deadlineMs;
  }

  #noteTaking(nowMs: number): void {
    const { heldDown, heldUp } = this.#tunnel;
    if (heldDown > 0 && heldDown !== this.#heldDown) this.clientMs = nowMs;
    if (heldUp > 0 && heldUp !== this.#heldUp) this.serverMs = nowMs;
    this.#heldDown = heldDown;
    this.#heldUp = heldUp;
  }
}

function isPast(nowMs: number, sinceMs: number, limitMs: number): boolean {
  return limitMs > 0 && nowMs - sinceMs >= limitMs;
}
