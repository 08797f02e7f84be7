// Whose quotas an egress pool keeps: the users of the listeners that ask by it, as they stand in the config and in the files that it names. The
// pool's board has room for all of them (memory/egressboard/shape.ts). A name that stands in two places is counted in both, which is
// cheaper than looking at a hundred thousand names for each plan, and leaves room.

import { proxyOf } from "./compileaccess.ts";
import type { Finding } from "./issues.ts";
import type { Materials } from "./materials.ts";
import type { Config, Listener } from "./types.ts";

/** With those that are spare a board has records for so many, 100 MB of them. Who comes when all are taken is refused. */
export const egressUsersMax = 400_000;

/** 0 without a quota. */
export function egressUsers(pool: string, { egress, listeners }: Config, materials: Pick<Materials, "users">): number {
  if (egress[pool]?.quota === undefined) return 0;
  const names = new Set<string>();
  const files = new Set<string>();
  for (const listener of Object.values(listeners)) {
    const { auth } = listener;
    if (auth === undefined || !asksBy(listener, pool)) continue;
    for (const name of Object.keys(auth.users)) names.add(name);
    if (auth.file !== undefined) files.add(auth.file);
  }
  let count = names.size;
  for (const file of files) count += materials.users(file)?.length ?? 0;
  return count;
}

/** Of quotas that are for more users than can be counted. */
export function findCrowds(config: Config, materials: Pick<Materials, "users">): Finding[] {
  return Object.keys(config.egress).flatMap((pool): Finding[] => {
    const users = egressUsers(pool, config, materials);
    if (users <= egressUsersMax) return [];
    const message = `is for ${users} users, and is kept of ${egressUsersMax} at a time: when so many have asked in a period others are refused until one is over`;
    return [{ severity: "warning", path: ["egress", pool, "quota"], part: "key", message }];
  });
}

function asksBy(listener: Listener, pool: string): boolean {
  const egress = proxyOf(listener)?.egress;
  if (egress === undefined || typeof egress === "string") return egress === pool;
  return [egress.http, egress.https, egress.tunnels].includes(pool);
}
