// The part of /metrics about the registry and this process' own sentinel. How many servers a set has, and when it last changed, is told of it
// as of every source (discoverymetrics.ts); here is whether it can be asked, and what a sentinel finds and says. There is none of it
// where neither is used. `sluice sentinel --metrics` has a page of these alone.

import type { RegistryStatus } from "../registry/registry.ts";
import { Exposition } from "./exposition.ts";
import { type RunFigures, writeRun } from "./runmetrics.ts";
import type { SentinelStatus, TargetStatus } from "./sentinel.ts";

export interface RegistryFigures {
  readonly registry: RegistryStatus | null;
  readonly sentinel: SentinelStatus | null;
}

export function sentinelPage(run: RunFigures, figures: RegistryFigures): string {
  const out = new Exposition();
  writeRun(out, run);
  writeRegistry(out, figures);
  return out.toString();
}

export function writeRegistry(out: Exposition, { registry, sentinel }: RegistryFigures): void {
  if (registry !== null) {
    const { problem, notice, outages } = registry;
    out.gauge("sluice_registry_up", "Whether the registry can be asked.", [[{}, problem === null ? 1 : 0]]);
    out.gauge(
      "sluice_registry_notified",
      "1 while changes of sets are heard of at once, 0 while they are only polled.",
      [[{}, notice === "poll" ? 0 : 1]],
    );
    out.counter("sluice_registry_outages_total", "Times that the registry could not be asked any more.", [
      [{}, outages],
    ]);
  }
  if (sentinel !== null) writeSentinel(out, sentinel);
}

const states: readonly TargetStatus["state"][] = ["up", "down", "unchecked"];

function writeSentinel(out: Exposition, { set, targets, counts, lastVote }: SentinelStatus): void {
  out.gauge(
    "sluice_sentinel_targets",
    "Targets of this sentinel, by how it finds them.",
    states.map((state) => [{ set, state }, targets.filter((target) => target.state === state).length]),
  );
  out.counter("sluice_sentinel_probes_total", "Probes of targets.", [
    [{ set, result: "passed" }, counts.probesPassed],
    [{ set, result: "failed" }, counts.probesFailed],
  ]);
  out.counter("sluice_sentinel_votes_total", "What this sentinel said of its targets: written down, or not.", [
    [{ set, result: "taken" }, counts.votesTaken],
    [{ set, result: "failed" }, counts.votesFailed],
  ]);
  out.counter("sluice_sentinel_changes_total", "Members that its votes put into the set, and took out.", [
    [{ set, change: "added" }, counts.added],
    [{ set, change: "removed" }, counts.removed],
  ]);
  if (lastVote !== null)
    out.gauge(
      "sluice_sentinel_last_vote_timestamp_seconds",
      "When what this sentinel said was last written down, in seconds since 1970.",
      [[{ set }, Date.parse(lastVote) / 1000]],
    );
}
