// What HAProxy calls listeners, pools and servers: its proxies, in the order of its config, with the numbers that it gives them. The config
// says it (admin.haproxy.proxies), for a haproxy.cfg the front-end does; what the config does not name has its own name behind these. A
// pool without servers that nobody named is an answer of ours, and no backend.

import type { ListenerPlan, Plan, PoolPlan, ServerPlan } from "../../config/plan.ts";
import type { HaproxyProxy } from "../../config/types.ts";

export interface NamedServer {
  /** From 1 on in its proxy. */
  readonly id: number;
  readonly name: string;
  readonly plan: ServerPlan;
}

export interface Service {
  /** From 2 on: 1 is the sockets' own in HAProxy. */
  readonly id: number;
  readonly name: string;
  /** None: it is no frontend. */
  readonly listeners: readonly ListenerPlan[];
  /** Null: it is no backend. */
  readonly pool: PoolPlan | null;
  readonly servers: readonly NamedServer[];
  readonly mode: "http" | "tcp";
}

const firstId = 2;

export function proxiesOf(plan: Plan, named: readonly HaproxyProxy[]): Service[] {
  const listeners = new Map(plan.listeners.map((each) => [each.name, each]));
  const pools = new Map(plan.pools.map((each) => [each.name, each]));
  const proxies: Omit<Service, "id" | "mode">[] = [];
  for (const { name, listeners: front, pool: back, servers } of named) {
    const own = front.flatMap((each) => listeners.get(each) ?? []);
    const pool = (back === undefined ? null : pools.get(back)) ?? null;
    for (const each of own) listeners.delete(each.name);
    if (pool !== null) pools.delete(pool.name);
    if (own.length > 0 || pool !== null)
      proxies.push({ name, listeners: own, pool, servers: serversOf(pool, servers) });
  }
  for (const listener of listeners.values()) {
    const pool = pools.get(listener.name) ?? null;
    const isBoth = pool !== null && pool.servers.length > 0;
    if (isBoth) pools.delete(pool.name);
    proxies.push({ ...{ name: listener.name, listeners: [listener] }, ...backOf(isBoth ? pool : null) });
  }
  for (const pool of pools.values())
    if (pool.servers.length > 0) proxies.push({ ...{ name: pool.name, listeners: [] }, ...backOf(pool) });
  // A backend has the mode of who leads to it first.
  const fronts = new Map(plan.routes.toReversed().map(({ listener, pool }) => [pool, listener]));
  const indices = new Map(plan.pools.map((pool, at) => [pool, at]));
  const modeOf = ({ listeners: own, pool }: Pick<Service, "listeners" | "pool">): Service["mode"] => {
    const way = pool === null ? undefined : fronts.get(indices.get(pool) ?? null);
    const front = own[0] ?? (way === undefined ? undefined : plan.listeners[way]);
    return front === undefined || front.mode === "http" ? "http" : "tcp";
  };
  return proxies.map((proxy, at) => ({ id: firstId + at, ...proxy, mode: modeOf(proxy) }));
}

function backOf(pool: PoolPlan | null): Pick<Service, "pool" | "servers"> {
  return { pool, servers: serversOf(pool, []) };
}

/** Two names may be those of one server: lines of one address are one here. */
function serversOf(pool: PoolPlan | null, named: HaproxyProxy["servers"]): NamedServer[] {
  if (pool === null) return [];
  const left = new Map(pool.servers.map((server) => [server.name, server]));
  const all = new Map(left);
  const told = named.flatMap(({ name, server }) => {
    const found = all.get(server);
    left.delete(server);
    return found === undefined ? [] : [{ name, plan: found }];
  });
  const others = [...left.values()].map((server) => ({ name: server.name, plan: server }));
  return [...told, ...others].map((server, at) => ({ id: at + 1, ...server }));
}

export function backendNamed(
  proxies: readonly Service[],
  name: string,
): (Service & { readonly pool: PoolPlan }) | null {
  for (const proxy of proxies) if (proxy.name === name && proxy.pool !== null) return { ...proxy, pool: proxy.pool };
  return null;
}

export function frontendNamed(proxies: readonly Service[], name: string): Service | null {
  return proxies.find((proxy) => proxy.name === name && proxy.listeners.length > 0) ?? null;
}
