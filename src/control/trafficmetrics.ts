// The part of /metrics that says what clients met: connections and handshakes by listener, requests and sessions by route, queues
// and retries by pool. It reads totals and decides nothing. A route is the pair of a listener and a pool; both are labels, so
// that either can be summed over. Requests are told apart by the class of their status only: a status is the server's to
// choose, and unbounded. A listener has the families of its mode: an HTTP listener no sessions, the others no requests.

import type { ListenerMode, ListenerPlan } from "../config/plan.ts";
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
    "Connections closed at once because the listener was at its maxConnections, or its worker may open no more files; in mode udp sessions that were not begun for either.",
    of(listenerCell.refusedLimit),
  );
  out.counter(
    "sluice_preambles_refused_total",
    "Connections refused before their first byte of content: a bad PROXY header or ClientHello, a name that no pool is for, too slow.",
    of(listenerCell.refusedPreamble),
  );
  out.counter(
    "sluice_listener_refusals_total",
    "Refused by a rule that closes (reject, reset, drop), or for a ban: connections, in mode http requests too, in mode udp datagrams.",
    plan.listeners.flatMap(({ name, slot }): Sample[] => [
      [{ listener: name, reason: "rule" }, totals.listener(slot, listenerCell.refusedRules)],
      [{ listener: name, reason: "banned" }, totals.listener(slot, listenerCell.banned)],
    ]),
  );
  const ofMode = (mode: ListenerMode, cell: number): Sample[] =>
    plan.listeners
      .filter((listener) => listener.mode === mode)
      .map(({ name, slot }) => [{ listener: name }, totals.listener(slot, cell)]);
  out.counter("sluice_bad_requests_total", "Requests refused as malformed.", ofMode("http", listenerCell.badRequests));
  out.counter(
    "sluice_bytes_total",
    "Bytes exchanged with clients, heads included.",
    plan.listeners.flatMap(({ name, slot }): Sample[] => [
      [{ listener: name, direction: "received" }, totals.listener(slot, listenerCell.bytesReceived)],
      [{ listener: name, direction: "sent" }, totals.listener(slot, listenerCell.bytesSent)],
    ]),
  );
  out.counter(
    "sluice_datagrams_dropped_total",
    "Datagrams thrown away: no server, no room for a session or in a socket.",
    ofMode("udp", listenerCell.droppedDatagrams),
  );
  writeHandshakes(out, { plan, totals });
  writeHttp2(out, { plan, totals });
  writeAccess(out, { plan, totals });
}

/** Of listeners that ask for credentials, and of forward proxies. */
function writeAccess(out: Exposition, { plan, totals }: Pick<MetricsSource, "plan" | "totals">): void {
  const of = (fits: (listener: ListenerPlan) => boolean, cell: number): Sample[] =>
    plan.listeners.filter(fits).map(({ name, slot }) => [{ listener: name }, totals.listener(slot, cell)]);
  const isProxy = ({ proxy }: ListenerPlan): boolean => proxy !== null;
  out.counter(
    "sluice_auth_failures_total",
    "Credentials that were shown and no good.",
    of(({ auth }) => auth !== null, listenerCell.authFailures),
  );
  out.counter(
    "sluice_target_denied_total",
    "Requests and tunnels for targets that a forward proxy may not be asked for.",
    of(isProxy, listenerCell.targetsDenied),
  );
  out.gauge("sluice_tunnels_active", "Tunnels of CONNECT and SOCKS5 that are open.", of(isProxy, listenerCell.tunnels));
  out.counter("sluice_tunnels_total", "Tunnels that were opened.", of(isProxy, listenerCell.tunnelsOpened));
}

/** Of listeners whose clients may speak it. */
function writeHttp2(out: Exposition, { plan, totals }: Pick<MetricsSource, "plan" | "totals">): void {
  const of = (cell: number): Sample[] =>
    plan.listeners
      .filter(({ http2 }) => http2)
      .map(({ name, slot }) => [{ listener: name }, totals.listener(slot, cell)]);
  out.counter(
    "sluice_http2_connections_total",
    "Connections of clients that spoke HTTP/2.",
    of(listenerCell.http2Connections),
  );
  out.counter(
    "sluice_http2_streams_reset_total",
    "Streams of HTTP/2 that clients reset before they were answered.",
    of(listenerCell.streamsReset),
  );
  out.counter(
    "sluice_http2_streams_refused_total",
    "Streams of HTTP/2 that were refused: beyond streamsPerConnection of limits, or after the connection's GOAWAY.",
    of(listenerCell.streamsRefused),
  );
  out.counter(
    "sluice_http2_errors_total",
    "Connections of HTTP/2 that Sluice ended for an error of the protocol or for abuse.",
    of(listenerCell.http2Errors),
  );
}

/** Of listeners with TLS only. */
function writeHandshakes(out: Exposition, { plan, totals }: Pick<MetricsSource, "plan" | "totals">): void {
  out.counter(
    "sluice_tls_handshakes_total",
    "TLS handshakes with clients by their result; resumed ones spared both sides the work of a full one.",
    plan.listeners
      .filter(({ tls }) => tls !== null)
      .flatMap(({ name, slot }): Sample[] => {
        const resumed = totals.listener(slot, listenerCell.resumptions);
        const full = Math.max(0, totals.listener(slot, listenerCell.handshakes) - resumed);
        return [
          [{ listener: name, result: "full" }, full],
          [{ listener: name, result: "resumed" }, resumed],
          [{ listener: name, result: "failed" }, totals.listener(slot, listenerCell.handshakeFailures)],
        ];
      }),
  );
}

export function writeRoutes(out: Exposition, { plan, totals }: MetricsSource): void {
  const ofHttp = plan.routes.filter(({ listener }) => plan.listeners[listener]!.mode === "http");
  const routes = ofHttp.map(({ listener, pool, slot }) => {
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

/** What modes tcp and udp carry. A route without a pool carries nothing. */
export function writeSessions(out: Exposition, { plan, totals }: MetricsSource): void {
  const routes = plan.routes.flatMap(({ listener, pool, slot }) => {
    const { mode, name } = plan.listeners[listener]!;
    return mode === "http" || pool === null ? [] : [{ labels: { listener: name, pool: plan.pools[pool]!.name }, slot }];
  });
  const of = (cell: number): Sample[] => routes.map(({ labels, slot }) => [labels, totals.route(slot, cell)]);
  out.counter(
    "sluice_sessions_total",
    "TCP connections and UDP sessions that reached a server and have ended.",
    of(routeCell.sessions),
  );
  out.gauge("sluice_sessions_open", "TCP connections and UDP sessions under way.", of(routeCell.open));
  out.counter(
    "sluice_session_bytes_total",
    "Bytes carried between clients and servers: up to the server, down to the client.",
    routes.flatMap(({ labels, slot }): Sample[] => [
      [{ ...labels, direction: "up" }, totals.route(slot, routeCell.bytesUp)],
      [{ ...labels, direction: "down" }, totals.route(slot, routeCell.bytesDown)],
    ]),
  );
  out.histogram(
    "sluice_session_duration_seconds",
    "From accept, or a session's first datagram, to its end.",
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
  out.counter("sluice_mirrored_requests_total", "Copies of requests that went to another pool.", of(poolCell.mirrored));
  out.counter(
    "sluice_mirror_skips_total",
    "Copies that were not made: the body was too long, or too many were under way.",
    of(poolCell.mirrorSkipped),
  );
}
