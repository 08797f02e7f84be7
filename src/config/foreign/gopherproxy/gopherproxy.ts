// GopherProxy's environment as a config of ours: REDIS_URL, PROXY_PORT and METRICS_PORT, of which an empty one is as none, and a few
// more that it does not have, for what it cannot do. It comes from the environment itself (sluice gopherproxy) or from a file of
// variables. What the original does wrong is done as it means to (docs/migrating/gopherproxy.md).
//
//   :PROXY_PORT  listener "proxy" > rate limit > pool "backends" < set gopher_backends in Redis       :METRICS_PORT  metrics, health

import { readListenAddress } from "../../../base/address.ts";
import { readRedisPlace } from "../../../base/redisplace.ts";
import type { AccessLogInput, ConfigInput, ListenerInput, PoolInput, RuleInput } from "../../input.ts";
import type { Environment } from "../../substitute.ts";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import { isTable, Table } from "../table.ts";
import type { Translation } from "../translation.ts";

/** Those that make a file one of GopherProxy's. */
export const gopherSigns: readonly string[] = ["REDIS_URL", "PROXY_PORT", "METRICS_PORT", "SENTINEL_TARGETS"];
/** Those that say something here. */
export const gopherVariables: readonly string[] = [
  "REDIS_URL",
  "PROXY_PORT",
  "METRICS_PORT",
  "TRUSTED_PROXIES",
  "RATE_LIMIT",
  "RATE_BURST",
];
/** Those that stand beside them in a .env, and are for others. */
const others: Readonly<Record<string, string>> = {
  VERSION: "is what the original is built as; sluice gopherproxy says it in its log",
  COMMIT: "is what the original is built from; sluice gopherproxy says it in its log",
  SENTINEL_TARGETS: "is for sluice sentinel",
  GRAFANA_USER: "is for Grafana",
  GRAFANA_PASSWORD: "is for Grafana",
};

const listenerName = "proxy";
const poolName = "backends";
const setName = "gopher_backends";
const usual = { redis: "localhost:16379", proxyPort: 8080, metricsPort: 2112, rate: "2/s", burst: 5 };
const portMax = 65_535;
const burstMax = 1_000_000;

/** As slog writes a request: the names down to duration_ms are the original's. Without those behind them nobody could say whose fault a 502 was. */
const requestLine: NonNullable<AccessLogInput["fields"]> = {
  time: "time",
  level: "level",
  msg: "=request",
  method: "method",
  path: "path_decoded",
  remote_addr: "remote",
  status: "status",
  duration_ms: "duration_whole_ms",
  query: "query",
  backend: "server",
  bytes: "bytes_sent",
  request_id: "request_id",
  fault: "fault",
};

/** Its pool of connections, and its health check. It checks by TCP; what fails in traffic is ejected as well, which it cannot do. */
const backends: PoolInput = {
  discover: { registry: setName },
  balance: "roundRobin",
  check: { tcp: true, every: "10s", timeout: "2s", rise: 1, fall: 1 },
  ejection: { base: "10s" },
  idle: { connections: 100, timeout: "90s" },
  timeouts: { connect: "5s", response: "30s" },
  errors: {
    no_server: { status: 503, body: "No healthy backends available\n" },
    "502": { status: 502, body: "Backend unavailable\n" },
    "504": { status: 502, body: "Backend unavailable\n" },
  },
};

/** A tree of variables, from a file. */
export function isGopherproxy(tree: unknown): boolean {
  return isTable(tree) && gopherSigns.some((name) => Object.hasOwn(tree, name));
}

/** `environment` says where the admin interface is, before the tree does. */
export function translateGopherproxy(tree: object, environment: Environment = {}): Translation {
  const ledger = new Ledger();
  const origins = new Origins();
  const table = new Table(tree, [], ledger);
  for (const [name, why] of Object.entries(others))
    if (table.text(name.toLowerCase()) !== undefined) ledger.note([name], why);
  const redis = redisOf(table);
  const port = portOf(table, "proxy_port", usual.proxyPort);
  const metricsPort = portOf(table, "metrics_port", usual.metricsPort);
  if (port === metricsPort) ledger.fault(["METRICS_PORT"], `must be another port than ${port}, which is PROXY_PORT's`);
  for (const [ours, theirs] of [
    [["registry"], "redis_url"],
    [["listeners", listenerName], "proxy_port"],
    [["listeners", listenerName, "trustedProxies"], "trusted_proxies"],
    [["listeners", listenerName, "rules"], "rate_limit"],
    [["metrics"], "metrics_port"],
    [["admin"], table.has("sluice_admin") ? "sluice_admin" : "metrics_port"],
  ] as const)
    origins.add([...ours], [theirs.toUpperCase()]);
  const input: ConfigInput = {
    admin: { listen: adminOf(table, environment, port, metricsPort) },
    metrics: { listen: `:${metricsPort}`, prefix: "gopherproxy" },
    accessLog: { path: "-", fields: requestLine, flush: "100ms" },
    registry: { redis, poll: "5s", timeout: "3s" },
    listeners: { [listenerName]: listenerOf(table, port) },
    pools: { [poolName]: backends },
  };
  table.finish("GopherProxy");
  return { program: "GopherProxy", input, ledger, origins };
}

/** Its value is never shown: there may be a password in it. */
function redisOf(table: Table): string {
  const text = table.text("redis_url")?.trim() || usual.redis;
  const reading = readRedisPlace(text);
  if (!reading.ok) table.ledger.fault(["REDIS_URL"], reading.message);
  return reading.ok ? reading.value.url : usual.redis;
}

function portOf(table: Table, key: string, otherwise: number): number {
  const text = table.text(key)?.trim() || String(otherwise);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= portMax) return port;
  table.ledger.fault(
    [key.toUpperCase()],
    `must be a port, a number from 1 to ${portMax}, not ${JSON.stringify(text.slice(0, 100))}`,
  );
  return otherwise;
}

/** On this machine alone, beside the port for metrics: there everybody may look. The environment comes before a file of variables. */
function adminOf(table: Table, environment: Environment, port: number, metricsPort: number): string {
  const written = table.text("sluice_admin")?.trim() ?? "";
  const isWritten = (environment["SLUICE_ADMIN"]?.trim() ?? "") === "";
  const said = isWritten ? written : environment["SLUICE_ADMIN"]!.trim();
  if (said !== "") {
    const reading = readListenAddress(said);
    if (!reading.ok && isWritten) table.ledger.fault(["SLUICE_ADMIN"], reading.message);
    else if (!reading.ok)
      table.ledger.fault(
        ["METRICS_PORT"],
        `is not where the admin interface is, SLUICE_ADMIN says that, and it ${reading.message}`,
      );
    return reading.ok ? said : "127.0.0.1:0";
  }
  const free = [metricsPort + 1, metricsPort + 2].find((one) => one !== port && one <= portMax);
  return `127.0.0.1:${free ?? 0}`;
}

/** It bounds the whole time of a request and of its response, and so cuts off long ones; here each silence is bounded. */
function listenerOf(table: Table, port: number): ListenerInput {
  const trustedProxies = (table.text("trusted_proxies") ?? "")
    .split(",")
    .map((proxy) => proxy.trim())
    .filter((proxy) => proxy !== "");
  const limit = limitOf(table);
  return {
    listen: `:${port}`,
    use: poolName,
    // As Go's server does, which speaks HTTP/2 only over TLS.
    abortOnClose: true,
    http2: false,
    ...(trustedProxies.length === 0 ? {} : { trustedProxies }),
    timeouts: { head: "15s", read: "15s", idle: "60s" },
    ...(limit === null ? {} : { rules: [limit] }),
  };
}

/** By client: an IPv6 address by its first 64 bits. */
function limitOf(table: Table): RuleInput | null {
  const rate = table.text("rate_limit")?.trim() || usual.rate;
  const written = table.text("rate_burst")?.trim() || String(usual.burst);
  const said = /^\d{1,7}$/.test(written) ? Number(written) : 0;
  const isGood = said >= 1 && said <= burstMax;
  if (!isGood) table.ledger.fault(["RATE_BURST"], `must be a whole number from 1 to ${burstMax}`);
  const burst = isGood ? said : usual.burst;
  if (rate === "off") return null;
  return { name: "rate limit", limit: { rate, burst, by: "src" }, deny: { status: 429, body: "Too Many Requests\n" } };
}
