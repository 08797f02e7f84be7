// Who may ask, in the plan: Basic authentication, and forward proxies. A forward proxy has a pool of its own making, under a name that
// no config can give one, so that all that holds for pools holds for it: routes, retries, timeouts, a cache, metrics.

import { readListenAddress } from "../base/address.ts";
import { proxy as proxySchema, readDirect, readPorts, readTarget } from "./accessschema.ts";
import { egressIndex } from "./compileegress.ts";
import { isMarked } from "./htpasswd.ts";
import type { Materials } from "./materials.ts";
import { bytes, ms, value } from "./measure.ts";
import type { AuthPlan, PortRange, ProxyPlan, TargetsEgressPlan, TargetsPlan } from "./plan.ts";
import { pool as poolSchema } from "./poolschema.ts";
import type { Auth, Config, ForwardProxy, Listener } from "./types.ts";

/** Its one server stands for all targets; what it is called in metrics and logs. */
export const targetsServer = "*";
/** Never connected to. */
const nowhere = "0.0.0.0:1";

/** Of the pool that stands for all targets of a listener. */
export function targetsPool(listener: string): string {
  return `${listener}:targets`;
}

/** The config with the pools that forward proxies have. */
export function withTargets(config: Config): Config {
  const proxies = Object.entries(config.listeners).filter(([, { proxy }]) => proxy !== undefined && proxy !== false);
  if (proxies.length === 0) return config;
  const pools = { ...config.pools };
  const listeners = { ...config.listeners };
  for (const [name, listener] of proxies) {
    const own = proxyOf(listener)!;
    pools[targetsPool(name)] = { ...poolSchema.parse({ servers: [nowhere] }), cache: own.cache };
    if (listener.use === undefined) listeners[name] = { ...listener, use: targetsPool(name) };
  }
  return { ...config, pools, listeners };
}

export function proxyOf({ proxy }: Pick<Listener, "proxy">): ForwardProxy | null {
  if (proxy === undefined || proxy === false) return null;
  return proxy === true ? (proxySchema.parse({}) as ForwardProxy) : proxy;
}

/** The forward proxy whose pool that is. */
export function proxyOfPool(pool: string, config: Config): ForwardProxy | null {
  const found = Object.entries(config.listeners).find(([name]) => targetsPool(name) === pool);
  return found === undefined ? null : proxyOf(found[1]);
}

export function compileProxy(name: string, listener: Listener, poolIndex: (name: string) => number): ProxyPlan | null {
  const own = proxyOf(listener);
  if (own === null) return null;
  return {
    pool: poolIndex(targetsPool(name)),
    http: own.http,
    connect: own.connect,
    socks: own.socks,
    fields: own.fields,
  };
}

export function compileTargets(own: ForwardProxy | null, config: Config): TargetsPlan | null {
  if (own === null) return null;
  const ports = (list: readonly (number | string)[]): PortRange[] => list.map((port) => value(readPorts(String(port))));
  return {
    allow: own.allow.map((text) => value(readTarget(text))),
    deny: own.deny.map((text) => value(readTarget(text))),
    ports: ports(own.ports),
    connectPorts: ports(own.tunnels.ports),
    isPrivateAllowed: own.private,
    ownPorts: ownPortsOf(config),
    resolveMs: ms(own.resolveTimeout),
    tunnelsMax: own.tunnels.maxOpen,
    tunnelMs: ms(own.tunnels.maxTime),
    tunnelBytesMax: own.tunnels.maxBytes === 0 ? 0 : bytes(own.tunnels.maxBytes),
    egress: egressOf(own.egress, config),
    direct: own.direct.map((text) => value(readDirect(text))),
  };
}

/** Of the admin interface, metrics, the pages of ipmanager and gobetween, and what speaks as HAProxy, where those are not on sockets of the file system. */
function ownPortsOf({ admin, metrics, ipmanager, gobetween }: Config): number[] {
  const { sockets = [], pages = [], exporters = [] } = admin.haproxy ?? {};
  const own = [...sockets, ...pages, ...exporters].map(({ listen }) => listen);
  const all = [admin.listen, metrics?.listen, ipmanager?.listen, gobetween?.api?.tls?.listen, ...own].filter(
    (listen) => listen !== undefined,
  );
  const addresses = all.map((listen) => value(readListenAddress(listen)));
  return addresses.flatMap((address) => (address.kind === "tcp" ? [address.port] : []));
}

function egressOf(used: ForwardProxy["egress"], config: Config): TargetsEgressPlan | null {
  if (used === undefined) return null;
  const { http, https, tunnels } = typeof used === "string" ? { http: used, https: used, tunnels: used } : used;
  return { http: egressIndex(http, config), https: egressIndex(https, config), tunnels: egressIndex(tunnels, config) };
}

/** Of a name that stands in the config and in its file, what the config says counts. */
export function compileAuth(auth: Auth | undefined, materials: Materials): AuthPlan | null {
  if (auth === undefined) return null;
  const written = Object.entries(auth.users).map(([name, secret]) => ({ name, secret: marked(secret) }));
  const lines = auth.file === undefined ? [] : (materials.users(auth.file) ?? []);
  const filed = lines.map(([name, secret]) => ({ name, secret }));
  return {
    realm: auth.realm,
    users: [...written, ...filed],
    rememberMs: ms(auth.remember),
    takesProxyField: auth.proxyAuthorization,
  };
}

/** What is no hash is the password itself. */
function marked(secret: string): string {
  return isMarked(secret) ? secret : `{PLAIN}${secret}`;
}
