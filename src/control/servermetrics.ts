// The part of /metrics that is by server: whether it takes requests, what it answered and how fast, what failed. It reads totals
// and the roster's states and decides nothing. Labels are the pool's name and the server's as the operator wrote it, never
// the address that a name has at the moment: a server that moves keeps its history.

import type { ServerState } from "../memory/board.ts";
import { durationBuckets, serverCell, type Totals } from "../memory/tally.ts";
import type { Exposition, Labels } from "./exposition.ts";
import { codeCells, type MetricsSource, type Sample } from "./metricssource.ts";

interface Row {
  readonly labels: Labels;
  readonly slot: number;
  readonly isSecure: boolean;
}

export function writeServers(out: Exposition, source: MetricsSource): void {
  const servers = source.plan.pools.flatMap((pool) =>
    pool.servers.map(
      ({ name, slot, tls }): Row => ({ labels: { pool: pool.name, server: name }, slot, isSecure: tls !== null }),
    ),
  );
  writeStates(out, source, servers);
  writeExchanges(out, source.totals, servers);
  writeConnections(
    out,
    source.totals,
    servers,
    servers.filter(({ isSecure }) => isSecure),
  );
}

function writeStates(out: Exposition, { stateOf, countsOf }: MetricsSource, servers: readonly Row[]): void {
  const is = (test: (state: ServerState) => boolean): Sample[] =>
    servers.map(({ labels, slot }) => [labels, test(stateOf(slot)) ? 1 : 0]);
  out.gauge(
    "sluice_server_up",
    "1 while the server may be given requests.",
    is((state) => state.isEligible),
  );
  out.gauge(
    "sluice_server_ejected",
    "1 while failures in live traffic keep it out.",
    is((state) => state.isEjected),
  );
  out.gauge(
    "sluice_server_draining",
    "1 while an operator keeps it out.",
    is((state) => state.admin !== 0),
  );
  out.counter(
    "sluice_checks_total",
    "Active checks by their result.",
    servers.flatMap(({ labels, slot }): Sample[] => [
      [{ ...labels, result: "passed" }, countsOf(slot).checksPassed],
      [{ ...labels, result: "failed" }, countsOf(slot).checksFailed],
    ]),
  );
  out.counter(
    "sluice_ejections_total",
    "Passive ejections by their reason.",
    servers.flatMap(({ labels, slot }) =>
      Object.entries(countsOf(slot).ejections).map(([reason, count]): Sample => [{ ...labels, reason }, count]),
    ),
  );
}

function writeExchanges(out: Exposition, totals: Totals, servers: readonly Row[]): void {
  out.counter(
    "sluice_server_attempts_total",
    "Requests given to the server, retries included.",
    cells(totals, servers, serverCell.calls),
  );
  out.counter(
    "sluice_server_requests_total",
    "Answers of the server by the class of their status.",
    servers.flatMap(({ labels, slot }) =>
      codeCells.map(([code, cell]): Sample => [{ ...labels, code_class: code }, totals.server(slot, cell)]),
    ),
  );
  out.histogram(
    "sluice_server_response_duration_seconds",
    "From a request sent to the server to the last byte of its answer.",
    durationBuckets,
    servers.map(({ labels, slot }) => [
      labels,
      { cumulative: totals.histogram("servers", slot), sum: totals.server(slot, serverCell.durationSum) },
    ]),
  );
  out.gauge(
    "sluice_server_active_requests",
    "Exchanges in flight at the server.",
    servers.map(({ labels, slot }): Sample => [labels, totals.active(slot)]),
  );
}

function writeConnections(out: Exposition, totals: Totals, servers: readonly Row[], tls: readonly Row[]): void {
  out.gauge(
    "sluice_server_connections",
    "Connections to the server that are open.",
    cells(totals, servers, serverCell.open),
  );
  out.gauge(
    "sluice_server_idle_connections",
    "Connections to the server that wait for a next request.",
    cells(totals, servers, serverCell.idle),
  );
  out.summary(
    "sluice_upstream_connect_duration_seconds",
    "Time until the server accepted a connection.",
    servers.map(({ labels, slot }) => [
      labels,
      { sum: totals.server(slot, serverCell.connectSum), count: totals.server(slot, serverCell.connects) },
    ]),
  );
  out.counter(
    "sluice_server_failures_total",
    "Connections that the server did not accept, and answers that were 5xx or did not come whole.",
    servers.flatMap(({ labels, slot }): Sample[] => [
      [{ ...labels, reason: "connect" }, totals.server(slot, serverCell.connectFailures)],
      [{ ...labels, reason: "response" }, totals.server(slot, serverCell.responseFailures)],
    ]),
  );
  out.counter(
    "sluice_server_tls_failures_total",
    "TLS handshakes with the server that failed, and connections that it broke off over TLS once they stood.",
    cells(totals, tls, serverCell.handshakeFailures),
  );
  out.counter(
    "sluice_server_bytes_total",
    "Bytes exchanged with the server, heads included.",
    servers.flatMap(({ labels, slot }): Sample[] => [
      [{ ...labels, direction: "received" }, totals.server(slot, serverCell.bytesReceived)],
      [{ ...labels, direction: "sent" }, totals.server(slot, serverCell.bytesSent)],
    ]),
  );
}

function cells(totals: Totals, servers: readonly Row[], cell: number): Sample[] {
  return servers.map(({ labels, slot }) => [labels, totals.server(slot, cell)]);
}
