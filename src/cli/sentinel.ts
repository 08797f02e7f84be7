// `sluice sentinel`: in the place of the sentinel that comes with GopherProxy, and with its environment: REDIS_URL and SENTINEL_TARGETS, of
// which an empty one is as none. What it logs has the same words, on stdout, a line of JSON each. It needs no config; what the original
// cannot do is said by options. Exit codes: 0 after SIGTERM or SIGINT, 1 when Redis does not answer at the start, 2 not understood.
//
//   Redis there within 5 s?  >  first probes at once, side by side  >  votes, until a signal  >  takes back what it has said

import { readListenAddress } from "../base/address.ts";
import { type RedisPlace, readRedisPlace } from "../base/redisplace.ts";
import { compileSentinel, type SentinelPlan } from "../config/compileregistry.ts";
import { sentinel as sentinelSchema } from "../config/fleetschema.ts";
import type { SentinelInput } from "../config/input.ts";
import { findings } from "../config/issues.ts";
import type { Address } from "../config/plan.ts";
import { keyText } from "../config/problem.ts";
import { reviewFleet } from "../config/reviewfleet.ts";
import type { Log } from "../control/log.ts";
import { type MetricsListener, openMetricsListener } from "../control/metricslistener.ts";
import { Names } from "../control/names.ts";
import { sentinelPage } from "../control/registrymetrics.ts";
import { Sentinel } from "../control/sentinel.ts";
import { RedisRegistry } from "../registry/redis.ts";
import type { Writer } from "./check.ts";
import { type Environment, firstOf, openOriginalLog, reached } from "./original.ts";
import { version } from "./version.ts";

const USAGE_ERROR = 2;
const timeoutMs = 3000;
const pollMs = 5000;
const usual = {
  redis: "localhost:16379",
  targets: "host.docker.internal:8081,host.docker.internal:8082,host.docker.internal:8083",
};

export interface SentinelCommandOptions {
  readonly redis?: string;
  readonly targets?: string;
  readonly set?: string;
  readonly id?: string;
  readonly https?: boolean;
  readonly http?: string;
  readonly every?: string;
  readonly timeout?: string;
  readonly rise?: string;
  readonly fall?: string;
  readonly lease?: string;
  readonly quorum?: string;
  readonly metrics?: string;
}

export interface Wanted {
  /** With its secrets. */
  readonly place: RedisPlace;
  readonly plan: SentinelPlan;
  /** Null: none are served. */
  readonly metrics: Address | null;
}

/** The texts are what is wrong, a line each. */
export function wantedOf(options: SentinelCommandOptions, environment: Environment): Wanted | readonly string[] {
  const redis = firstOf(options.redis, environment["REDIS_URL"], usual.redis);
  const place = readRedisPlace(redis);
  const problems = place.ok ? [] : [`${options.redis === undefined ? "REDIS_URL" : "--redis"} ${place.message}`];
  const metrics = options.metrics === undefined ? null : readListenAddress(options.metrics);
  if (metrics?.ok === false) problems.push(`--metrics ${metrics.message}`);
  const said = inputOf(options, firstOf(options.targets, environment["SENTINEL_TARGETS"], usual.targets));
  const parsed = sentinelSchema.safeParse(said, { reportInput: true });
  const found = parsed.success ? [] : findings(parsed.error.issues);
  for (const { path, message } of found) problems.push(`${nameOf(keyText(path), said)} ${message}`);
  reviewFleet({ sentinel: said, registry: redis }, (severity, path, _part, message) => {
    if (severity === "error") problems.push(`${nameOf(keyText(path.slice(1)), said)} ${message}`);
  });
  if (!place.ok || !parsed.success || problems.length > 0) return [...new Set(problems)];
  return {
    place: place.value,
    plan: compileSentinel(parsed.data),
    metrics: metrics?.ok === true ? metrics.value : null,
  };
}

/** Ends with the exit code, when it is over. */
export async function sentinel(options: SentinelCommandOptions, writer: Writer): Promise<number> {
  const wanted = wantedOf(options, process.env);
  if (!("plan" in wanted)) {
    for (const problem of wanted) writer.err(`sluice: ${problem}`);
    writer.err("(sluice sentinel --help lists its options)");
    return USAGE_ERROR;
  }
  const log = openOriginalLog();
  const { place } = wanted;
  const registry = new RedisRegistry({ place, pollMs, timeoutMs, isNotified: false });
  const addr = registry.status().place;
  const signalled = signals();
  const problem = await reached(registry);
  if (problem !== null) {
    log.error({ addr, error: problem }, "cannot reach Redis at startup");
    registry.close();
    return 1;
  }
  log.info({ addr }, "connected to Redis");
  const targets = wanted.plan.targets.map(({ target }) => target);
  log.info({ targets, version: stamped("VERSION", version), commit: stamped("COMMIT", "unknown") }, "Sentinel started");
  const running = new Sentinel({ registry, log, names: new Names(log) });
  const pages = openPages(wanted.metrics, registry, running, log);
  if (pages instanceof Error) {
    writer.err(`sluice: ${pages.message}`);
    registry.close();
    return 1;
  }
  void running.adopt(wanted.plan);
  await signalled;
  log.info({}, "shutdown signal received");
  await running.close();
  await pages?.close();
  registry.close();
  log.info({}, "Sentinel stopped cleanly");
  return 0;
}

/** Ready is who has said how targets are, and was heard. Null: nowhere. */
function openPages(
  address: Address | null,
  registry: RedisRegistry,
  sentinel: Sentinel,
  log: Log,
): MetricsListener | Error | null {
  if (address === null) return null;
  const startedAtMs = Date.now();
  const unreadiness = (): string | null => {
    const status = sentinel.status();
    return status === null || status.lastVote === null ? "nothing is said yet" : status.problem;
  };
  const metrics = (): string =>
    sentinelPage(
      { version, startedAtMs, isReady: unreadiness() === null },
      { registry: registry.status(), sentinel: sentinel.status() },
    );
  try {
    return openMetricsListener({ address, service: { unreadiness, metrics }, log, name: "--metrics" });
  } catch (error) {
    return error as Error;
  }
}

function inputOf(options: SentinelCommandOptions, targets: string): SentinelInput {
  const { set, id, https, http, every, timeout, rise, fall, lease, quorum } = options;
  return {
    targets: targets
      .split(",")
      .map((target) => target.trim())
      .filter((target) => target !== ""),
    scheme: https === true ? "https" : "http",
    check: {
      ...(http === undefined ? { tcp: true } : { http }),
      every: every ?? "2s",
      timeout: timeout ?? "1s",
      rise: rise === undefined ? 1 : Number(rise),
      fall: fall === undefined ? 2 : Number(fall),
    },
    ...(set === undefined ? {} : { set }),
    ...(id === undefined ? {} : { id }),
    ...(lease === undefined ? {} : { lease }),
    ...(quorum === undefined ? {} : { quorum: quorum === "majority" ? quorum : Number(quorum) }),
  };
}

/** What was said on the command line or in the environment, by the key that it became. */
function nameOf(key: string, { targets }: SentinelInput): string {
  const index = /^targets\[(\d+)\]$/.exec(key)?.[1];
  if (index !== undefined) return `target ${JSON.stringify(targets[Number(index)])}`;
  return key === "targets" ? "SENTINEL_TARGETS" : `--${key.replace(/^check\./, "")}`;
}

function signals(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  return promise;
}

function stamped(name: string, otherwise: string): string {
  return firstOf(process.env[name], otherwise);
}
