// The rows of `show stat`: for each of HAProxy's proxies its frontend, its servers and its backend, of what is counted in the arena. What is
// not counted here is not in the row, and empty. Counters are since the start, or since somebody cleared them for who asks in this way:
// those of /metrics and of the admin interface go on.

import { formatAddress } from "../../base/address.ts";
import type { Plan, RulePlan } from "../../config/plan.ts";
import { listenerCell, poolCell, routeCell, serverCell, type Totals } from "../../memory/tally.ts";
import { codeCells, type ServerCounts } from "../metricssource.ts";
import type { Condition } from "../status.ts";
import { checkOf, statusOf } from "./condition.ts";
import { type Row, statFields } from "./fields.ts";
import { Meters, type Sample } from "./meters.ts";
import type { NamedServer, Service } from "./names.ts";
import { Ways } from "./ways.ts";

export interface StatParts {
  readonly totals: Totals;
  readonly plan: () => Plan | null;
  readonly services: () => readonly Service[];
  readonly conditionOf: (slot: number) => Condition;
  readonly countsOf: (slot: number) => ServerCounts;
  /** Wall clock. */
  readonly wallMs: () => number;
  /** A clock that does not go back. */
  readonly nowMs: () => number;
}

type Counted = Record<string, string | number | undefined>;

/** Metrics that only grow: what is cleared. */
const counters: readonly string[] = statFields.filter(({ tags }) => tags.startsWith("MC")).map(({ name }) => name);
/** HAProxy's words for how servers are chosen; what it has no word for is called as it is here. */
const algorithms: Readonly<Record<string, string>> = {
  ...{ weightedRoundRobin: "roundrobin", roundRobin: "roundrobin", leastConnections: "leastconn", ipHash: "source" },
};

/** What a request, or a connection of mode tcp, is counted in: by its answer, its end, or as one that is under way. */
const requestCells: readonly number[] = [
  ...codeCells.map(([, cell]) => cell),
  ...[routeCell.aborted, routeCell.sessions, routeCell.open],
];

export class Stat {
  readonly #parts: StatParts;
  readonly #ways: Ways;
  readonly #meters: Meters;
  /** What stood there when somebody cleared it, by row. */
  #cleared: ReadonlyMap<string, Row> = new Map();

  constructor(parts: StatParts) {
    this.#parts = parts;
    this.#ways = new Ways(parts.plan);
    this.#meters = new Meters(parts.nowMs);
  }

  /** Said once a second. */
  look(): void {
    this.#meters.look(this.#parts.services().flatMap((proxy) => this.#samples(proxy)));
  }

  rows(): Row[] {
    return this.#counted().map(([key, row]) => {
      const before = this.#cleared.get(key);
      if (before === undefined) return row;
      const since = counters.flatMap((name): [string, number][] => {
        const [now, then] = [row[name], before[name]];
        // Whose row another has got since begins at nothing.
        return typeof now === "number" && typeof then === "number" && then <= now ? [[name, now - then]] : [];
      });
      return { ...row, ...Object.fromEntries(since) };
    });
  }

  /** `isAll`: counters too, and not only the most that there was. */
  clear(isAll: boolean): void {
    this.#meters.clear();
    if (isAll) this.#cleared = new Map(this.#counted());
  }

  #counted(): [string, Row][] {
    return this.#parts.services().flatMap((proxy) => {
      const front = proxy.listeners.length === 0 ? [] : [this.#frontend(proxy)];
      if (proxy.pool === null) return front;
      return [...front, ...proxy.servers.map((server) => this.#server(proxy, server)), this.#backend(proxy)];
    });
  }

  #samples(proxy: Service): Sample[] {
    const { totals, conditionOf } = this.#parts;
    const samples: Sample[] = [];
    if (proxy.listeners.length > 0) {
      const requests = this.#total(this.#ways.from(proxy));
      const [current, sessions] = [
        this.#heard(proxy, listenerCell.connections),
        this.#heard(proxy, listenerCell.accepted),
      ];
      samples.push({ key: `F ${proxy.name}`, current, queued: 0, sessions, requests, isDown: false });
    }
    if (proxy.pool === null) return samples;
    let [current, isDown] = [0, true];
    for (const { name, plan } of proxy.servers) {
      const [active, sessions] = [totals.active(plan.slot), totals.server(plan.slot, serverCell.calls)];
      const condition = conditionOf(plan.slot);
      const key = `S ${proxy.name}/${name}`;
      const isServerDown = !condition.isEligible;
      samples.push({ key, current: active, queued: 0, sessions, requests: sessions, isDown: isServerDown });
      current += active;
      isDown &&= isServerDown;
    }
    const total = this.#totalTo(proxy);
    const queued = totals.pool(proxy.pool.slot, poolCell.queued);
    samples.push({ key: `B ${proxy.name}`, current, queued, sessions: total, requests: total, isDown });
    return samples;
  }

  #frontend(proxy: Service): [string, Row] {
    const key = `F ${proxy.name}`;
    const meter = this.#meters.of(key);
    const routes = this.#ways.from(proxy);
    const { total, codes } = this.#requests(routes);
    const of = (cell: number): number => this.#heard(proxy, cell);
    const [connections, accepted] = [of(listenerCell.connections), of(listenerCell.accepted)];
    const own = sum(routes, (slot) => this.#parts.totals.route(slot, routeCell.own));
    const row: Counted = {
      ...{ pxname: proxy.name, svname: "FRONTEND", pid: 1, iid: proxy.id, sid: 0, type: 0 },
      ...{ scur: connections, smax: Math.max(meter.currentMax, connections), stot: accepted },
      slim: sum(proxy.listeners, ({ connectionsMax }) => connectionsMax),
      ...{ bin: of(listenerCell.bytesReceived), bout: of(listenerCell.bytesSent) },
      ...{ dreq: this.#denied(proxy) + of(listenerCell.banned), ereq: of(listenerCell.badRequests) },
      ...{ status: "OPEN", rate: meter.rate, rate_lim: 0, rate_max: meter.rateMax },
      ...{ mode: proxy.mode, conn_rate: meter.rate, conn_rate_max: meter.rateMax, conn_tot: accepted },
      dcon: of(listenerCell.refusedRules),
      ssl_sess: of(listenerCell.handshakes),
      ssl_reused_sess: of(listenerCell.resumptions),
      ssl_failed_handshake: of(listenerCell.handshakeFailures),
      h2_total_connections: of(listenerCell.http2Connections),
    };
    const requests: Counted = {
      ...{ req_rate: meter.requestRate, req_rate_max: meter.requestRateMax, req_tot: total, intercepted: own },
      ...codes,
    };
    return [key, clean(proxy.mode === "http" ? { ...row, ...requests } : row)];
  }

  #server(proxy: Service, { id, name, plan }: NamedServer): [string, Row] {
    const { totals, conditionOf, countsOf, wallMs } = this.#parts;
    const key = `S ${proxy.name}/${name}`;
    const pool = proxy.pool!;
    const meter = this.#meters.of(key);
    const of = (cell: number): number => totals.server(plan.slot, cell);
    const active = totals.active(plan.slot);
    const [calls, connects, answered] = [of(serverCell.calls), of(serverCell.connects), this.#codes(plan.slot)];
    const condition = conditionOf(plan.slot);
    const status = statusOf(condition, pool);
    const failures = of(serverCell.responseFailures) - answered["hrsp_5xx"]!;
    const ended = sum(Object.values(answered), (count) => count);
    const row: Counted = {
      ...{ pxname: proxy.name, svname: name, pid: 1, iid: proxy.id, sid: id, type: 2 },
      ...{ qcur: 0, qmax: 0, scur: active, smax: Math.max(meter.currentMax, active) },
      slim: plan.connectionsMax === 0 ? undefined : plan.connectionsMax,
      ...{ stot: calls, bin: of(serverCell.bytesSent), bout: of(serverCell.bytesReceived) },
      ...{ econ: of(serverCell.connectFailures), eresp: Math.max(failures, 0), status, weight: plan.weight },
      ...{ act: plan.backup ? 0 : 1, bck: plan.backup ? 1 : 0 },
      ...{ lastchg: secondsSince(condition.sinceMs, wallMs()), downtime: meter.downSeconds, lbtot: calls },
      ...{ rate: meter.rate, rate_max: meter.rateMax, lastsess: meter.silentSeconds },
      ...(pool.check === null ? {} : { chkfail: countsOf(plan.slot).checksFailed, chkdown: meter.downs }),
      ...checkOf(condition, pool.check),
      ...{ ctime: mean(of(serverCell.connectSum), connects), addr: formatAddress(plan.address), mode: proxy.mode },
      ...{ connect: connects, reuse: Math.max(calls - connects - of(serverCell.connectFailures), 0) },
      ...{ srv_icur: of(serverCell.idle), used_conn_cur: Math.max(of(serverCell.open) - of(serverCell.idle), 0) },
      ...{ uweight: plan.weight, ssl_failed_handshake: of(serverCell.handshakeFailures) },
    };
    const http: Counted = {
      ...answered,
      ...{
        req_tot: calls,
        rtime: mean(of(serverCell.durationSum), ended),
        ttime: mean(of(serverCell.durationSum), ended),
      },
      cookie: plan.cookie === "" ? undefined : plan.cookie,
    };
    return [key, clean(proxy.mode === "http" ? { ...row, ...http } : row)];
  }

  #backend(proxy: Service): [string, Row] {
    const { totals, conditionOf } = this.#parts;
    const key = `B ${proxy.name}`;
    const pool = proxy.pool!;
    const meter = this.#meters.of(key);
    const { total, codes } = this.#passedOn(proxy);
    const of = (cell: number): number => totals.pool(pool.slot, cell);
    const atServers = (cell: number): number => sum(pool.servers, ({ slot }) => totals.server(slot, cell));
    const up = pool.servers.filter(({ slot }) => conditionOf(slot).isEligible);
    const active = sum(pool.servers, ({ slot }) => totals.active(slot));
    const answered = sum(pool.servers, ({ slot }) => totals.server(slot, serverCell.status5xx));
    const [connects, failed] = [atServers(serverCell.connects), atServers(serverCell.connectFailures)];
    const isUp = up.length > 0 || pool.servers.length === 0;
    const weight = sum(
      up.filter(({ backup }) => !backup),
      (server) => server.weight,
    );
    const since = Math.max(...pool.servers.map(({ slot }) => conditionOf(slot).sinceMs), 0);
    const row: Counted = {
      ...{ pxname: proxy.name, svname: "BACKEND", pid: 1, iid: proxy.id, sid: 0, type: 1 },
      ...{ qcur: of(poolCell.queued), qmax: Math.max(meter.queuedMax, of(poolCell.queued)) },
      ...{ scur: active, smax: Math.max(meter.currentMax, active), stot: total },
      ...{ bin: atServers(serverCell.bytesSent), bout: atServers(serverCell.bytesReceived) },
      ...{ econ: failed, eresp: Math.max(atServers(serverCell.responseFailures) - answered, 0) },
      ...{ wretr: of(poolCell.retries), wredis: of(poolCell.redispatches), status: isUp ? "UP" : "DOWN", weight },
      ...{ act: up.filter(({ backup }) => !backup).length, bck: up.filter(({ backup }) => backup).length },
      ...{ chkdown: meter.downs, lastchg: since === 0 ? undefined : secondsSince(since, this.#parts.wallMs()) },
      ...{ downtime: meter.downSeconds, lbtot: atServers(serverCell.calls), rate: meter.rate, rate_max: meter.rateMax },
      ...{ lastsess: meter.silentSeconds, mode: proxy.mode },
      algo: algorithms[pool.balance.policy] ?? pool.balance.policy,
      ...{ connect: connects, reuse: Math.max(atServers(serverCell.calls) - connects - failed, 0), uweight: weight },
      ...(pool.cache === null ? {} : this.#cached(pool.slot)),
    };
    return [key, clean(proxy.mode === "http" ? { ...row, ...codes, req_tot: total } : row)];
  }

  #cached(slot: number): Counted {
    const { totals } = this.#parts;
    const of = (...cells: readonly number[]): number => sum(cells, (cell) => totals.pool(slot, cell));
    const hits = of(poolCell.cacheHit, poolCell.cacheStale, poolCell.cacheRevalidated, poolCell.cacheCollapsed);
    return { cache_lookups: hits + of(poolCell.cacheMiss, poolCell.cachePass), cache_hits: hits };
  }

  /** Requests, or connections of mode tcp, that went these ways, with the classes of their answers. */
  #requests(routes: readonly number[]): { readonly total: number; readonly codes: Counted } {
    const { totals } = this.#parts;
    const of = (cell: number): number => sum(routes, (slot) => totals.route(slot, cell));
    const classes = codeCells.map(([name, cell]): [string, number] => [`hrsp_${name}`, of(cell)]);
    const codes = { ...Object.fromEntries(classes), hrsp_other: of(routeCell.aborted) };
    return { total: this.#total(routes), codes };
  }

  #total(routes: readonly number[]): number {
    const { totals } = this.#parts;
    return sum(routes, (slot) => sum(requestCells, (cell) => totals.route(slot, cell)));
  }

  /** That came to the backend. */
  #totalTo(service: Service): number {
    const routes = this.#ways.to(service);
    const own = sum(routes, (slot) => this.#parts.totals.route(slot, routeCell.own));
    return Math.max(this.#total(routes) - own, 0);
  }

  /** What came to the backend: without what its frontends answered or refused themselves, and with what no server could be had for. */
  #passedOn(service: Service): { readonly total: number; readonly codes: Counted } {
    const { totals } = this.#parts;
    const routes = this.#ways.to(service);
    const { codes } = this.#requests(routes);
    const of = (cell: number): number => sum(routes, (slot) => totals.route(slot, cell));
    const servers = service.pool!.servers;
    const classes = codeCells.map(([name, cell]): [string, number] => {
      const own = name === "5xx" ? of(routeCell.dropped) : 0;
      return [`hrsp_${name}`, sum(servers, ({ slot }) => totals.server(slot, cell)) + own];
    });
    return { total: this.#totalTo(service), codes: { ...codes, ...Object.fromEntries(classes) } };
  }

  #codes(slot: number): Record<string, number> {
    const { totals } = this.#parts;
    return Object.fromEntries(codeCells.map(([name, cell]) => [`hrsp_${name}`, totals.server(slot, cell)]));
  }

  #heard({ listeners }: Service, cell: number): number {
    return sum(listeners, ({ slot }) => this.#parts.totals.listener(slot, cell));
  }

  /** Requests that rules of the frontend refused. */
  #denied({ listeners }: Service): number {
    return sum(listeners, ({ rules }) => this.#hits(rules.request));
  }

  #hits(rules: readonly RulePlan[]): number {
    return sum(rules, ({ slot, mode, outcome, rules: inner }) => {
      const isDenial =
        (outcome?.kind === "reply" && outcome.isDenial) ||
        ["reject", "reset", "drop", "tarpit"].includes(outcome?.kind ?? "");
      return (isDenial && mode === "enforce" ? this.#parts.totals.rule(slot) : 0) + this.#hits(inner);
    });
  }
}

/** In whole ms, of sums in seconds. */
function mean(seconds: number, count: number): number {
  return count === 0 ? 0 : Math.round((seconds * 1000) / count);
}

function secondsSince(ms: number, nowMs: number): number {
  return Math.max(Math.round((nowMs - ms) / 1000), 0);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function clean(counted: Counted): Row {
  return Object.fromEntries(
    Object.entries(counted).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
}
