// What `sluice check` says of egress pools: how many members of which kind, how they are chosen and judged, and which of their logs
// cannot be understood. Of proxies' credentials nothing.

import type { Finding } from "../config/issues.ts";
import type { Loaded } from "../config/load.ts";
import type { EgressPlan } from "../config/plan.ts";
import { keyText, type Problem } from "../config/problem.ts";
import type { Config, Egress } from "../config/types.ts";
import { logFaults } from "../control/egresslog/poollogs.ts";
import { egressShape } from "../memory/egressboard/shape.ts";

const kinds = {
  gateway: ["server of nginx", "servers of nginx"],
  source: ["address", "addresses"],
  proxy: ["proxy", "proxies"],
} as const;

/** `341 members (341 servers of nginx), random, judged per member by logs, quotas of 1300 users, 65536 sessions at most` */
export function egressSummary(plan: EgressPlan): string {
  const { members, choose, judge, isOwnEvidence, logs, session, quota, users } = plan;
  const counts = Object.entries(kinds).flatMap(([kind, [one, several]]) => {
    const count = members.filter(({ door }) => door.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : several}`];
  });
  const evidence = logs.length === 0 ? "own requests" : isOwnEvidence ? "own requests and logs" : "logs";
  const kindsShown = counts.length === 0 ? "" : ` (${counts.join(", ")})`;
  const kept = [
    ...(quota === null || users === 0 ? [] : [`, quotas of ${users === 1 ? "1 user" : `${users} users`}`]),
    ...((session?.lifetimeMs ?? 0) > 0 ? [`, ${egressShape(plan).sessions} sessions at most`] : []),
  ];
  return `${members.length === 1 ? "1 member" : `${members.length} members`}${kindsShown}, ${choose}, judged per ${judge.per} by ${evidence}${kept.join("")}`;
}

/** Logs of which no line could be understood keep a config from being run. */
export function egressProblems(
  pools: readonly EgressPlan[],
  { file, told }: Loaded & { readonly ok: true },
): Problem[] {
  const unplaced = ({ severity, path, message }: Finding): Problem => ({
    ...{ severity, file, place: null, key: keyText(path), message, source: null },
  });
  return pools.flatMap((pool) =>
    logFaults(pool).map(({ index, message }): Problem => {
      const path = ["egress", pool.name, "logs", index, "format"];
      return (told ?? unplaced)({ severity: "error", path, part: "value", message });
    }),
  );
}

/** As it is in force, but for what is secret in it. */
export function egressShown(egress: Config["egress"]): Config["egress"] {
  const shown = (pool: Egress): Egress => ({
    ...pool,
    members: pool.members.map(({ proxies, ...members }) =>
      proxies === undefined ? members : { ...members, proxies: proxies.map(withoutPassword) },
    ),
  });
  return Object.fromEntries(Object.entries(egress).map(([name, pool]) => [name, shown(pool)]));
}

/** `http://user:(set)@host:port` */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^:@]*):.*@/is, "$1$2:(set)@");
}
