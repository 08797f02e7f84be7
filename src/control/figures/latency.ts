// Percentiles of durations that were counted in buckets (memory/tally.ts): within a bucket they are taken to be spread evenly, as
// Prometheus' histogram_quantile does. What is longer than the last bound is told as that bound.

import { durationBuckets } from "../../memory/tally.ts";
import type { Latency } from "../api/shape/figures.ts";

/** `counts`: of each bucket by itself, the one above all bounds last. Null where nothing was counted. */
export function latencyOf(counts: readonly number[]): Latency | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  const of = (share: number): number => Math.round(quantile(counts, total * share) * 1e6) / 1e3;
  return { p50Ms: of(0.5), p90Ms: of(0.9), p99Ms: of(0.99) };
}

/** In seconds. */
function quantile(counts: readonly number[], rank: number): number {
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const upper = durationBuckets[index];
      if (upper === undefined) break;
      const lower = index === 0 ? 0 : durationBuckets[index - 1]!;
      return lower + (upper - lower) * ((rank - below) / count);
    }
    below += count;
  }
  return durationBuckets.at(-1)!;
}
