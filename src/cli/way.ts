// What a listener is and where it sends things, in the words that `sluice check` and the start show: "(https) -> pool shop". It
// knows a config and a plan, which say the same in two forms, and nothing of what runs.

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
}

export function plannedWay(plan: Pick<Plan, "listeners" | "pools" | "routes">, index: number): string {
  const { mode, tls, redirect, route, names } = plan.listeners[index]!;
  const poolOf = (route: number): string | null => {
    const pool = plan.routes[route]!.pool;
    return pool === null ? null : plan.pools[pool]!.name;
  };
  const pools = names.flatMap((name) => poolOf(name.route) ?? []);
  return wayText({ mode, isTls: tls !== null, isRedirect: redirect !== null, pool: poolOf(route), pools });
}

export function writtenWay({ mode, tls, redirect, use, sni }: Listener): string {
  const pools = sni.map((entry) => entry.use);
  return wayText({ mode, isTls: tls !== undefined, isRedirect: redirect !== undefined, pool: use ?? null, pools });
}

function wayText({ mode, isTls, isRedirect, pool, pools }: Way): string {
  const kind = mode === "http" ? (isTls ? "(https) " : "") : `(${mode}${isTls ? " over tls" : ""}) `;
  if (isRedirect) return `${kind}-> https`;
  const named = [...new Set(pools)];
  if (named.length === 0) return pool === null ? `${kind}-> by rules` : `${kind}-> pool ${pool}`;
  const byName = `by name ${named.length === 1 ? "pool" : "pools"} ${named.join(", ")}`;
  return `${kind}-> ${byName}${pool === null ? ", other names refused" : `, else pool ${pool}`}`;
}
