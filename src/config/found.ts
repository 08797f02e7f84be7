// Servers that sources have told of, put into the pools of a config as if they had been written there: compile.ts knows no other. A
// server that is written down counts, whatever a source says of it. It asks nobody; control/discovery does.

import { readServerAddress } from "../base/address.ts";
import { capacity } from "../memory/arena.ts";
import { divisionsOf, namesMax, withNames } from "./foundnames.ts";
import type { Config, Pool, Server } from "./types.ts";

/** What a source says of a server. All of it has been read and found good (control/discovery/reading.ts). */
export interface FoundServer {
  /** As an operator would write it, without a weight: "10.0.0.1:80", "[::1]:80", "app:80" or "unix:/run/app.sock". */
  readonly address: string;
  readonly weight?: number;
  readonly backup?: boolean;
  /** 0 is no limit. */
  readonly maxConnections?: number;
  /** It is given nothing new, and keeps what it has. */
  readonly drain?: boolean;
  /** What TLS asks for and expects; absent: as the pool says. Where a listener finds names, what clients ask for to reach it. */
  readonly serverName?: string;
  /** It is spoken to over TLS, whatever the pool says; absent: as the pool says. No source can take a pool's TLS away. */
  readonly tls?: true;
}

/** The servers that sources of a pool have told of, in an order that does not change from one answer to the next. */
export type FoundOf = (pool: string) => readonly FoundServer[];

/** The config with them. No more of them than shared memory has rows for. */
export function withFound(config: Config, foundOf: FoundOf): Config {
  if (Object.values(config.pools).every(({ discover }) => discover === undefined)) return config;
  let room = roomIn(config);
  const pools: Record<string, Pool> = {};
  const put = (name: string, pool: Pool, servers: readonly FoundServer[]): void => {
    const found = servers.slice(0, room);
    room -= found.length;
    pools[name] =
      found.length === 0 ? pool : { ...pool, servers: [...pool.servers, ...found.map((one) => serverOf(pool, one))] };
  };
  const divisions = divisionsOf(config, (name) => foundIn(name, config.pools[name]!, foundOf));
  for (const [name, pool] of Object.entries(config.pools)) {
    const division = divisions.get(name);
    put(name, pool, division?.kept ?? foundIn(name, pool, foundOf));
    // Whoever is asked for by a name is none of those that are written, and is found by nobody else.
    const { discover: _, ...rest } = pool;
    for (const each of division?.names ?? []) put(each.pool, { ...rest, servers: [] }, each.servers);
  }
  return {
    ...config,
    listeners: divisions.size === 0 ? config.listeners : withNames(config.listeners, divisions),
    pools,
  };
}

/** What of them there is no room for, in sentences; none where all are in. */
export function foundLeftOut(config: Config, foundOf: FoundOf): string[] {
  const divisions = divisionsOf(config, (name) => foundIn(name, config.pools[name]!, foundOf));
  let found = 0;
  for (const [name, pool] of Object.entries(config.pools)) {
    const division = divisions.get(name);
    found += (division?.kept ?? foundIn(name, pool, foundOf)).length;
    found += (division?.names ?? []).reduce((sum, { servers }) => sum + servers.length, 0);
  }
  const beyond = Math.max(found - roomIn(config), 0);
  return [
    ...(beyond === 0
      ? []
      : [`${beyond} servers that sources tell of are left out: shared memory has no room for them`]),
    ...[...divisions].flatMap(([pool, { names, leftOut }]) =>
      leftOut.names === 0
        ? []
        : [
            `pool ${pool}: of ${names.length + leftOut.names} names that sources tell of only ${names.length} count (${namesMax} for all pools together); clients that ask for one of the others, with ${leftOut.servers} servers, go where names that nobody has go`,
          ],
    ),
  ];
}

function roomIn(config: Config): number {
  const written = Object.values(config.pools).reduce((sum, { servers }) => sum + servers.length, 0);
  return Math.max(capacity.servers - written, 0);
}

function foundIn(name: string, pool: Pool, foundOf: FoundOf): FoundServer[] {
  return pool.discover === undefined ? [] : unwritten(pool, foundOf(name));
}

function unwritten(pool: Pool, found: readonly FoundServer[]): FoundServer[] {
  const seen = new Set(pool.servers.map((server) => nameOf(typeof server === "string" ? server : server.address)));
  return found.filter(({ address }) => {
    const name = nameOf(address);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** What servers are told apart by. */
export function nameOf(address: string): string {
  const reading = readServerAddress(address);
  return reading.ok ? reading.value.name : address;
}

/** As the schema would make it, without asking it: for thousands of servers that takes longer than they may take to come. */
function serverOf(
  pool: Pool,
  { address, weight, backup, maxConnections, drain, serverName, tls }: FoundServer,
): Server {
  const isPlain = pool.tls === undefined || pool.tls === false;
  const named = serverName === undefined || (isPlain && tls !== true) ? {} : { tls: { serverName } };
  return {
    address,
    backup: backup ?? false,
    maxConnections: maxConnections ?? 0,
    drain: drain ?? false,
    ...(weight === undefined ? {} : { weight: Math.max(weight, 1) }),
    ...(isPlain && tls === true ? { tls: true, ...named } : named),
  };
}
