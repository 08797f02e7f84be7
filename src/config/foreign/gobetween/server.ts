// One [servers.NAME]: a listener and its pool, or several pools where names are routed. Here the parts are put together and what
// concerns the listener is read; what concerns the pools is in pool.ts.

import { connectionsUnlimited } from "../../../base/limits.ts";
import type { ListenerInput, PoolInput, UdpInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import { isTable, type Table } from "../table.ts";
import { type Access, accessOf } from "./access.ts";
import type { Backend } from "./backends.ts";
import { readDiscovery } from "./discovery.ts";
import { clientTimeouts, type Limits, limitsOf } from "./limits.ts";
import { foundNaming, type Naming, readNaming } from "./names.ts";
import { poolOf, poolShared } from "./pool.ts";
import { placeAll } from "./sources.ts";
import { listenerTlsOf } from "./tls.ts";

export interface ServerParts {
  readonly listener: ListenerInput;
  /** By name. */
  readonly pools: Readonly<Record<string, PoolInput>>;
  readonly lists: Access["lists"];
}

/** What the servers of a file have in common. */
export interface Ground {
  readonly defaults: Table | undefined;
  readonly origins: Origins;
  /** Names of pools that are given out. */
  readonly poolNames: Set<string>;
}

/** `name` is the name here, good for a listener and a pool. */
export function serverOf(name: string, server: Table, { defaults, origins, poolNames }: Ground): ServerParts {
  const protocol = server.choice("protocol", { tcp: "tcp", tls: "tls", udp: "udp" } as const) ?? "tcp";
  const isUdp = protocol === "udp";
  const limits = limitsOf(server, defaults, isUdp);
  const access = accessOf(server.section("access"), `${name}-access`);
  const { backends, asked } = readDiscovery(server);
  const naming = namingOf(server, isUdp, backends, asked !== null);
  const pools = naming?.pools ?? new Map([["", backends]]);
  const names = new Map([...pools.keys()].map((added) => [added, freeName(`${name}${added}`, poolNames)]));
  const poolPaths = [...names.values()].map((poolName): Path => ["pools", poolName]);
  const shared = poolShared(server, limits, isUdp, poolPaths, origins);
  const own: Path = ["listeners", name];
  origins.add(own, server.path);
  origins.add([...own, "listen"], server.at("bind"));
  const listen = server.text("bind");
  if (listen === undefined) server.ledger.fault(server.path, 'must have a bind, such as bind = ":3000"');
  const tls = listenerTls(server, protocol, own, origins);
  const udp = udpOf(server, isUdp, limits);
  const handshake = naming !== undefined && tls === undefined ? { handshake: naming.handshake } : {};
  const routes = (naming?.routes ?? []).map((route) => ({ ...route, use: names.get(route.use)! }));
  for (const [index, route] of (naming?.routes ?? []).entries())
    origins.add([...own, "sni", index], pools.get(route.use)?.[0]?.path ?? server.at("sni"));
  const listener: ListenerInput = {
    listen: listen ?? "",
    mode: isUdp ? "udp" : "tcp",
    ...(naming?.hasDefault === false ? {} : { use: names.get("")! }),
    maxConnections: limits.connections || connectionsUnlimited,
    ...(tls === undefined ? {} : { tls }),
    ...(routes.length > 0 ? { sni: routes } : {}),
    ...(udp === undefined ? {} : { udp }),
    ...(Array.isArray(access.rules) && access.rules.length > 0 ? { rules: access.rules } : {}),
    timeouts: { ...handshake, ...clientTimeouts(limits, isUdp) },
  };
  server.finish("gobetween");
  const built = [...pools].map(([added, group]): [string, PoolInput] => {
    const poolName = names.get(added)!;
    if (asked === null) return [poolName, poolOf(group, shared, server, poolName, origins)];
    placeAll(["pools", poolName], asked, origins);
    // With every backend at its limit gobetween turns a client away at once.
    return [poolName, { discover: asked.discover, ...shared, ...(asked.isLimited ? { queue: { length: 0 } } : {}) }];
  });
  origins.add([...own, "rules"], server.at("access"));
  for (const list of Object.keys(access.lists)) origins.add(["lists", list], server.at("access"));
  return { listener, pools: Object.fromEntries(built), lists: access.lists };
}

/** Names of listeners and pools have fewer characters than those of gobetween's servers. What is given out is `taken`. */
export function freeName(text: string, taken: Set<string>): string {
  const plain = text.replaceAll(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "server";
  let name = plain.slice(0, 64);
  for (let number = 2; taken.has(name); number++) name = `${plain.slice(0, 60)}-${number}`;
  taken.add(name);
  return name;
}

function namingOf(server: Table, isUdp: boolean, backends: readonly Backend[], isAsked: boolean): Naming | undefined {
  const sni = server.section("sni");
  if (sni === undefined) return undefined;
  if (!isUdp && isAsked) return { ...foundNaming(sni, server.has("tls")), pools: new Map([["", []]]) };
  if (!isUdp) return readNaming(sni, backends, server.has("tls"));
  sni.inert(["hostname_matching_strategy", "unexpected_hostname_strategy", "read_timeout"]);
  sni.finish("gobetween");
  return undefined;
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
      "datagrams cannot be sent from the client's address, for the runtime binds a socket before it could be made transparent (IP_TRANSPARENT); the backends would see another client",
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

/** Whether a value looks like a server of gobetween's. */
export function isServer(value: unknown): boolean {
  return isTable(value) && ["bind", "protocol", "discovery", "balance"].some((key) => Object.hasOwn(value, key));
}
