// What operators are shown of a source, in `sluice status` and by the API: what it told last, how long ago, and why it does not answer.
// Ages are told beside times, for whoever reads them may have another clock. The shape is public; fields are added, not
// changed.

import type { SourceFigures } from "./standing.ts";

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
}

export function sourceStatus(figures: SourceFigures, nowMs: number): SourceStatus {
  const { source, servers, lastSuccessMs, problem, remarks } = figures;
  return {
    source,
    servers: servers.length,
    lastSuccess: lastSuccessMs === null ? null : timeOf(lastSuccessMs),
    ageSeconds: lastSuccessMs === null ? null : Math.max(Math.round((nowMs - lastSuccessMs) / 1000), 0),
    problem: problem === null ? null : { text: problem.text, since: timeOf(problem.sinceMs) },
    remarks,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
