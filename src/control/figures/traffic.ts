// What listeners carried in the last second, and where it went. A route is the way from a listener to a pool, and counts what ended on it:
// requests of mode http, connections and sessions of the other modes, which have no statuses and whose length is no latency.
// Requests and errors of pools are sums over the routes that lead there.

import { formatAddress } from "../../base/address.ts";
import type { ListenerPlan, RoutePlan } from "../../config/plan.ts";
import { durationBuckets, listenerCell, routeCell } from "../../memory/tally.ts";
import type { ListenerFigures, Traffic } from "../api/shape/figures.ts";
import { addTo, type Differences, perSecond } from "./differences.ts";
import { latencyOf } from "./latency.ts";
import type { Look } from "./source.ts";

/** What of a route's row is looked at, in this order; the buckets follow. */
const cells = [
  routeCell.status1xx,
  routeCell.status2xx,
  routeCell.status3xx,
  routeCell.status4xx,
  routeCell.status5xx,
  routeCell.aborted,
  routeCell.cut,
  routeCell.own,
] as const;
const [aborted, cut, own, firstBucket] = [5, 6, 7, cells.length];
const status5xx = 4;

/** Of a listener's row: accepted, bytes received and sent, then every way to be refused. */
const listenerCells = [
  listenerCell.accepted,
  listenerCell.bytesReceived,
  listenerCell.bytesSent,
  listenerCell.refusedLimit,
  listenerCell.refusedPreamble,
  listenerCell.handshakeFailures,
  listenerCell.refusedRules,
  listenerCell.banned,
] as const;

/** Sums over routes of what they have grown by. */
type Sums = number[];

export interface PoolTraffic {
  requests: number;
  errors: number;
}

export interface TrafficFigures {
  readonly all: Traffic;
  readonly listeners: readonly ListenerFigures[];
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** By the index of the pool. */
  readonly pools: ReadonlyMap<number, PoolTraffic>;
}

export function trafficOf(look: Look, differences: Differences): TrafficFigures {
  const { plan, seconds } = look;
  const all: Sums = [];
  const pools = new Map<number, PoolTraffic>();
  const byListener = plan.listeners.map(() => ({
    sums: [] as Sums,
    own: 0,
    flows: [] as ListenerFigures["flows"][number][],
  }));
  for (const route of plan.routes) {
    const { mode } = plan.listeners[route.listener]!;
    const of = byListener[route.listener]!;
    const grown = mode === "http" ? ofHttp(look, route, differences) : null;
    // What Sluice answered itself would have gone to the pool, and has not.
    const requests = grown === null ? begun(look, route, differences) : requestsIn(grown) - grown[own]!;
    if (grown !== null) of.own += grown[own]!;
    if (route.pool !== null)
      of.flows.push({ pool: plan.pools[route.pool]!.name, requests: perSecond(requests, seconds) });
    if (grown !== null) addTo(of.sums, grown);
    if (route.pool !== null) addPool(pools, route.pool, requests, grown === null ? 0 : errorsIn(grown));
  }
  const bytes = { received: 0, sent: 0 };
  const listeners = plan.listeners.map((listener, index): ListenerFigures => {
    const { sums, flows, own: answered } = byListener[index]!;
    addTo(all, sums);
    const [accepted, received, sent, ...refused] = ofListener(look, listener, differences);
    bytes.received += received!;
    bytes.sent += sent!;
    return {
      ...traffic(sums, seconds),
      ...{ name: listener.name, mode: listener.mode, address: formatAddress(listener.address) },
      connections: look.source.totals.listener(listener.slot, listenerCell.connections),
      accepted: perSecond(accepted!, seconds),
      refused: perSecond(
        refused.reduce((sum, count) => sum + count, 0),
        seconds,
      ),
      bytesReceived: perSecond(received!, seconds),
      bytesSent: perSecond(sent!, seconds),
      flows: listener.mode === "http" ? [...flows, { pool: "", requests: perSecond(answered, seconds) }] : flows,
    };
  });
  const [bytesReceived, bytesSent] = [perSecond(bytes.received, seconds), perSecond(bytes.sent, seconds)];
  return { all: traffic(all, seconds), listeners, bytesReceived, bytesSent, pools };
}

/** Of mode http: its cells, then its buckets. */
function ofHttp({ plan, source: { totals } }: Look, route: RoutePlan, differences: Differences): Sums {
  const row = cells.map((cell) => totals.route(route.slot, cell));
  for (let bucket = 0; bucket <= durationBuckets.length; bucket++)
    row.push(totals.route(route.slot, routeCell.bucket + bucket));
  return differences.of(nameOf(plan, route), row);
}

/** Connections and sessions that have found a server. */
function begun({ plan, source: { totals } }: Look, route: RoutePlan, differences: Differences): number {
  const total = totals.route(route.slot, routeCell.sessions) + totals.route(route.slot, routeCell.open);
  return differences.of(nameOf(plan, route), [total])[0]!;
}

function nameOf(plan: Look["plan"], { listener, pool }: RoutePlan): string {
  return `route ${plan.listeners[listener]!.name} ${pool === null ? "" : plan.pools[pool]!.name}`;
}

function ofListener({ source: { totals } }: Look, { name, slot }: ListenerPlan, differences: Differences): number[] {
  return differences.of(
    `listener ${name}`,
    listenerCells.map((cell) => totals.listener(slot, cell)),
  );
}

function addPool(pools: Map<number, PoolTraffic>, pool: number, requests: number, errors: number): void {
  const sums = pools.get(pool) ?? { requests: 0, errors: 0 };
  pools.set(pool, sums);
  sums.requests += requests;
  sums.errors += errors;
}

function requestsIn(sums: Sums): number {
  return sums.slice(0, aborted + 1).reduce((sum, count) => sum + count, 0);
}

function errorsIn(sums: Sums): number {
  return (sums[status5xx] ?? 0) + (sums[cut] ?? 0);
}

function traffic(sums: Sums, seconds: number): Traffic {
  const rate = (index: number): number => perSecond(sums[index] ?? 0, seconds);
  return {
    requests: perSecond(requestsIn(sums), seconds),
    statuses: {
      "1xx": rate(0),
      "2xx": rate(1),
      "3xx": rate(2),
      "4xx": rate(3),
      "5xx": rate(status5xx),
      none: rate(aborted),
    },
    errors: perSecond(errorsIn(sums), seconds),
    latency: latencyOf(sums.slice(firstBucket)),
  };
}
