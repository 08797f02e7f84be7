// The part of /metrics that is about caches: what they did for the requests of a pool, and what each
// holds. It reads totals and figures and decides nothing. One that each worker has for itself is told of by its pools only.

import { poolCell } from "../memory/tally.ts";
import type { CacheFigures } from "./caches.ts";
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

/** Likewise, of the second level. */
export const remoteResults: readonly (readonly [string, number])[] = [
  ["hit", poolCell.remoteHit],
  ["miss", poolCell.remoteMiss],
  ["late", poolCell.remoteLate],
  ["away", poolCell.remoteAway],
  ["invalid", poolCell.remoteInvalid],
];

export function writeCaches(out: Exposition, source: MetricsSource): void {
  writeUses(out, source);
  writeHoldings(out, source.caches);
  writeLosses(out, source.caches);
}

function writeUses(out: Exposition, { plan, totals, remotes }: MetricsSource): void {
  out.counter(
    "sluice_cache_requests_total",
    "Requests by what the pool's cache did for them.",
    plan.pools
      .filter(({ cache }) => cache !== null)
      .flatMap(({ name, slot }) =>
        cacheResults.map(([result, cell]): Sample => [{ pool: name, result }, totals.pool(slot, cell)]),
      ),
  );
  out.counter(
    "sluice_cache_remote_requests_total",
    "Questions to the Redis behind a pool's cache by what came of them: late, not within its timeout; invalid, nothing that may be shown.",
    plan.pools
      .filter(({ cache }) => cache !== null && plan.caches[cache.cache]!.redis !== null)
      .flatMap(({ name, slot }) =>
        remoteResults.map(([result, cell]): Sample => [{ pool: name, result }, totals.pool(slot, cell)]),
      ),
  );
  out.gauge(
    "sluice_cache_remote_up",
    "Whether the Redis behind a cache answers (1), or is away and left alone (0).",
    remotes.map(({ name, isAway }): Sample => [{ cache: name }, isAway ? 0 : 1]),
  );
  out.gauge(
    "sluice_cache_remote_refusing",
    "1 while the Redis behind a cache answers, and takes nothing: full, a replica, or not allowed to us.",
    remotes.map(({ name, isRefusing }): Sample => [{ cache: name }, isRefusing ? 1 : 0]),
  );
}

function writeHoldings(out: Exposition, caches: readonly CacheFigures[]): void {
  const of = (figure: (cache: CacheFigures) => number): Sample[] => samples(caches, figure);
  out.gauge(
    "sluice_cache_entries",
    "Responses that a cache holds.",
    of(({ entries }) => entries),
  );
  out.gauge(
    "sluice_cache_marks",
    "What a cache remembers beside responses: what chooses a variant, and what is not to be stored.",
    of(({ marks }) => marks),
  );
  out.gauge(
    "sluice_cache_fetches",
    "Responses that are on their way into a cache.",
    of(({ fetching }) => fetching),
  );
  out.gauge(
    "sluice_cache_bytes",
    "Memory that is in use in a cache.",
    of(({ bytesUsed }) => bytesUsed),
  );
  out.gauge(
    "sluice_cache_capacity_bytes",
    "Memory that a cache has for responses.",
    of(({ bytesMax }) => bytesMax),
  );
}

function writeLosses(out: Exposition, caches: readonly CacheFigures[]): void {
  const of = (figure: (cache: CacheFigures) => number): Sample[] => samples(caches, figure);
  out.counter(
    "sluice_cache_evictions_total",
    "Responses that were dropped to make room.",
    of(({ evictions }) => evictions),
  );
  out.counter(
    "sluice_cache_refusals_total",
    "Responses that a cache did not let in: policy, asked for less often than what would have had to go; room, too large or no room.",
    caches.flatMap(({ name, refusals, misfits }): Sample[] => [
      [{ cache: name, reason: "policy" }, refusals],
      [{ cache: name, reason: "room" }, misfits],
    ]),
  );
  out.counter(
    "sluice_cache_wipes_total",
    "Parts of a cache that were emptied because a process died in the middle of a change.",
    of(({ wipes }) => wipes),
  );
  out.counter(
    "sluice_cache_timeouts_total",
    "Calls that gave up waiting for another process that did not let go of the cache, and found nothing.",
    of(({ timeouts }) => timeouts),
  );
}

function samples(caches: readonly CacheFigures[], figure: (cache: CacheFigures) => number): Sample[] {
  return caches.map((cache): Sample => [{ cache: cache.name }, figure(cache)]);
}
