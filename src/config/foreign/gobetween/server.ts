// One [servers.NAME]: a listener and its pool, or several pools where names are routed. Where gobetween has no limit by default
// we write a limit that nobody meets, for ours would differ: no idle connection of TCP is ended, and connecting takes as long
// as the system tries.

import type { ListenerInput, PoolInput, UdpInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import { isTable, type Table } from "../table.ts";
import { refuseAccess } from "./access.ts";
import { type Backend, serversOf } from "./backends.ts";
import { readDiscovery } from "./discovery.ts";
import { readGoDuration, written } from "./duration.ts";
import { checkOf } from "./health.ts";
import { type Naming, readNaming } from "./names.ts";
import { listenerTlsOf, serverTlsOf } from "./tls.ts";

export interface ServerParts {
  readonly listener: ListenerInput;
  /** By name. */
  readonly pools: Readonly<Record<string, PoolInput>>;
}

/** How long Linux tries to connect when nobody sets a limit: six retries of SYN. */
const connectMs = 127_000;
const connectionsMax = 10_000_000;
const unlimited = "24d";

const balances = {
  weight: "random",
  leastconn: "leastConnections",
  roundrobin: "roundRobin",
  iphash: "ipHash",
  iphash1: "consistentHash",
  leastbandwidth: "leastConnections",
} as const;

/** `name` is the name here, good for a listener and a pool. */
export function serverOf(name: string, server: Table, defaults: Table | undefined, origins: Origins): ServerParts {
  const protocol = server.choice("protocol", { tcp: "tcp", tls: "tls", udp: "udp" } as const) ?? "tcp";
  const isUdp = protocol === "udp";
  const limits = limitsOf(server, defaults, isUdp);
  refuseAccess(server.section("access"));
  const backends = readDiscovery(server);
  const naming = namingOf(server, isUdp, backends);
  const pools = naming?.pools ?? new Map([["", backends]]);
  const poolName = (added: string): string => plainName(`${name}${added}`);
  const poolPaths = [...pools.keys()].map((added): Path => ["pools", poolName(added)]);
  const shared = { ...poolShared(server, limits, isUdp, poolPaths, origins) };
  const own: Path = ["listeners", name];
  origins.add(own, server.path);
  origins.add([...own, "listen"], server.at("bind"));
  const listen = server.text("bind");
  if (listen === undefined) server.ledger.fault(server.path, 'must have a bind, such as bind = ":3000"');
  const tls = listenerTls(server, protocol, own, origins);
  const udp = udpOf(server, isUdp, limits);
  const handshake = naming !== undefined && protocol === "tcp" ? { handshake: naming.handshake } : {};
  const routes = (naming?.routes ?? []).map((route) => ({ ...route, use: poolName(route.use) }));
  const listener: ListenerInput = {
    listen: listen ?? "",
    mode: isUdp ? "udp" : "tcp",
    ...(naming?.hasDefault === false ? {} : { use: name }),
    maxConnections: limits.connections || connectionsMax,
    ...(tls === undefined ? {} : { tls }),
    ...(routes.length > 0 ? { sni: routes } : {}),
    ...(udp === undefined ? {} : { udp }),
    timeouts: { ...handshake, ...clientTimeouts(limits, isUdp) },
  };
  server.finish("gobetween");
  const built = [...pools].map(([added, group]) => [
    poolName(added),
    poolOf(group, shared, server, poolName(added), origins),
  ]);
  return { listener, pools: Object.fromEntries(built) as Record<string, PoolInput> };
}

/** Names of listeners and pools have fewer characters than those of gobetween's servers. */
export function plainName(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64);
}

interface Limits {
  /** 0 is no limit. */
  readonly connections: number;
  readonly clientIdleMs: number;
  readonly backendIdleMs: number;
  readonly connectMs: number;
  /** Whether the server itself, not only the defaults, has an idle timeout. */
  readonly hasOwnIdle: boolean;
}

function limitsOf(server: Table, defaults: Table | undefined, isUdp: boolean): Limits {
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

function clientTimeouts(limits: Limits, isUdp: boolean): NonNullable<ListenerInput["timeouts"]> {
  const idle = [limits.clientIdleMs, limits.backendIdleMs].filter((ms) => ms > 0);
  // A session of UDP that neither side uses any more must end; one of TCP ends when a side closes it.
  const tunnel = !isUdp ? unlimited : idle.length > 0 ? written(Math.min(...idle)) : undefined;
  return {
    ...(limits.clientIdleMs > 0 ? { clientIdle: written(limits.clientIdleMs) } : {}),
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

function namingOf(server: Table, isUdp: boolean, backends: readonly Backend[]): Naming | undefined {
  const sni = server.section("sni");
  if (sni === undefined || isUdp) return undefined;
  return readNaming(sni, backends);
}

function listenerTls(server: Table, protocol: string, own: Path, origins: Origins): ListenerInput["tls"] {
  const tls = server.section("tls");
  if (protocol === "udp") return undefined;
  if (tls === undefined) {
    if (protocol === "tls")
      server.ledger.fault(server.at("protocol"), "needs a section tls with cert_path and key_path");
    return undefined;
  }
  return listenerTlsOf(tls, [...own, "tls"], origins);
}

function udpOf(server: Table, isUdp: boolean, limits: Limits): UdpInput | undefined {
  const udp = server.section("udp");
  const maxRequests = udp?.count("max_requests") ?? 0;
  const maxResponses = udp?.count("max_responses") ?? 0;
  if (udp?.flag("transparent") === true && isUdp)
    udp.ledger.refuse(
      udp.at("transparent"),
      "datagrams cannot be sent from the client's address; the backends would see another client",
    );
  udp?.finish("gobetween");
  if (!isUdp) return undefined;
  const isEndless = limits.clientIdleMs === 0 && limits.backendIdleMs === 0;
  if (isEndless && !limits.hasOwnIdle && maxRequests === 0 && maxResponses === 0)
    server.ledger.fault(
      server.at("protocol"),
      "needs client_idle_timeout, backend_idle_timeout, udp.max_requests or udp.max_responses of this server, as in gobetween",
    );
  else if (isEndless)
    server.ledger.approximate(
      server.at("protocol"),
      "a session without any datagram for 60s ends; in gobetween, without an idle timeout, it stays",
    );
  return maxRequests === 0 && maxResponses === 0 ? undefined : { maxRequests, maxResponses };
}

type Shared = Omit<PoolInput, "servers">;

/** What all pools of a server have in common. */
function poolShared(server: Table, limits: Limits, isUdp: boolean, paths: readonly Path[], origins: Origins): Shared {
  const balance = balanceOf(server);
  const backendsTls = server.section("backends_tls");
  if (isUdp && backendsTls !== undefined) server.ledger.fault(backendsTls.path, "is not for protocol udp");
  const tls =
    backendsTls === undefined
      ? undefined
      : paths.map((path) => serverTlsOf(backendsTls, [...path, "tls"], origins)).at(0);
  const proxyProtocol = proxyProtocolOf(server, isUdp);
  const healthcheck = server.section("healthcheck");
  const checks = paths.map((path): Path => [...path, "check"]);
  const check =
    healthcheck === undefined ? undefined : checkOf(healthcheck, { isUdp, hasTls: tls !== undefined }, checks, origins);
  for (const path of paths) {
    origins.add(path, server.at("discovery"));
    origins.add([...path, "timeouts"], server.path);
    origins.add([...path, "timeouts", "connect"], server.at("backend_connection_timeout"));
    origins.add([...path, "timeouts", "serverIdle"], server.at("backend_idle_timeout"));
    origins.add([...path, "balance"], server.at("balance"));
    origins.add([...path, "proxyProtocol"], server.at("proxy_protocol"));
  }
  return {
    balance,
    ...(tls === undefined ? {} : { tls: Object.keys(tls).length === 0 ? true : tls }),
    ...(proxyProtocol ? { proxyProtocol: "v1" } : {}),
    ...(check === undefined ? {} : { check }),
    timeouts: {
      ...(isUdp ? {} : { connect: written(limits.connectMs || connectMs) }),
      ...(limits.backendIdleMs > 0 ? { serverIdle: written(limits.backendIdleMs) } : {}),
    },
  };
}

function balanceOf(server: Table): NonNullable<PoolInput["balance"]> {
  const policy = server.choice("balance", balances);
  if (server.text("balance") === "leastbandwidth")
    server.ledger.approximate(
      server.at("balance"),
      "the backend with the fewest connections is taken, not the one with the fewest bytes a second",
    );
  return policy ?? balances.weight;
}

function proxyProtocolOf(server: Table, isUdp: boolean): boolean {
  const section = server.section("proxy_protocol");
  if (section === undefined) return false;
  const version = section.choice("version", { "1": 1 });
  if (!section.has("version")) section.ledger.fault(section.path, 'must have version = "1"');
  if (isUdp) section.ledger.fault(section.path, "is not for protocol udp");
  section.finish("gobetween");
  return version === 1 && !isUdp;
}

function poolOf(
  backends: readonly Backend[],
  shared: Shared,
  server: Table,
  name: string,
  origins: Origins,
): PoolInput {
  const isWeighted = shared.balance === balances.weight;
  const { servers, isLossy } = serversOf(backends, isWeighted);
  if (isLossy)
    server.ledger.approximate(
      [...server.at("discovery"), "static_list"],
      "there are two tiers here: the backends of the lowest priority, and all others together as backups",
    );
  for (const [index, backend] of backends.entries()) origins.add(["pools", name, "servers", index], backend.path);
  // Without any, the section says why.
  const discovery = server.at("discovery");
  origins.add(["pools", name, "servers"], backends.length === 0 ? discovery : [...discovery, "static_list"]);
  // With every backend at its limit gobetween turns a client away at once.
  const queue = backends.some((backend) => backend.maxConnections > 0) ? { queue: { length: 0 } } : {};
  return { servers, ...shared, ...queue };
}

/** Whether a value looks like a server of gobetween's. */
export function isServer(value: unknown): boolean {
  return isTable(value) && ["bind", "protocol", "discovery", "balance"].some((key) => Object.hasOwn(value, key));
}
