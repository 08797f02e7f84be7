// Traffic that is made up, in the shapes of the admin API: three pools, two listeners, four rules, and requests that never were. Each figure
// comes out of the number of the second and a seeded generator. The admin interface that tells of it is mockadmin.ts.

import type { ExchangeRecord, PhaseRecord } from "../../../src/control/api/shape/exchange.ts";
import type { Figures, ListenerFigures, PoolFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { RuleRecord } from "../../../src/control/api/shape/rule.ts";

export interface Made {
  readonly servers: readonly ServerFigures[];
  /** Counts seconds. */
  readonly tick: number;
  readonly random: () => number;
}

export function madeServer(pool: string, name: string, index: number): ServerFigures {
  const trouble = index === 2 ? "down" : index === 7 ? "ejected" : pool === "big" && index % 997 === 5 ? "down" : null;
  const reason =
    trouble === "down"
      ? "GET /healthz: connection refused"
      : trouble === "ejected"
        ? "5 errors in a row; tried again in 20 s"
        : null;
  return {
    ...{
      pool,
      name,
      address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:8080`,
      state: trouble ?? "up",
      reason,
    },
    since: new Date(Date.now() - 60_000 * (3 + (index % 90))).toISOString(),
    ...{ isEligible: trouble === null, isBackup: index === 8, weight: 1 },
    ...{ active: 0, requests: 0, errors: 0, meanMs: null },
  };
}

export function movedServer(server: ServerFigures, random: () => number): ServerFigures {
  if (!server.isEligible) return { ...server, requests: 0, errors: 0, active: 0, meanMs: null };
  const base = server.pool === "app" ? 420 : server.pool === "api" ? 60 : 0.4;
  const requests = Math.round(base * (0.8 + 0.4 * random()));
  const errors = random() < 0.02 ? 1 : 0;
  return {
    ...server,
    requests,
    errors: Math.min(errors, requests),
    active: Math.round(requests / 30),
    meanMs: 4 + random() * 20,
  };
}

function poolFigures(name: string, { servers, random }: Made): PoolFigures {
  const own = servers.filter(({ pool }) => pool === name);
  const sum = (value: (server: ServerFigures) => number): number => own.reduce((total, each) => total + value(each), 0);
  return {
    ...{ name, requests: sum((each) => each.requests), errors: sum((each) => each.errors) },
    ...{
      queued: 0,
      retries: Math.round(random()),
      servers: own.length,
      eligible: own.filter((each) => each.isEligible).length,
    },
    active: sum((each) => each.active),
  };
}

export function madeFigures(made: Made): Figures {
  const pools = ["app", "api", "big"].map((name) => poolFigures(name, made));
  const wave = 1 + 0.2 * Math.sin(made.tick / 20);
  const here = Math.round(38 * wave);
  const [requests, errors] = [
    pools.reduce((sum, pool) => sum + pool.requests, here),
    pools.reduce((sum, pool) => sum + pool.errors, 0),
  ];
  const latency = { p50Ms: 3.1 * wave, p90Ms: 12.8 * wave, p99Ms: 48 * wave + 10 * made.random() };
  const statuses = { "1xx": 0, "2xx": requests - here - errors, "3xx": 10, "4xx": here - 10, "5xx": errors, none: 0 };
  const [connections, bytesReceived, bytesSent] = [Math.round(812 * wave), requests * 740, requests * 9100];
  const listener = (
    name: string,
    mode: string,
    address: string,
    share: number,
    flows: ListenerFigures["flows"],
  ): ListenerFigures => ({
    ...{
      name,
      mode,
      address,
      requests: Math.round(requests * share),
      errors: Math.round(errors * share),
      latency,
      statuses,
    },
    ...{ connections: Math.round(connections * share), accepted: 20, refused: 0 },
    ...{ bytesReceived: bytesReceived * share, bytesSent: bytesSent * share, flows },
  });
  const [app, api, big] = pools.map((pool) => pool.requests) as [number, number, number];
  return {
    ...{
      at: new Date().toISOString(),
      state: "ready" as const,
      generation: 4,
      uptimeSeconds: 93_784 + made.tick,
      confirmBy: null,
    },
    ...{
      requests,
      errors,
      statuses,
      latency,
      connections,
      upstreamConnections: Math.round(96 * wave),
      bytesReceived,
      bytesSent,
    },
    control: { cpu: 0.02, residentBytes: 84e6 },
    workers: [0, 1].map((worker) => ({
      ...{
        worker,
        state: "up" as const,
        requests: Math.round(requests / 2),
        connections: Math.round(connections / 2),
      },
      ...{ upstreamConnections: 48, cpu: 0.31 * wave, residentBytes: 118e6 },
    })),
    listeners: [
      listener("web", "http", "0.0.0.0:443", 0.8, [
        { pool: "app", requests: app },
        { pool: "api", requests: Math.round(api / 2) },
        { pool: "", requests: here },
      ]),
      listener("internal", "http", "127.0.0.1:8080", 0.2, [
        { pool: "api", requests: Math.round(api / 2) },
        { pool: "big", requests: big },
      ]),
    ],
    pools,
    caches: [],
    egress: [],
    rules: rules.map(({ id }, index) => ({ id, hits: [38, 11, 4, 2][index] ?? 0 })),
    bans: 3,
  };
}

/** What of GET /api/v1/status the console reads. */
export function madeStatus(): unknown {
  return {
    ...{
      version: "0.1.0",
      pid: 1,
      state: "ready",
      startedAt: new Date().toISOString(),
      uptimeSeconds: 93_784,
      generation: 4,
    },
    ...{ config: "/etc/sluice/sluice.yaml", configOrigin: "/etc/sluice/sluice.yaml" },
    lastReload: { successful: true, at: new Date().toISOString(), problems: [] },
    confirmBy: null,
    workers: [0, 1].map((worker) => ({
      worker,
      pid: 10 + worker,
      state: "up",
      generation: 4,
      restarts: 0,
      lastExit: null,
      connections: 1,
    })),
    listeners: [
      {
        name: "web",
        tls: {
          certificates: 2,
          notAfter: new Date(Date.now() + 9 * 86_400_000).toISOString(),
          clientCertificate: "none",
        },
      },
    ],
    pools: [],
    ...{ caches: [], egress: [], registry: null, sentinel: null, fleet: null },
  };
}

export function madeExchange(number: number, atMs: number, random: () => number): ExchangeRecord {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const isHere = random() < 0.08;
  const isFailed = !isHere && random() < 0.05;
  const times = [
    0.1 + random() * 0.3,
    0,
    isHere ? 0 : random() < 0.3 ? random() * 4 : 0,
    0.05,
    random() ** 4 * 180 + 1,
    random() * 12,
  ];
  const names = isHere ? (["rules"] as const) : (["rules", "queue", "connect", "send", "wait", "receive"] as const);
  const phases: PhaseRecord[] = [];
  let now = 0;
  for (const [index, name] of names.entries()) {
    if (times[index]! > 0) phases.push({ name, fromMs: now, toMs: now + times[index]! });
    now += times[index]!;
  }
  const pool = isHere ? "" : pick(["app", "app", "api"]);
  return {
    ...{ id: `0-${number}`, kind: "http", at: new Date(atMs).toISOString(), durationMs: now, worker: 0 },
    ...{
      requestId: Math.floor(random() * 2 ** 48).toString(16),
      client: `203.0.113.${Math.floor(random() * 250)}`,
      user: "",
    },
    ...{ method: pick(["GET", "GET", "GET", "POST"]), host: pick(["shop.example", "api.example"]) },
    path: pick(["/", "/cart", "/api/v1/orders/4711", "/static/app.js", "/search", "/api/v1/prices"]),
    ...{
      isCut: false,
      isTls: true,
      listener: "web",
      pool,
      server: pool === "" ? "" : pool === "app" ? pick(["s1", "s2"]) : "api-1",
    },
    ...{
      status: isHere ? pick([403, 429, 301]) : isFailed ? 502 : pick([200, 200, 200, 304, 404]),
      serverStatus: isHere || isFailed ? 0 : 200,
    },
    ...{ fault: isFailed ? "upstream_reset" : null, attempts: isHere ? 0 : 1, isReused: random() < 0.7, cache: null },
    ...{ serverVersion: isHere ? "" : random() < 0.3 ? "2.0" : "1.1" },
    ...{ rule: isHere ? "deny bots" : "", rules: isHere ? ["deny bots"] : ["track clients"], egress: null },
    ...{ bytesReceived: 740, bytesSent: Math.round(random() * 40_000), phases },
  };
}

const rule = (id: string, name: string, mode: RuleRecord["mode"], action: string, hits: number): RuleRecord => ({
  ...{
    id: `listeners.web.rules[${id}]`,
    name,
    owner: { kind: "listener", name: "web" },
    phase: "request",
    mode,
    configuredMode: mode,
  },
  ...{ condition: "true", action, hits, depth: 0 },
});
export const rules: readonly RuleRecord[] = [
  rule("0", "track clients", "enforce", "track clients", 93_000),
  rule("1", "deny bots", "enforce", "deny", 4100),
  rule("2", "too many logins", "observe", "deny", 311),
  rule("3", "to https", "enforce", "redirect", 902),
];

/** The same figures in every run. */
export function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
