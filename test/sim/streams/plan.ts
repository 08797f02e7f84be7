// The plan of a world of streams: a listener that carries, one that goes by names, and one for HTTP; a pool that all of them
// share, and one that only names lead to.

import type { ListenerPlan, NameRoutePlan, Plan } from "../../../src/config/plan.ts";
import { makePlan } from "../../playbook/plan.ts";
import type { World } from "../world.ts";
import type { StreamSwarm } from "./streamswarm.ts";

const serverNames = ["one", "two", "three"];
export const carriedListener = 0;
export const namedListener = 1;
export const webListener = 2;
/** Rows of the arena that such a plan uses. */
export const routeSlots = 5;
export const listenerSlots = 3;
export const serverSlots = 4;

const names: readonly NameRoutePlan[] = [
  { kind: "exact", match: "a.sim", route: 2 },
  { kind: "wildcard", match: ".b.sim", route: 3 },
  { kind: "pattern", match: "^db\\d", route: 3 },
];

/** What a client may ask for. */
export const namesAsked: readonly string[] = ["a.sim", "A.sim", "x.b.sim", "y.x.B.sim", "db7.sim", "other.sim", ""];

/** Slots of the servers that a name leads to; null when it leads nowhere. */
export function slotsFor(swarm: StreamSwarm, name: string | null): ReadonlySet<number> | null {
  const shared = new Set(Array.from({ length: swarm.servers }, (_, slot) => slot));
  if (name === null || name === "a.sim") return shared;
  if (name.endsWith(".b.sim") || name.startsWith("db")) return new Set([swarm.servers]);
  return swarm.hasDefault ? shared : null;
}

export function drawPlan(world: World, swarm: StreamSwarm, generation: number): Plan {
  const base = makePlan({
    generation,
    servers: serverNames.slice(0, swarm.servers),
    pools: ["below"],
    server: { connectionsMax: swarm.serverLimit },
    pool: {
      retries: swarm.retries,
      redispatch: swarm.redispatch,
      queue: { lengthMax: swarm.queueLength, timeoutMs: swarm.queueMs },
      idle: { connectionsMax: swarm.idleMax, timeoutMs: 3_000 },
    },
    balance: { policy: world.pick(["roundRobin", "leastConnections", "p2c", "random", "consistentHash", "peakEwma"]) },
    upstream: { connectMs: 1_000, responseMs: 5_000, readMs: 8_000, serverIdleMs: swarm.serverIdleMs },
    downstream: { headMs: 4_000, idleMs: 6_000, readMs: 8_000, tunnelMs: 30_000, lingerMs: 1_000 },
    forwarding: { xForwardedFor: world.chance(0.5), via: world.chance(0.5) ? "sluice" : null },
    limits: {
      requestsPerConnectionMax: swarm.requestsMax,
      streamsPerConnectionMax: 100,
      headBytesMax: 8192,
      bodyBytesMax: 0,
      fieldsMax: 50,
    },
  });
  const web = base.listeners[0]!;
  const { clientIdleMs, tunnelMs, handshakeMs } = swarm;
  const timeouts = { ...web.timeouts, clientIdleMs, tunnelMs, handshakeMs };
  const carried: ListenerPlan = { ...web, name: "carried", mode: "tcp", timeouts };
  return {
    ...base,
    listeners: [
      carried,
      { ...carried, name: "named", slot: namedListener, route: 1, names },
      { ...web, slot: webListener, route: 4 },
    ],
    // What servers share with HTTP they are not sent headers for: only streams end with their connection.
    pools: base.pools.map((pool, index) => ({
      ...pool,
      servers: pool.servers.map((server) => ({
        ...server,
        proxyProtocol: swarm.hasCrowd && index === 0 ? 0 : swarm.proxyProtocol,
      })),
    })),
    routes: [
      { slot: 0, listener: carriedListener, pool: 0 },
      { slot: 1, listener: namedListener, pool: swarm.hasDefault ? 0 : null },
      { slot: 2, listener: namedListener, pool: 0 },
      { slot: 3, listener: namedListener, pool: 1 },
      { slot: 4, listener: webListener, pool: 0 },
    ],
  };
}
