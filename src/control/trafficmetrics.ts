// The part of /metrics that says what clients met: connections by listener, requests by route, queues and retries by pool. It
// reads totals and decides nothing. A route is the pair of a listener and a pool; both are labels, so that either can be
// summed over. Requests are told apart by the class of their status only: a status is the server's to choose, and unbounded.

import { durationBuckets, listenerCell, poolCell, routeCell } from "../memory/tally.ts";
import type { Exposition } from "./exposition.ts";
import { codeCells, type MetricsSource, type Sample } from "./metricssource.ts";

export function writeListeners(out: Exposition, { plan, totals }: MetricsSource): void {
  const of = (cell: number): Sample[] =>
    plan.listeners.map(({ name, slot }) => [{ listener: name }, totals.listener(slot, cell)]);
  out.gauge("sluice_connections_active", "Connections of clients that are open.", of(listenerCell.connections));
  out.counter("sluice_connections_accepted_total", "Connections accepted from clients.", of(listenerCell.accepted));
  out.counter(
    "sluice_connections_refused_total",
    "Connections closed at once because the listener was at its limit.",
    of(listenerCell.refusedLimit),
  );
  out.counter("sluice_bad_requests_total", "Requests refused as malformed.", of(listenerCell.badRequests));
  out.counter(
    "sluice_bytes_total",
    "Bytes exchanged with clients, heads included.",
    plan.listeners.flatMap(({ name, slot }): Sample[] => [
      [{ listener: name, direction: "received" }, totals.listener(slot, listenerCell.bytesReceived)],
      [{ listener: name, direction: "sent" }, totals.listener(slot, listenerCell.bytesSent)],
    ]),
  );
}

export function writeRoutes(out: Exposition, { plan, totals }: MetricsSource): void {
  const routes = plan.routes.map(({ listener, pool, slot }) => {
    const labels = { listener: plan.listeners[listener]!.name, pool: pool === null ? "" : plan.pools[pool]!.name };
    const answered = codeCells.reduce((sum, [, cell]) => sum + totals.route(slot, cell), 0);
    return { labels, slot, answered, dropped: totals.route(slot, routeCell.dropped) };
  });
  out.counter(
    "sluice_requests_total",
    "Requests by what the client was answered; aborted: the client had no whole answer.",
    routes.flatMap(({ labels, slot }): Sample[] => [
      ...codeCells.map(([code, cell]): Sample => [{ ...labels, code_class: code }, totals.route(slot, cell)]),
      [{ ...labels, code_class: "aborted" }, totals.route(slot, routeCell.aborted)],
    ]),
  );
  // A request is processed or dropped, never both, so that their ratio is the success rate.
  out.counter(
    "sluice_requests_processed_total",
    "Requests answered by a server.",
    routes.map(({ labels, answered, dropped }): Sample => [labels, Math.max(0, answered - dropped)]),
  );
  out.counter(
    "sluice_requests_dropped_total",
    "Requests that Sluice answered itself because no server could (502, 503, 504).",
    routes.map(({ labels, dropped }): Sample => [labels, dropped]),
  );
  out.histogram(
    "sluice_request_duration_seconds",
    "From the head of a request to the last byte of its answer.",
    durationBuckets,
    routes.map(({ labels, slot }) => [
      labels,
      { cumulative: totals.histogram("routes", slot), sum: totals.route(slot, routeCell.durationSum) },
    ]),
  );
}

export function writePools(out: Exposition, { plan, totals, stateOf }: MetricsSource): void {
  const of = (cell: number): Sample[] => plan.pools.map(({ name, slot }) => [{ pool: name }, totals.pool(slot, cell)]);
  out.gauge(
    "sluice_pool_servers",
    "Servers configured.",
    plan.pools.map(({ name, servers }): Sample => [{ pool: name }, servers.length]),
  );
  out.gauge(
    "sluice_pool_active_servers",
    "Servers that take requests now.",
    plan.pools.map(
      ({ name, servers }): Sample => [
        { pool: name },
        servers.filter((server) => stateOf(server.slot).isEligible).length,
      ],
    ),
  );
  out.gauge("sluice_pool_queued_requests", "Requests that wait for a server with room.", of(poolCell.queued));
  out.counter(
    "sluice_pool_queue_rejections_total",
    "Requests that waited in vain, or found the waiting room full.",
    plan.pools.flatMap(({ name, slot }): Sample[] => [
      [{ pool: name, reason: "timeout" }, totals.pool(slot, poolCell.queueTimeouts)],
      [{ pool: name, reason: "full" }, totals.pool(slot, poolCell.queueFull)],
    ]),
  );
  out.counter("sluice_retries_total", "Further attempts after a first.", of(poolCell.retries));
  out.counter("sluice_redispatches_total", "Further attempts at another server.", of(poolCell.redispatches));
  out.counter(
    "sluice_retry_budget_exhausted_total",
    "Further attempts that the retry budget did not allow.",
    of(poolCell.retryBudgetExhausted),
  );
  out.counter("sluice_no_server_total", "Requests for which no server was available.", of(poolCell.noServer));
}
