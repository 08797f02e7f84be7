// Listeners that find the names themselves (sni with `found`): for each name that a source has told of a server of a pool there is a pool
// of just those servers, made as if it had been written, and a way to it for the clients that ask for that name. Servers without a name
// stay in the pool itself. It knows names as sources tell them, and asks nobody; how many there may be has a bound.

import { capacity } from "../memory/arena.ts";
import type { FoundServer } from "./found.ts";
import type { Config, Listener } from "./types.ts";

/** A pool whose servers go to pools of their own by their names. */
export interface Division {
  /** In their order. */
  readonly names: readonly { readonly name: string; readonly pool: string; readonly servers: readonly FoundServer[] }[];
  /** What the pool itself keeps. */
  readonly kept: readonly FoundServer[];
  /** Names that sources tell of and for which there is no room, with how many servers. */
  readonly leftOut: { readonly names: number; readonly servers: number };
}

/** Of all pools together; the rest of the room is for pools that are written. */
export const namesMax: number = capacity.pools / 2;

/** By pool; of those only that a listener divides. `foundIn`: what its sources have told. */
export function divisionsOf(
  { listeners, pools }: Config,
  foundIn: (pool: string) => readonly FoundServer[],
): ReadonlyMap<string, Division> {
  const divisions = new Map<string, Division>();
  const taken = new Set(Object.keys(pools));
  let room = Math.min(namesMax, Math.max(capacity.pools - Object.keys(pools).length, 0));
  for (const listener of Object.values(listeners))
    for (const { found, use } of listener.sni) {
      if (found === undefined || divisions.has(use) || pools[use]?.discover === undefined) continue;
      const all = foundIn(use);
      const byName = Map.groupBy(all, ({ serverName = "" }) => serverName);
      const groups = [...byName].filter(([name]) => name !== "").sort(([a], [b]) => (a < b ? -1 : 1));
      const names = groups
        .slice(0, room)
        .map(([name, servers]) => ({ name, servers, pool: poolName(use, name, taken) }));
      const left = groups.slice(room);
      const leftOut = { names: left.length, servers: left.reduce((sum, [, servers]) => sum + servers.length, 0) };
      divisions.set(use, { names, kept: found === "also" ? all : (byName.get("") ?? []), leftOut });
      room -= names.length;
    }
  return divisions;
}

/** The listeners with a way for each name. */
export function withNames(
  listeners: Config["listeners"],
  divisions: ReadonlyMap<string, Division>,
): Record<string, Listener> {
  const entries = Object.entries(listeners).map(([name, listener]): [string, Listener] => {
    if (listener.sni.every(({ found }) => found === undefined)) return [name, listener];
    const written = new Set(listener.sni.map((route) => route.name?.toLowerCase()));
    const sni = listener.sni.flatMap((route) => {
      const names = route.found === undefined ? undefined : (divisions.get(route.use)?.names ?? []);
      // What is written counts.
      return (
        names?.filter(({ name: each }) => !written.has(each)).map((each) => ({ name: each.name, use: each.pool })) ?? [
          route,
        ]
      );
    });
    return [name, { ...listener, sni }];
  });
  return Object.fromEntries(entries);
}

/** No pool that is written has it, and none that was found: app.eu with example.org, and app with eu.example.org, are two. */
function poolName(pool: string, name: string, taken: Set<string>): string {
  let made = `${pool}.${name}`;
  while (taken.has(made)) made = `${made}.found`;
  taken.add(made);
  return made;
}
