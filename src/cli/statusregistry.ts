// The part of `sluice status` about the registry and this Sluice's own sentinel: where it is, how changes are heard of, and which targets
// are not well. Nothing where neither is used.

import type { Status } from "../control/status.ts";
import { counted } from "./banner.ts";

export function registryLines({ registry, sentinel }: Pick<Status, "registry" | "sentinel">): string[] {
  const lines: string[] = [];
  if (registry !== null) {
    const { place, notice, problem } = registry;
    const where = place === "memory" ? "registry in memory" : `registry at ${place}`;
    lines.push(`${where}: ${problem ?? `changes are heard of ${notice === "at once" ? notice : `by ${notice}`}`}`);
  }
  if (sentinel !== null) {
    const { set, voter, targets, problem } = sentinel;
    const up = targets.filter(({ state }) => state === "up").length;
    const trouble = problem === null ? "" : `; its vote is not taken: ${problem}`;
    lines.push(`sentinel ${voter} of ${set}: ${up} of ${counted(targets.length, "target")} up${trouble}`);
    for (const { target, state, reason } of targets)
      if (state !== "up") lines.push(`  ${target} ${state}${reason === "" ? "" : `: ${reason}`}`);
  }
  return lines.length === 0 ? [] : ["", ...lines];
}
