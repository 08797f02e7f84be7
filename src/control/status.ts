// What GET /api/v1/status answers and `sluice status` shows: the state of everything with a name, with the reason when it is
// not as it should be. The shape is public; fields are added, not changed.

import { formatAddress } from "../base/address.ts";
import type { Plan, PoolPlan, ServerPlan } from "../config/plan.ts";
import { listenerCell, poolCell, routeCell, serverCell, type Totals } from "../memory/tally.ts";
import type { WorkerStatus } from "./supervisor.ts";

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
}

export interface PoolStatus {
  readonly name: string;
  readonly balance: string;
  readonly queued: number;
  readonly servers: readonly ServerStatus[];
}

export interface ListenerStatus {
  readonly name: string;
  readonly address: string;
  readonly pool: string;
  readonly connections: number;
  readonly requests: number;
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly state: "starting" | "ready" | "draining" | "down";
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly generation: number;
  /** The config file, or null when the command line is all there is. */
  readonly config: string | null;
  readonly lastReload: { readonly successful: boolean; readonly at: string; readonly problems: readonly string[] };
  readonly workers: readonly (WorkerStatus & { readonly connections: number })[];
  readonly listeners: readonly ListenerStatus[];
  readonly pools: readonly PoolStatus[];
}

export interface Condition {
  readonly state: ServerCondition;
  readonly reason: string | null;
  readonly sinceMs: number;
  readonly isEligible: boolean;
}

export function listenerStatus(plan: Plan, totals: Totals): ListenerStatus[] {
  return plan.listeners.map((listener) => {
    const route = plan.routes[listener.route]!;
    let requests = 0;
    for (let cell = routeCell.status1xx as number; cell <= routeCell.aborted; cell++)
      requests += totals.route(route.slot, cell);
    return {
      name: listener.name,
      address: formatAddress(listener.address),
      pool: route.pool === null ? "" : plan.pools[route.pool]!.name,
      connections: totals.listener(listener.slot, listenerCell.connections),
      requests,
    };
  });
}

export function poolStatus(pool: PoolPlan, totals: Totals, conditionOf: (slot: number) => Condition): PoolStatus {
  return {
    name: pool.name,
    balance: pool.balance.policy,
    queued: totals.pool(pool.slot, poolCell.queued),
    servers: pool.servers.map((server) => serverStatus(server, totals, conditionOf(server.slot))),
  };
}

function serverStatus(server: ServerPlan, totals: Totals, condition: Condition): ServerStatus {
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
