// A plan made ready to serve in this worker: for each listener what it writes into heads, for each pool its balancer, idle
// connections, waiting room and retry budget. A site never changes; a reload makes another, which takes over the idle
// connections of the servers that stay.

import { Backends } from "../balance/backends.ts";
import type { LimitsPlan, ListenerPlan, Plan, PoolPlan, RoutePlan, ServerPlan } from "../config/plan.ts";
import type { Arena } from "../memory/arena.ts";
import type { Tally } from "../memory/tally.ts";
import { RetryBudget } from "./budget.ts";
import { Forwarding } from "./forwarding.ts";
import { IdleConnections } from "./idle.ts";
import { NameRoutes } from "./names.ts";
import { Queue } from "./queue.ts";

export interface SiteParts {
  readonly arena: Arena;
  readonly tally: Tally;
  /** Blocks of the arena to sum over. */
  readonly workers: number;
  readonly random: () => number;
}

export class ListenerSite {
  readonly plan: ListenerPlan;
  readonly route: RouteSite;
  /** Routes by the name that a client asks for; null where its name does not matter. */
  readonly names: NameRoutes<RouteSite> | null;
  readonly forwarding: Forwarding;
  /** First cell of its row in the tally. */
  readonly row: number;

  /** `routes`: those of the plan. */
  constructor(plan: ListenerPlan, routes: readonly RouteSite[], tally: Tally) {
    this.plan = plan;
    this.route = routes[plan.route]!;
    this.names = plan.names.length === 0 ? null : new NameRoutes(plan.names, routes, this.route);
    this.forwarding = new Forwarding(plan.forwarding, plan.requestId, plan.hsts);
    this.row = tally.listenerRow(plan.slot);
  }
}

export interface RouteSite {
  readonly plan: RoutePlan;
  /** Null where the listener answers or refuses by itself. */
  readonly pool: PoolSite | null;
  readonly row: number;
}

export class ServerSite {
  readonly plan: ServerPlan;
  readonly index: number;
  readonly row: number;
  /** Index of the word that all workers add to (memory/tally.ts). */
  readonly sharedRow: number;
  readonly idle: IdleConnections;

  constructor(plan: ServerPlan, index: number, pool: PoolPlan, tally: Tally, former: IdleConnections | undefined) {
    this.plan = plan;
    this.index = index;
    this.row = tally.serverRow(plan.slot);
    this.sharedRow = tally.sharedServerRow(plan.slot);
    this.idle = former ?? new IdleConnections(tally, this.row);
    this.idle.configure(pool.idle);
  }
}

export class PoolSite {
  readonly plan: PoolPlan;
  readonly row: number;
  readonly backends: Backends;
  readonly servers: readonly ServerSite[];
  readonly queue: Queue;
  readonly budget: RetryBudget;
  readonly headBytesMax: number;
  /** Whether the policy goes by response times; measuring them costs. */
  readonly isTimed: boolean;

  constructor(plan: PoolPlan, limits: LimitsPlan, parts: SiteParts, former: PoolSite | undefined) {
    this.plan = plan;
    this.headBytesMax = limits.headBytesMax;
    this.isTimed = plan.balance.policy === "peakEwma";
    this.row = parts.tally.poolRow(plan.slot);
    // What a policy has learned, and the rings it has built, are worth keeping where nothing has changed.
    this.backends =
      former !== undefined && JSON.stringify(former.plan) === JSON.stringify(plan)
        ? former.backends
        : new Backends(plan, parts.arena, parts.tally.worker, parts.workers, parts.random);
    this.servers = plan.servers.map((server, index) => {
      const same = former?.servers.find((other) => isSameServer(other.plan, server));
      return new ServerSite(server, index, plan, parts.tally, same?.idle);
    });
    this.queue = new Queue(this, parts.tally);
    this.budget = former?.budget ?? new RetryBudget();
    this.budget.configure(plan.retryBudget);
  }

  sweep(nowMs: number): void {
    this.budget.tick();
    for (const server of this.servers) server.idle.sweep(nowMs);
  }
}

export class Site {
  readonly plan: Plan;
  readonly listeners: readonly ListenerSite[];
  readonly pools: readonly PoolSite[];

  constructor(plan: Plan, parts: SiteParts, former: Site | null) {
    this.plan = plan;
    this.pools = plan.pools.map(
      (pool) =>
        new PoolSite(
          pool,
          plan.limits,
          parts,
          former?.pools.find((other) => other.plan.name === pool.name),
        ),
    );
    const routes = plan.routes.map((route) => ({
      plan: route,
      pool: route.pool === null ? null : this.pools[route.pool]!,
      row: parts.tally.routeRow(route.slot),
    }));
    this.listeners = plan.listeners.map((listener) => new ListenerSite(listener, routes, parts.tally));
  }

  /** The listener of that name, which a connection asks for at each request so that it obeys the newest plan. */
  listener(slot: number): ListenerSite | undefined {
    for (const listener of this.listeners) if (listener.plan.slot === slot) return listener;
    return undefined;
  }

  /** `next` has taken over: close what it did not take along. */
  retire(next: Site): void {
    const kept = new Set(next.pools.flatMap((pool) => pool.servers.map((server) => server.idle)));
    for (const pool of this.pools) for (const server of pool.servers) if (!kept.has(server.idle)) server.idle.close();
  }
}

/** Whether a connection that was made to the one will do for the other. */
function isSameServer(one: ServerPlan, other: ServerPlan): boolean {
  return one.slot === other.slot && one.id === other.id && doorOf(one) === doorOf(other);
}

function doorOf({ address, tls, proxyProtocol, source }: ServerPlan): string {
  return JSON.stringify([address, tls, proxyProtocol, source]);
}
