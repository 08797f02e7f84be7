// The part of /metrics that is about caches: what they did for the requests of a pool. It reads totals and decides nothing.

import { poolCell } from "../memory/tally.ts";
import type { Exposition } from "./exposition.ts";
import type { MetricsSource, Sample } from "./metricssource.ts";

/** Values of the label `result`, with the cells that count them. */
export const cacheResults: readonly (readonly [string, number])[] = [
  ["hit", poolCell.cacheHit],
  ["miss", poolCell.cacheMiss],
  ["stale", poolCell.cacheStale],
  ["revalidated", poolCell.cacheRevalidated],
  ["collapsed", poolCell.cacheCollapsed],
  ["bypass", poolCell.cacheBypass],
  ["pass", poolCell.cachePass],
  ["error", poolCell.cacheError],
];

export function writeCaches(out: Exposition, { plan, totals }: MetricsSource): void {
  out.counter(
    "sluice_cache_requests_total",
    "Requests by what the pool's cache did for them.",
    plan.pools
      .filter(({ cache }) => cache !== null)
      .flatMap(({ name, slot }) =>
        cacheResults.map(([result, cell]): Sample => [{ pool: name, result }, totals.pool(slot, cell)]),
      ),
  );
}
