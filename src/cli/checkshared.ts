// What `sluice check` says of what goes beyond one process: the registry, the sentinel in it, and the fleet. It asks none of them, and
// shows addresses without what is secret in them.

import { readRedisPlace } from "../base/redisplace.ts";
import { value } from "../config/measure.ts";
import type { TablePlan } from "../config/plan.ts";
import type { Config, Fleet, Pool, Sentinel } from "../config/types.ts";

/** Lines such as `registry redis:6379`; none for a config that is all of its own. */
export function sharedSummary(config: Config, tables: readonly TablePlan[]): readonly string[] {
  const { registry, sentinel, fleet } = config;
  const isInMemory =
    registry === undefined && (sentinel !== undefined || Object.values(config.pools).some(isRegistered));
  return [
    ...(registry === undefined ? [] : [`registry ${placeOf(registry)}`]),
    ...(isInMemory ? ["registry in memory of this Sluice"] : []),
    ...(sentinel === undefined ? [] : [`sentinel ${sentinelText(sentinel)}`]),
    ...(fleet === undefined ? [] : [`fleet    ${fleetText(fleet, tables)}`]),
  ];
}

function isRegistered({ discover }: Pool): boolean {
  if (discover === undefined) return false;
  return (Array.isArray(discover) ? discover : [discover]).some((source) => source.registry !== undefined);
}

function sentinelText({ targets, set, check }: Sentinel): string {
  return `of ${set}: ${targets.length} ${targets.length === 1 ? "target" : "targets"}, probed every ${check.every}`;
}

function fleetText(fleet: string | Fleet, tables: readonly TablePlan[]): string {
  const name = typeof fleet === "string" ? "default" : fleet.name;
  const shared = [
    ...tables.filter((table) => table.share !== null).map((table) => table.name),
    ...(typeof fleet === "string" || fleet.bans ? ["bans"] : []),
  ];
  return `${name} at ${placeOf(fleet)}, shares ${shared.length === 0 ? "nothing" : shared.join(", ")}`;
}

function placeOf(section: string | { readonly redis: string }): string {
  return value(readRedisPlace(typeof section === "string" ? section : section.redis)).shown;
}
