// `sluice gopherproxy`: in the place of GopherProxy, and with its environment: REDIS_URL, PROXY_PORT, METRICS_PORT, of which an empty one
// is as none. What it logs has the same words, on stdout, a line of JSON each, among them one for each request. Exit codes: 0 after
// SIGTERM or SIGINT, 1 when Redis does not answer at the start or a port is taken, 2 not understood.
//
//   variables understood?  >  Redis there within 5 s?  >  ports, set, first checks, workers  >  traffic, until a signal  >  drained

import { readListenAddress } from "../base/address.ts";
import { compileRegistry } from "../config/compileregistry.ts";
import type { Loaded } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import type { ConfigSource } from "../control/configuring/source.ts";
import { busyAddresses } from "../control/port.ts";
import { RedisRegistry } from "../registry/redis.ts";
import { type Writer, writeProblems } from "./check.ts";
import { type Environment, firstOf, type Line, openOriginalLog, reached } from "./original.ts";
import { serve } from "./serve.ts";
import { version } from "./version.ts";

const USAGE_ERROR = 2;

export interface GopherproxyOptions {
  readonly redis?: string;
  readonly port?: string;
  readonly metricsPort?: string;
  readonly trustedProxies?: string;
  readonly rateLimit?: string;
  readonly rateBurst?: string;
  readonly admin?: string;
  readonly freshTables?: boolean;
}

/** Null once all runs; otherwise the exit code. */
export async function gopherproxy(options: GopherproxyOptions, writer: Writer): Promise<number | null> {
  const environment = environmentOf(options, process.env);
  // The readers of other programs' configs are loaded by who has one.
  const { fromEnvironment } = await import("../config/environment.ts");
  const loaded = fromEnvironment(environment);
  if (!loaded.ok) {
    writeProblems(loaded.problems, writer);
    writer.err("(sluice gopherproxy --help lists what it is told by)");
    return USAGE_ERROR;
  }
  process.stdout.on("error", () => {}); // Whoever read our log has died: lines are lost then, traffic is not.
  const log = openOriginalLog(worded);
  const plan = compileRegistry(loaded.config.registry)!; // The front-end writes a section.
  const registry = new RedisRegistry({ ...plan, isNotified: false });
  const addr = registry.status().place;
  const problem = await reached(registry);
  registry.close();
  if (problem !== null) {
    log.error({ addr, error: problem }, "cannot reach Redis at startup");
    return 1;
  }
  const stamps = {
    version: firstOf(environment["VERSION"], version),
    commit: firstOf(environment["COMMIT"], "unknown"),
  };
  log.info({ addr, ...stamps }, "connected to Redis");
  const ready = await withFreeAdmin(loaded, firstOf(environment["SLUICE_ADMIN"]) !== "");
  const { listeners, metrics } = ready.config;
  const identity = `gopherproxy ${listeners["proxy"]?.listen} ${metrics?.listen}`;
  const source: ConfigSource = { path: null, origin: "environment", load: async () => ready };
  return serve({ source, identity, isFresh: options.freshTables === true, log, started: null });
}

/** Options come before variables. */
export function environmentOf(options: GopherproxyOptions, environment: Environment): Environment {
  const said: [string, string | undefined][] = [
    ["REDIS_URL", options.redis],
    ["PROXY_PORT", options.port],
    ["METRICS_PORT", options.metricsPort],
    ["TRUSTED_PROXIES", options.trustedProxies],
    ["RATE_LIMIT", options.rateLimit],
    ["RATE_BURST", options.rateBurst],
    ["SLUICE_ADMIN", options.admin],
  ];
  return { ...environment, ...Object.fromEntries(said.filter(([, value]) => value !== undefined)) };
}

/** GopherProxy has no admin interface: that its usual port is taken is no reason not to start. */
async function withFreeAdmin(loaded: Loaded & { ok: true }, isSaid: boolean): Promise<Loaded & { ok: true }> {
  const { config } = loaded;
  const reading = readListenAddress(config.admin.listen);
  if (isSaid || !reading.ok || (await busyAddresses([reading.value])).length === 0) return loaded;
  const admin: Config["admin"] = { ...config.admin, listen: "127.0.0.1:0" };
  return { ...loaded, config: { ...config, admin } };
}

/** The original's words for what it says too; ours for everything else. */
export function worded(line: Line): readonly Line[] {
  const { event, pool, server, tls, source, came, went, cameMore, wentMore, ...said } = line;
  const url = `${tls === true ? "https" : "http"}://${String(server)}`;
  switch (event) {
    case "server_recovered":
      return [{ msg: "backend recovered", url }];
    case "server_down":
      return [{ msg: "backend went down", url, reason: said["msg"] }];
    case "server_up":
      return [];
    case "servers_changed":
      return [...told("registered", came, cameMore), ...told("deregistered", went, wentMore)];
    default:
      return [line];
  }
}

/** As control/discovery/difference.ts says it: the first of them, and how many more there are. */
function told(what: string, some: unknown, more: unknown): Line[] {
  const lines = (some as readonly string[]).map((url): Line => ({ msg: `backend ${what}`, url }));
  return more === undefined ? lines : [...lines, { msg: `and ${String(more)} more backends ${what}`, count: more }];
}
