// The part of /metrics under a name of an operator's own (metrics.prefix): four figures of all HTTP traffic, for dashboards that know a
// program by its prefix. A request is in one of the two counters or in none, never in both, so that processed / (processed +
// dropped) is the share that went well; clients that leave, and requests that cannot be understood, are in neither.
// Buckets are Prometheus' default ones, all of which are bounds of ours (memory/tally.ts).

import { durationBuckets, routeCell, serverCell } from "../memory/tally.ts";
import type { Exposition } from "./exposition.ts";
import type { MetricsSource } from "./metricssource.ts";

/** Prometheus' default buckets, in seconds. */
const bounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Where they stand among ours. */
const places: readonly number[] = bounds.map((bound) => (durationBuckets as readonly number[]).indexOf(bound));

export function writePrefixed(out: Exposition, source: MetricsSource): void {
  const { prefix, plan, totals, stateOf } = source;
  if (prefix === null) return;
  const routes = plan.routes.filter(({ listener }) => plan.listeners[listener]!.mode === "http");
  const sum = (cell: number): number => routes.reduce((all, { slot }) => all + totals.route(slot, cell), 0);
  const names = new Set(plan.pools.flatMap(({ servers }) => servers.map(({ name }) => name)));
  const active = new Set(
    plan.pools.flatMap((pool) => pool.servers.filter(({ slot }) => stateOf(slot).isEligible).map(({ name }) => name)),
  );
  out.counter(`${prefix}_processed_requests_total`, "Requests that were answered as they should be.", [
    [{}, sum(routeCell.served)],
  ]);
  out.counter(
    `${prefix}_dropped_requests_total`,
    "Requests that were refused by a limit or a rule, or failed: no server, none that answers.",
    [[{}, sum(routeCell.failed)]],
  );
  out.gauge(`${prefix}_active_backends`, "Servers that take requests now.", [[{}, active.size]]);
  out.histogram(
    `${prefix}_request_duration_seconds`,
    "From a request sent to a server to the last byte of its answer.",
    bounds,
    [...names].map((name) => [{ backend: name }, durationsOf(source, name)]),
  );
}

/** A server of several pools has a row in each. */
function durationsOf({ plan, totals }: MetricsSource, name: string): { cumulative: number[]; sum: number } {
  const cumulative = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  for (const { slot } of plan.pools.flatMap(({ servers }) => servers).filter((server) => server.name === name)) {
    const counts = totals.histogram("servers", slot);
    for (const [index, place] of places.entries()) cumulative[index]! += counts[place]!;
    cumulative[bounds.length]! += counts.at(-1)!;
    sum += totals.server(slot, serverCell.durationSum);
  }
  return { cumulative, sum };
}
