// When a stream may be ended for silence, and when it must have been: worked out from what has happened at its two lines, not
// from what the stream remembers. Of a side for which something is held we only know how much: when it took of it is seen at
// the next look, so that it may be given twice its time.

import { tickMs } from "../../../src/base/timerwheel.ts";
import type { Stream } from "../../../src/flow/stream.ts";
import type { SimLine } from "../driver.ts";

/** The wheel is up to one tick late, and the driver turns it once a tick. */
export const lateMs: number = 2 * tickMs + 20;

interface Side {
  readonly activeMs: number;
  readonly isAwaited: boolean;
  readonly held: number;
}

function sideOf(stream: Stream, line: SimLine, other: SimLine): Side {
  const held = line.isGone ? line.heldLastBytes : line.heldBytes;
  const otherHeld = other.isGone ? other.heldLastBytes : other.heldBytes;
  return {
    activeMs: Math.max(stream.connectedMs, line.receivedMs, line.takenMs, line.drainedMs, other.drainedMs),
    isAwaited: held > 0 || (!line.isEndTold && otherHeld === 0),
    held,
  };
}

interface Limits {
  readonly clientIdleMs: number;
  readonly serverIdleMs: number;
  readonly tunnelMs: number;
}

function limitsOf(stream: Stream): Limits {
  const { clientIdleMs, tunnelMs } = stream.listener.plan.timeouts;
  return { clientIdleMs, tunnelMs, serverIdleMs: stream.pool.plan.timeouts.serverIdleMs };
}

/** What is wrong with ending a stream so at this moment, or null. */
export function checkIdleFault(stream: Stream, down: SimLine, up: SimLine, code: string, nowMs: number): string | null {
  const client = sideOf(stream, down, up);
  const server = sideOf(stream, up, down);
  const { clientIdleMs, serverIdleMs, tunnelMs } = limitsOf(stream);
  const [side, limitMs] = code === "client_idle" ? [client, clientIdleMs] : [server, serverIdleMs];
  const quietMs = nowMs - Math.max(client.activeMs, server.activeMs);
  if (code === "tunnel_idle") {
    if (tunnelMs > 0 && quietMs >= tunnelMs) return null;
  } else if (limitMs > 0 && side.isAwaited && nowMs - side.activeMs >= limitMs) return null;
  return `${code} after ${nowMs - side.activeMs} ms of ${limitMs}, ${quietMs} ms of ${tunnelMs}, ${side.held} held, awaited: ${side.isAwaited}`;
}

/** What should have ended the open stream before now, or null. */
export function checkOverdue(stream: Stream, down: SimLine, up: SimLine, nowMs: number): string | null {
  const client = sideOf(stream, down, up);
  const server = sideOf(stream, up, down);
  const { clientIdleMs, serverIdleMs, tunnelMs } = limitsOf(stream);
  const isOver = (sinceMs: number, limitMs: number, held: number): boolean =>
    limitMs > 0 && nowMs - sinceMs > (held > 0 ? 2 * (limitMs + lateMs) : limitMs + lateMs);
  if (client.isAwaited && isOver(client.activeMs, clientIdleMs, client.held))
    return `the client is silent for ${nowMs - client.activeMs} ms of ${clientIdleMs}`;
  if (server.isAwaited && isOver(server.activeMs, serverIdleMs, server.held))
    return `the server is silent for ${nowMs - server.activeMs} ms of ${serverIdleMs}`;
  const activeMs = Math.max(client.activeMs, server.activeMs);
  if (isOver(activeMs, tunnelMs, client.held + server.held))
    return `both sides are silent for ${nowMs - activeMs} ms of ${tunnelMs}`;
  return null;
}
