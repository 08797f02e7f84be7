// What operators are shown of a source, in `sluice status` and by the API: what it told last, how long ago, and why it does not answer.
// Ages are told beside times, for whoever reads them may have another clock. The shape is public; fields are added, not
// changed.

import { nameOf } from "../../config/found.ts";
import type { SourceFigures } from "./standing.ts";

/** Why a server counts that its source does not tell of now. */
export interface KeptStatus {
  readonly source: string;
  readonly since: string;
}

export interface SourceStatus {
  /** "file /etc/servers.txt", "dns app.local:80". */
  readonly source: string;
  /** How many it told of last, or told of before it failed and are kept. */
  readonly servers: number;
  /** Null before it has ever answered. */
  readonly lastSuccess: string | null;
  readonly ageSeconds: number | null;
  /** Why it does not answer, and since when; null while it does. */
  readonly problem: { readonly text: string; readonly since: string } | null;
  /** What of its last answer was passed over, a sentence each. */
  readonly remarks: readonly string[];
  /** How many count only because it told of them once, since when, and why; null where there are none. */
  readonly kept: { readonly servers: number; readonly since: string; readonly why: string } | null;
}

export function sourceStatus(figures: SourceFigures, nowMs: number): SourceStatus {
  const { source, servers, lastSuccessMs, problem, remarks, kept } = figures;
  return {
    source,
    servers: servers.length,
    lastSuccess: lastSuccessMs === null ? null : timeOf(lastSuccessMs),
    ageSeconds: lastSuccessMs === null ? null : Math.max(Math.round((nowMs - lastSuccessMs) / 1000), 0),
    problem: problem === null ? null : { text: problem.text, since: timeOf(problem.sinceMs) },
    remarks,
    kept: kept === null ? null : { servers: kept.servers.length, since: timeOf(kept.sinceMs), why: kept.why },
  };
}

/** By name, the servers that count only because a source told of them once: none that another source tells of, or that are written down. */
export function keptServers(
  sources: readonly SourceFigures[],
  written: readonly (string | { readonly address: string })[],
): ReadonlyMap<string, KeptStatus> {
  const kept = new Map<string, KeptStatus>();
  if (sources.every((figures) => figures.kept === null)) return kept;
  for (const { source, kept: own } of sources)
    for (const address of own?.servers ?? []) kept.set(nameOf(address), { source, since: timeOf(own!.sinceMs) });
  for (const { servers, kept: own } of sources) {
    const without = new Set(own?.servers);
    for (const { address } of servers) if (!without.has(address)) kept.delete(nameOf(address));
  }
  for (const server of written) kept.delete(nameOf(typeof server === "string" ? server : server.address));
  return kept;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
