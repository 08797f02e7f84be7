// How many clients a worker can carry before it runs out of descriptors. It must never run out: a listener that cannot accept is
// told of the same waiting connection again and again, at the price of a whole core, and no connection to a server can be
// opened either. So a client for whom there is no room is accepted and closed at once, which frees the descriptor.

import { readFileSync } from "node:fs";
import { serverConnectionsReserved } from "../base/limits.ts";

/** The arena, logs, listeners, the channel to control, the runtime's own, and dials under way. */
const othersMax = 48;

/** Clients plus connections to servers; Infinity where the system does not tell. */
export function connectionsMax(limits: string = readLimits()): number {
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  return Math.max(files - othersMax, 2);
}

/**
 * Whether one more client may be taken: every client may need a server's connection, up to as many as are reserved. `sessions`: of mode
 * udp, which are not among the clients and have one socket each.
 */
export function hasDescriptors(max: number, clients: number, servers: number, sessions: number): boolean {
  const kept = Math.min(clients + 1, serverConnectionsReserved);
  return Math.max(kept, servers) + clients + 1 + sessions <= max;
}

/** A session of mode udp needs no handshake, so that whoever likes to can begin as many as there may be: others have the other half. */
export function hasSessionRoom(max: number, sessions: number): boolean {
  return sessions < Math.floor(max / 2);
}

/** For the operator: no more sessions are begun, while others have room. */
export function sessionsText(worker: number): string {
  return `worker ${worker} holds as many UDP sessions as half of the files that it may open, and drops datagrams of new clients: raise ulimit -n (LimitNOFILE), or have sessions end sooner (timeouts.tunnel, udp)`;
}

/** For the operator: of whom there is no room for, and what becomes of it. */
export function shortageText(worker: number, what: string): string {
  return `worker ${worker} may open no more files, and ${what}: raise ulimit -n (LimitNOFILE), or lower maxConnections`;
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
}
