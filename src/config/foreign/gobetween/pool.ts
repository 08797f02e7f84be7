// The pools of a server: balance, TLS, PROXY header, check and timeouts are the same for all of them, the backends are each one's
// own. Places of our keys are told to `origins`, so that what is wrong with a pool is told at its server.

import type { PoolInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";
import { type Backend, serversOf } from "./backends.ts";
import { written } from "./duration.ts";
import { checkOf } from "./health.ts";
import type { Limits } from "./limits.ts";
import { serverTlsOf } from "./tls.ts";

/** How long Linux tries to connect when nobody sets a limit: six retries of SYN. */
const connectMs = 127_000;

const balances = {
  weight: "random",
  leastconn: "leastConnections",
  roundrobin: "roundRobin",
  iphash: "ipHash",
  iphash1: "consistentHash",
  leastbandwidth: "leastBandwidth",
} as const;

export type Shared = Omit<PoolInput, "servers">;

/** What all pools of a server have in common. */
export function poolShared(
  server: Table,
  limits: Limits,
  isUdp: boolean,
  paths: readonly Path[],
  origins: Origins,
): Shared {
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

export function poolOf(
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
