// Limits and idle timeouts of a server, with the ones of [defaults] where it has none. Gobetween has none by default, and neither
// has what is made of it: idle connections of TCP stay. A session of UDP must end some time, for nobody closes it.

import type { ListenerInput } from "../../input.ts";
import type { Table } from "../table.ts";
import { readGoDuration, written } from "./duration.ts";

/** As good as none: longer than any connection is silent. */
const unlimited = "24d";

export interface Limits {
  /** 0 is no limit. */
  readonly connections: number;
  readonly clientIdleMs: number;
  readonly backendIdleMs: number;
  readonly connectMs: number;
  /** Whether the server itself, not only the defaults, has an idle timeout. */
  readonly hasOwnIdle: boolean;
}

export function limitsOf(server: Table, defaults: Table | undefined, isUdp: boolean): Limits {
  const msOf = (key: string): number => {
    const table = server.has(key) || defaults === undefined ? server : defaults;
    const reading = readGoDuration(table.text(key) ?? "0");
    if (!reading.ok) table.ledger.fault(table.at(key), reading.message);
    return reading.ok ? reading.value : 0;
  };
  const connections = server.count("max_connections") ?? defaults?.count("max_connections") ?? 0;
  return {
    // Gobetween counts connections of TCP only.
    connections: isUdp ? 0 : connections,
    clientIdleMs: msOf("client_idle_timeout"),
    backendIdleMs: msOf("backend_idle_timeout"),
    connectMs: msOf("backend_connection_timeout"),
    hasOwnIdle: server.has("client_idle_timeout") || server.has("backend_idle_timeout"),
  };
}

export function clientTimeouts(limits: Limits, isUdp: boolean): NonNullable<ListenerInput["timeouts"]> {
  const idle = [limits.clientIdleMs, limits.backendIdleMs].filter((ms) => ms > 0);
  // A session of UDP that neither side uses any more must end; one of TCP ends when a side closes it.
  const tunnel = !isUdp ? unlimited : idle.length > 0 ? written(Math.min(...idle)) : undefined;
  return {
    ...(limits.clientIdleMs > 0 ? { clientIdle: written(limits.clientIdleMs) } : {}),
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}
