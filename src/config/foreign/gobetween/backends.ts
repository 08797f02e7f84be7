// The backends of a static_list, `host:port weight=2 priority=1 max_connections=10 sni=name`, as servers of a pool. Gobetween
// picks among the live ones of the lowest priority, by weight, and takes one of weight 0 only when there is no other beside it:
// tiers, of which we have two, servers and backups. Only balance "weight" looks at priority and weight.

import type { ServerInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import { show } from "../../term.ts";
import type { Table } from "../table.ts";

export interface Backend {
  readonly address: string;
  readonly weight: number;
  readonly priority: number;
  /** 0 is no limit. */
  readonly maxConnections: number;
  /** "" is none. */
  readonly name: string;
  /** Its element of the list. */
  readonly path: Path;
}

const order = ["weight", "priority", "max_connections", "sni"];
const line = /^(\S+:\d+)((?:\s+(?:weight|priority|max_connections)=\d+|\s+sni=\S+)*)$/;

/** Each address once; of two lines about one, gobetween goes by the last. */
export function readBackends(discovery: Table): Backend[] {
  const found = new Map<string, Backend>();
  for (const [index, text] of discovery.list("static_list").entries()) {
    const path = [...discovery.at("static_list"), index];
    const parts = line.exec(text.trim());
    if (parts === null) {
      discovery.ledger.fault(
        path,
        `must be "host:port", then weight=, priority=, max_connections=, sni=, not ${show(text)}`,
      );
      continue;
    }
    const options = [...parts[2]!.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key!, value!] as const);
    const ranks = options.map(([key]) => order.indexOf(key));
    if (ranks.some((rank, at) => at > 0 && rank <= ranks[at - 1]!) || /\s\s/.test(text.trim()))
      discovery.ledger.approximate(
        path,
        "gobetween leaves this backend out, for it wants one space before each of weight, priority, max_connections and sni, in this order; Sluice takes it as it is meant",
      );
    const named = new Map(options);
    const numberOf = (key: string, usual: number): number => Number(named.get(key) ?? usual);
    const address = parts[1]!.toLowerCase();
    if (found.has(address))
      discovery.ledger.approximate(path, `${address} is listed twice; the last line counts, as in gobetween`);
    found.set(address, {
      address,
      weight: numberOf("weight", 1),
      priority: numberOf("priority", 1),
      maxConnections: numberOf("max_connections", 0),
      name: named.get("sni") ?? "",
      path,
    });
  }
  return [...found.values()];
}

/** From the tier that is taken first to the last. */
function tiersOf(backends: readonly Backend[]): Backend[][] {
  const tiers = new Map<number, Backend[]>();
  for (const backend of backends) {
    // Within a priority those of weight 0 come last.
    const rank = backend.priority * 2 + (backend.weight === 0 ? 1 : 0);
    tiers.set(rank, [...(tiers.get(rank) ?? []), backend]);
  }
  return [...tiers].sort(([a], [b]) => a - b).map(([, tier]) => tier);
}

/** In the order of the list; `isLossy` when there are more tiers than we have. */
export function serversOf(
  backends: readonly Backend[],
  isWeighted: boolean,
): { readonly servers: (string | ServerInput)[]; readonly isLossy: boolean } {
  const tiers = isWeighted ? tiersOf(backends) : [[...backends]];
  const servers = backends.map((backend): string | ServerInput => {
    const { address, weight, maxConnections } = backend;
    const server: ServerInput = {
      address,
      ...(isWeighted && weight > 1 ? { weight } : {}),
      ...(tiers[0]!.includes(backend) ? {} : { backup: true }),
      ...(maxConnections > 0 ? { maxConnections } : {}),
    };
    return Object.keys(server).length === 1 ? address : server;
  });
  return { servers, isLossy: tiers.length > 2 };
}
