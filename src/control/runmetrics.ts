// The part of /metrics that every process of ours has which serves any: what runs, since when, and whether it does what it is for. It knows
// neither traffic nor plans: those are a whole Sluice's (metrics.ts), and a sentinel by itself has none (registrymetrics.ts). Names and
// help are the same on both.

import type { Exposition } from "./exposition.ts";

export interface RunFigures {
  readonly version: string;
  readonly startedAtMs: number;
  readonly isReady: boolean;
}

export function writeRun(out: Exposition, { version, startedAtMs, isReady }: RunFigures): void {
  out.gauge("sluice_build_info", "The version that runs; always 1.", [[{ version, bun: Bun.version }, 1]]);
  out.gauge("sluice_ready", "1 while traffic is accepted, 0 while starting or draining.", [[{}, isReady ? 1 : 0]]);
  out.gauge("sluice_start_time_seconds", "When the control process started, in seconds since 1970.", [
    [{}, startedAtMs / 1000],
  ]);
}
