// The result of a run in the form that k6 gives to `handleSummary`, so that what reads k6's results reads these. Times are
// milliseconds. Two metrics differ and are the better for it: a request that failed has no duration here (k6 has 0 for it), and
// connecting is counted by connection, not by request. What k6 has no word for stands under `sluice`.

import { createHash } from "node:crypto";
import { thinkSeconds } from "../../deploy/k6/scenarios.js";
import type { Outcome } from "./crowd.ts";
import type { Histogram } from "./histogram.ts";
import type { Verdict } from "./threshold.ts";

export interface Metric {
  readonly type: "counter" | "gauge" | "rate" | "trend";
  readonly contains: "default" | "time" | "data";
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

export interface Check {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly passes: number;
  readonly fails: number;
}

export interface Summary {
  readonly root_group: {
    readonly name: "";
    readonly path: "";
    readonly id: string;
    readonly groups: readonly [];
    readonly checks: readonly Check[];
  };
  readonly options: object;
  readonly state: { readonly testRunDurationMs: number };
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly sluice: object;
}

const trendStats = ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"];

export function metricsOf({ tally, durationMs, course }: Outcome): Record<string, Metric> {
  const seconds = durationMs / 1000;
  const counter = (count: number, contains: Metric["contains"] = "default"): Metric => ({
    type: "counter",
    contains,
    values: { count, rate: count / seconds },
  });
  const [passes, fails] = checksOf(tally).reduce(([p, f], check) => [p + check.passes, f + check.fails], [0, 0]);
  return {
    checks: rate(passes, fails),
    data_received: counter(tally.receivedBytes, "data"),
    data_sent: counter(tally.sentBytes, "data"),
    http_req_connecting: trend(tally.connecting),
    http_req_duration: trend(tally.all),
    "http_req_duration{status:200}": trend(tally.served),
    http_req_failed: rate(tally.failures, tally.requests - tally.failures),
    http_reqs: counter(tally.requests),
    iteration_duration: trend(tally.rounds),
    iterations: counter(tally.requests),
    rate_limited: rate(tally.of(429), tally.requests - tally.of(429)),
    vus: gauge(course.usersAt(Math.max(0, course.durationMs - 1)), 0, course.usersMax),
    vus_max: gauge(course.usersMax, course.usersMax, course.usersMax),
  };
}

export function summaryOf(outcome: Outcome, metrics: Record<string, Metric>, verdicts: readonly Verdict[]): Summary {
  const { tally, durationMs, course, sources, ownCpu } = outcome;
  const judged = Object.entries(metrics).map(([name, metric]) => {
    const own = verdicts.filter((verdict) => verdict.metric === name);
    if (own.length === 0) return [name, metric];
    const thresholds = Object.fromEntries(own.map(({ threshold, isPassed }) => [threshold, { ok: isPassed }]));
    return [name, { ...metric, thresholds }];
  });
  return {
    root_group: { name: "", path: "", id: digest(""), groups: [], checks: checksOf(tally) },
    options: { summaryTrendStats: trendStats, summaryTimeUnit: "", noColor: false },
    state: { testRunDurationMs: durationMs },
    metrics: Object.fromEntries(judged) as Record<string, Metric>,
    sluice: {
      scenario: course.name,
      sources,
      thinkSeconds,
      statuses: Object.fromEntries(tally.statuses),
      reasons: Object.fromEntries(tally.reasons),
      connectionsRenewed: tally.renewed,
      generatorCpu: ownCpu,
      generatorLateMs: { "p(95)": tally.late.percentileUs(95) / 1000, max: tally.late.maxUs / 1000 },
    },
  };
}

function checksOf(tally: Outcome["tally"]): Check[] {
  const each = [
    ["status is 200 or 429", tally.failures],
    ["what is served has a body", tally.empty],
  ] as const;
  return each.map(([name, fails]) => {
    const path = `::${name}`;
    return { name, path, id: digest(path), passes: tally.requests - fails, fails };
  });
}

function digest(path: string): string {
  return createHash("md5").update(path).digest("hex");
}

/** k6 calls what is true "passes", also where true is bad news. */
function rate(passes: number, fails: number): Metric {
  const all = passes + fails;
  return { type: "rate", contains: "default", values: { rate: all === 0 ? 0 : passes / all, passes, fails } };
}

function gauge(value: number, min: number, max: number): Metric {
  return { type: "gauge", contains: "default", values: { value, min, max } };
}

function trend(histogram: Histogram): Metric {
  const ms = (us: number): number => us / 1000;
  const percentile = (percent: number): number => ms(histogram.percentileUs(percent));
  const values = {
    avg: ms(histogram.meanUs),
    min: histogram.count === 0 ? 0 : ms(histogram.minUs),
    med: percentile(50),
    max: ms(histogram.maxUs),
    "p(90)": percentile(90),
    "p(95)": percentile(95),
    "p(99)": percentile(99),
  };
  return { type: "trend", contains: "time", values };
}
