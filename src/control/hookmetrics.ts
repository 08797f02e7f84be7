// The part of /metrics that says how often hooks have failed, and how. Hooks are told apart by their kind, as a config knows them, and
// by reason; which listener's or pool's it was stands in the log.

import { hookNames } from "../config/plancontent.ts";
import { hookCellOf, hookReasons } from "../flow/hooks.ts";
import type { Exposition } from "./exposition.ts";
import type { MetricsSource, Sample } from "./metricssource.ts";

export function writeHooks(out: Exposition, { plan, totals }: MetricsSource): void {
  const present = new Set([...plan.listeners, ...plan.pools].flatMap(({ hooks }) => hooks?.names ?? []));
  const samples = hookNames
    .filter((hook) => present.has(hook))
    .flatMap((hook) =>
      hookReasons.map((reason): Sample => [{ hook, reason }, totals.worker(hookCellOf(hook, reason))]),
    );
  if (samples.length > 0) out.counter("sluice_hook_failures_total", "Calls of hooks that failed.", samples);
}
