// What a listener is and where it sends things, in the words that `sluice check` and the start show: "(https) -> pool shop". It
// knows a config and a plan, which say the same in two forms, and nothing of what runs.

import { proxyOf } from "../config/compileaccess.ts";
import type { Plan } from "../config/plan.ts";
import type { Listener } from "../config/types.ts";

interface Way {
  readonly mode: "http" | "tcp" | "udp";
  readonly isTls: boolean;
  readonly isRedirect: boolean;
  /** Null where what no name claims is refused. */
  readonly pool: string | null;
  /** Of names, each once. */
  readonly pools: readonly string[];
  /** How clients may ask for targets that they name; null where they may not. */
  readonly proxy: { readonly http: boolean; readonly connect: boolean; readonly socks: boolean } | null;
}

export function plannedWay(plan: Pick<Plan, "listeners" | "pools" | "routes">, index: number): string {
  const { mode, tls, redirect, route, names, proxy } = plan.listeners[index]!;
  const poolOf = (route: number): string | null => {
    const pool = plan.routes[route]!.pool;
    // Its own pool, of all targets, has no name that an operator knows.
    return pool === null || pool === proxy?.pool ? null : plan.pools[pool]!.name;
  };
  const pools = names.flatMap((name) => poolOf(name.route) ?? []);
  return wayText({ mode, isTls: tls !== null, isRedirect: redirect !== null, pool: poolOf(route), pools, proxy });
}

export function writtenWay(listener: Listener): string {
  const { mode, tls, redirect, use, sni } = listener;
  const pools = sni.map((entry) => entry.use);
  const [isTls, isRedirect, proxy] = [tls !== undefined, redirect !== undefined, proxyOf(listener)];
  return wayText({ mode, isTls, isRedirect, pool: use ?? null, pools, proxy });
}

function wayText({ mode, isTls, isRedirect, pool, pools, proxy }: Way): string {
  const kind = mode === "http" ? (isTls ? "(https) " : "") : `(${mode}${isTls ? " over tls" : ""}) `;
  if (isRedirect) return `${kind}-> https`;
  if (proxy !== null) {
    const ways = [proxy.http ? "HTTP" : "", proxy.connect ? "CONNECT" : "", proxy.socks ? "SOCKS5" : ""];
    return `${kind}-> ${pool === null ? "" : `pool ${pool}, and `}targets by ${ways.filter((way) => way !== "").join(", ")}`;
  }
  const named = [...new Set(pools)];
  if (named.length === 0) return pool === null ? `${kind}-> by rules` : `${kind}-> pool ${pool}`;
  const byName = `by name ${named.length === 1 ? "pool" : "pools"} ${named.join(", ")}`;
  return `${kind}-> ${byName}${pool === null ? ", other names refused" : `, else pool ${pool}`}`;
}
