// From a checked config to a plan: texts become numbers, names become indices and rows, what was left out becomes what it
// means. It resolves nothing and looks at no clock; whoever calls it knows the addresses of names and the generation. A config
// that review.ts has passed always compiles: what still goes wrong here is our own mistake, and asserted.

import { isIp, readListenAddress } from "../base/address.ts";
import { assert } from "../base/assert.ts";
import { compilePool, serverAddress, serverId } from "./compilepool.ts";
import { block, bytes, defined, freeze, ms, value } from "./measure.ts";
import type { AccessLogPlan, LimitsPlan, ListenerPlan, Plan, RoutePlan } from "./plan.ts";
import type { Slots } from "./slots.ts";
import type { Config, Listener } from "./types.ts";

/** The IP address of a host name, or undefined while it is not known. Never asked about IP addresses. */
export type Resolve = (host: string) => string | undefined;

/** Assigns the rows in `slots` and makes the plan, frozen to its leaves. */
export function compile(config: Config, slots: Slots, resolve: Resolve, generation = 1): Plan {
  const listeners = Object.entries(config.listeners);
  const pools = Object.entries(config.pools);
  const routes = listeners.map(([name, listener]) => ({ name: `${name}/${listener.use}`, pool: listener.use }));
  const poolIndex = new Map(pools.map(([name], index) => [name, index]));
  slots.assign({
    listeners: listeners.map(([name]) => name),
    routes: routes.map((route) => route.name),
    pools: pools.map(([name]) => name),
    servers: pools.flatMap(([name, pool]) => pool.servers.map((server) => serverId(name, serverAddress(server).name))),
  });
  return freeze<Plan>({
    generation,
    listeners: listeners.map(([name, listener], index) => compileListener(name, listener, index, config, slots)),
    pools: pools.map(([name, pool]) => compilePool(name, pool, config, slots, resolve)),
    routes: routes.map((route, listener): RoutePlan => {
      const pool = poolIndex.get(route.pool);
      assert(pool !== undefined, `there is no pool ${route.pool}`);
      return { slot: slots.slotOf("routes", route.name), listener, pool };
    }),
    certificates: [],
    pems: {},
    accessLog: compileAccessLog(config),
    limits: compileLimits(config),
    drainMs: ms(config.drainTimeout),
  });
}

/** How many workers a config asks for on a machine of so many cores. */
export function workersOf(config: Config, cores: number): number {
  return config.workers === "auto" ? Math.min(64, Math.max(1, cores)) : config.workers;
}

/** Every host name that a plan of this config needs the address of. */
export function hostNames(config: Config): string[] {
  const hosts = Object.values(config.pools).flatMap((pool) =>
    pool.servers.map((server) => {
      const { address } = serverAddress(server);
      return address.kind === "tcp" && !isIp(address.host) ? [address.host] : [];
    }),
  );
  return [...new Set(hosts.flat())];
}

function compileListener(name: string, listener: Listener, route: number, config: Config, slots: Slots): ListenerPlan {
  const timeouts = { ...config.timeouts, ...defined(listener.timeouts) };
  return {
    name,
    slot: slots.slotOf("listeners", name),
    address: value(readListenAddress(listener.listen)),
    mode: "http",
    route,
    names: [],
    proxyProtocol: false,
    tls: null,
    redirect: null,
    hsts: null,
    udp: null,
    connectionsMax: listener.maxConnections,
    timeouts: {
      handshakeMs: 10_000,
      clientIdleMs: 0,
      headMs: ms(timeouts.head),
      idleMs: ms(timeouts.idle),
      readMs: ms(timeouts.read),
      tunnelMs: ms(timeouts.tunnel),
      lingerMs: ms(timeouts.linger),
    },
    forwarding: {
      trusted: [...listener.trustedProxies].map(block),
      ...listener.forwarding,
      via: listener.via === false ? null : listener.via,
    },
    requestId:
      listener.requestId === false
        ? null
        : { header: listener.requestId.header.toLowerCase(), keep: listener.requestId.keep },
  };
}

function compileAccessLog({ accessLog }: Config): AccessLogPlan | null {
  if (accessLog === undefined) return null;
  const { path, format, buffer, flush } = accessLog;
  return { path, format, bufferBytesMax: bytes(buffer), flushMs: ms(flush) };
}

function compileLimits({ limits }: Config): LimitsPlan {
  return {
    headBytesMax: bytes(limits.head),
    fieldsMax: limits.fields,
    bodyBytesMax: bytes(limits.body),
    requestsPerConnectionMax: limits.requestsPerConnection,
  };
}
