// What a listener is and where it sends things, in the words that `sluice check` and the start show: "(https) -> by rules pool api,
// else pool shop". It knows a plan and nothing of what runs.

import type { Plan } from "../config/plan.ts";

/** Pools told of beside its own; all of them stand in the list below it. */
const namedMax = 3;

/** `index`: of the listener. */
export function plannedWay(plan: Pick<Plan, "listeners" | "pools" | "routes">, index: number): string {
  const { mode, tls, redirect, route, names, proxy } = plan.listeners[index]!;
  const poolOf = (route: number): string | null => {
    const pool = plan.routes[route]!.pool;
    // Its own pool, of all targets, has no name that an operator knows.
    return pool === null || pool === proxy?.pool ? null : plan.pools[pool]!.name;
  };
  const own = poolOf(route);
  const byName = new Set(names.flatMap((name) => poolOf(name.route) ?? []));
  const all = plan.routes.flatMap(({ listener }, at) => (listener === index ? (poolOf(at) ?? []) : []));
  // The others are where rules lead, its own ones and those of these pools.
  const byRules = new Set(all.filter((pool) => pool !== own && !byName.has(pool)));
  const kind = mode === "http" ? (tls === null ? "" : "(https) ") : `(${mode}${tls === null ? "" : " over tls"}) `;
  const ways = [
    ...(byName.size === 0 ? [] : [`by name ${poolsText([...byName])}`]),
    ...(byRules.size === 0 ? [] : [`by rules ${poolsText([...byRules])}`]),
  ];
  const rest = restOf({ isRedirect: redirect !== null, own, proxy, isNamed: byName.size > 0 });
  const last = rest === null ? [] : [ways.length === 0 || rest === refused ? rest : `else ${rest}`];
  return `${kind}-> ${[...ways, ...last].join(", ") || "by rules"}`;
}

const refused = "other names refused";

interface Rest {
  readonly isRedirect: boolean;
  /** Null where there is none. */
  readonly own: string | null;
  /** How clients may ask for targets that they name; null where they may not. */
  readonly proxy: { readonly http: boolean; readonly connect: boolean; readonly socks: boolean } | null;
  readonly isNamed: boolean;
}

/** Where goes what no name and no rule claims; null where nothing is said of it. */
function restOf({ isRedirect, own, proxy, isNamed }: Rest): string | null {
  if (isRedirect) return "https";
  if (proxy !== null) {
    const ways = [proxy.http ? "HTTP" : "", proxy.connect ? "CONNECT" : "", proxy.socks ? "SOCKS5" : ""];
    return `${own === null ? "" : `pool ${own}, and `}targets by ${ways.filter((way) => way !== "").join(", ")}`;
  }
  if (own !== null) return `pool ${own}`;
  return isNamed ? refused : null;
}

function poolsText(pools: readonly string[]): string {
  const shown = pools.length > namedMax + 1 ? pools.slice(0, namedMax) : pools;
  const others = pools.length - shown.length;
  return `${pools.length === 1 ? "pool" : "pools"} ${shown.join(", ")}${others === 0 ? "" : ` and ${others} more`}`;
}
