// What GET /api/v1/status answers and `sluice status` shows: the state of everything with a name, with the reason when it is
// not as it should be. The shape is public; fields are added, not changed.

import { formatAddress } from "../base/address.ts";
import type { ListenerMode, ListenerPlan, Plan, PoolPlan, RoutePlan, ServerPlan } from "../config/plan.ts";
import { listenerCell, poolCell, routeCell, serverCell, type Totals } from "../memory/tally.ts";
import type { RegistryStatus } from "../registry/registry.ts";
import type { CacheStatus } from "./cachestatus.ts";
import { type KeptStatus, type SourceStatus, sourceStatus } from "./discovery/sourcestatus.ts";
import type { PoolSources } from "./discovery.ts";
import type { EgressSummary } from "./egress/answer.ts";
import type { FleetStatus } from "./fleet/nodestatus.ts";
import { codeCells } from "./metricssource.ts";
import type { RemovedServer } from "./roster.ts";
import type { WorkerStatus } from "./seat.ts";
import type { SentinelStatus } from "./sentinel.ts";

export type ServerCondition = "up" | "down" | "unchecked" | "ejected" | "draining" | "unresolved";

export interface ServerStatus {
  readonly name: string;
  readonly address: string | null;
  readonly state: ServerCondition;
  /** Why the state is not `up`; null when there is nothing to say. */
  readonly reason: string | null;
  readonly since: string;
  readonly isEligible: boolean;
  readonly weight: number;
  readonly backup: boolean;
  /** Exchanges in flight. */
  readonly active: number;
  readonly requests: number;
  readonly failures: number;
  /** It counts only because a source told of it once: which, and since when it does not. Null otherwise. */
  readonly kept: KeptStatus | null;
}

/** A server that has left the config, or has been lost by the source that told of it, while requests or connections that it was given go on. */
export interface RemovedServerStatus {
  readonly pool: string;
  readonly name: string;
  readonly address: string;
  readonly since: string;
  /** Exchanges in flight. */
  readonly active: number;
}

export interface PoolStatus {
  readonly name: string;
  readonly balance: string;
  readonly queued: number;
  /** Where it has servers from that the config does not name. */
  readonly sources: readonly SourceStatus[];
  readonly servers: readonly ServerStatus[];
}

export interface ListenerStatus {
  readonly name: string;
  readonly address: string;
  readonly mode: ListenerMode;
  /** Null without TLS. */
  readonly tls: ListenerTlsStatus | null;
  /** Where what nothing else claims goes; "" where it is refused, or redirected. */
  readonly pool: string;
  /** Every pool that it sends something to. */
  readonly pools: readonly string[];
  /** Every request is answered by a redirect to https. */
  readonly redirect: boolean;
  readonly connections: number;
  /** mode http: those that have ended, and upgraded connections and tunnels that are under way. */
  readonly requests: number;
  /** mode tcp and udp: connections or sessions that reached a server, those under way included. */
  readonly sessions: number;
  /** Refused at the limit of connections, before the first byte of content, or in the TLS handshake. */
  readonly refused: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface ListenerTlsStatus {
  readonly certificates: number;
  /** The earliest end of one of them. */
  readonly notAfter: string;
  readonly clientCertificate: "none" | "optional" | "required";
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly state: "starting" | "ready" | "draining" | "down";
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly generation: number;
  /** The config file, or null where there is none. */
  readonly config: string | null;
  /** Where the config is from: the file, "command line", "environment" (as GopherProxy's), "demo". */
  readonly configOrigin: string;
  readonly lastReload: { readonly successful: boolean; readonly at: string; readonly problems: readonly string[] };
  /** When a change rolls itself back, unless it is confirmed before; null while none waits for that. */
  readonly confirmBy: string | null;
  readonly workers: readonly (WorkerStatus & { readonly connections: number })[];
  readonly listeners: readonly ListenerStatus[];
  readonly pools: readonly PoolStatus[];
  /** Until the last of what they were given has ended. */
  readonly removedServers: readonly RemovedServerStatus[];
  readonly caches: readonly CacheStatus[];
  readonly egress: readonly EgressSummary[];
  /** Null where this config uses none. */
  readonly registry: RegistryStatus | null;
  /** This Sluice's own; null without one. */
  readonly sentinel: SentinelStatus | null;
  /** This node's standing in it; null: it is alone. */
  readonly fleet: FleetStatus | null;
}

/** By whose word a server gets nothing new: `maintenance` keeps nobody, the others keep the clients whose cookie or table names it. */
export type Withdrawal = "drain" | "maintenance" | "weightless";

export interface Condition {
  readonly state: ServerCondition;
  readonly reason: string | null;
  /** Only where the state is `draining`. */
  readonly withdrawal?: Withdrawal;
  readonly sinceMs: number;
  readonly isEligible: boolean;
}

export function listenerStatus(plan: Plan, totals: Totals): ListenerStatus[] {
  return plan.listeners.map((listener, index) => {
    const { name, slot, mode } = listener;
    // Its own first, then where names and rules lead.
    const routes = [plan.routes[listener.route]!, ...plan.routes.filter((route) => route.listener === index)];
    const poolOf = (route: RoutePlan): string => (route.pool === null ? "" : plan.pools[route.pool]!.name);
    const sum = (cells: readonly number[]): number =>
      [...new Set(routes.map((route) => route.slot))].reduce(
        (total, row) => total + cells.reduce((part, cell) => part + totals.route(row, cell), 0),
        0,
      );
    const of = (cell: number): number => totals.listener(slot, cell);
    return {
      name,
      address: formatAddress(listener.address),
      mode,
      tls: tlsStatus(plan, listener),
      pool: poolOf(routes[0]!),
      pools: [...new Set(routes.map(poolOf))].filter((pool) => pool !== ""),
      redirect: listener.redirect !== null,
      connections: of(listenerCell.connections),
      requests: mode === "http" ? sum(requestCells) : 0,
      sessions: mode === "http" ? 0 : sum([routeCell.sessions, routeCell.open]),
      refused: of(listenerCell.refusedLimit) + of(listenerCell.refusedPreamble) + of(listenerCell.handshakeFailures),
      bytesReceived: of(listenerCell.bytesReceived),
      bytesSent: of(listenerCell.bytesSent),
    };
  });
}

const requestCells: readonly number[] = [...codeCells.map(([, cell]) => cell), routeCell.aborted, routeCell.open];

function tlsStatus({ certificates }: Plan, { tls }: ListenerPlan): ListenerTlsStatus | null {
  if (tls === null) return null;
  const ends = tls.certificates.map((index) => certificates[index]!.notAfterMs);
  return {
    certificates: ends.length,
    notAfter: new Date(Math.min(...ends)).toISOString(),
    clientCertificate: tls.clientCertificate?.mode ?? "none",
  };
}

export function poolStatus(
  pool: PoolPlan,
  totals: Totals,
  conditionOf: (slot: number) => Condition,
  found?: { readonly of: PoolSources; readonly nowMs: number },
): PoolStatus {
  return {
    name: pool.name,
    balance: pool.balance.policy,
    queued: totals.pool(pool.slot, poolCell.queued),
    sources: (found?.of.sources ?? []).map((figures) => sourceStatus(figures, found!.nowMs)),
    servers: pool.servers.map((server) => ({
      ...serverStatus(server, totals, conditionOf(server.slot)),
      kept: found?.of.kept.get(server.name) ?? null,
    })),
  };
}

export function removedStatus(plan: Plan, removed: readonly RemovedServer[], totals: Totals): RemovedServerStatus[] {
  // While another plan is being published, the one in force has them still.
  const known = new Set(plan.pools.flatMap(({ servers }) => servers.map(({ slot }) => slot)));
  return removed.flatMap(({ pool, server: { name, address, slot }, sinceMs }) => {
    const active = known.has(slot) ? 0 : totals.active(slot);
    const since = new Date(sinceMs).toISOString();
    return active > 0 ? [{ pool, name, address: formatAddress(address), since, active }] : [];
  });
}

function serverStatus(server: ServerPlan, totals: Totals, condition: Condition): Omit<ServerStatus, "kept"> {
  const { slot, name, address, weight, backup } = server;
  return {
    name,
    address: condition.state === "unresolved" ? null : formatAddress(address),
    state: condition.state,
    reason: condition.reason,
    since: new Date(condition.sinceMs).toISOString(),
    isEligible: condition.isEligible,
    weight,
    backup,
    active: totals.active(slot),
    requests: totals.server(slot, serverCell.calls),
    failures: totals.server(slot, serverCell.connectFailures) + totals.server(slot, serverCell.responseFailures),
  };
}
