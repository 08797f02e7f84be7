// What the scripts beside this have in common: k6's options, one round of a user, and the results. Environment (k6 run -e NAME=VALUE):
//
//   PROXY_URL        http://localhost:8080
//   LIMITER          on: 429 is an answer as documented; off: there must be none
//   DURATION_SCALE   1; 0.1 makes each stage a tenth as long
//
// All requests of one machine come from one address, and the limiter of GopherProxy gives an address two a second: with nothing but
// these scripts nearly every answer is a 429. `k6 run --local-ips=127.1.0.1-127.1.1.244` gives users addresses of their own.

import { check, sleep } from "k6";
import http from "k6/http";
import { Rate } from "k6/metrics";
import { expectedStatuses, scenarios, thinkSeconds, thresholdsOf, timeoutSeconds } from "./scenarios.js";

const url = `${(__ENV.PROXY_URL || "http://localhost:8080").replace(/\/+$/, "")}/`;
const isLimited = __ENV.LIMITER !== "off";
const scale = Number(__ENV.DURATION_SCALE || 1);
if (!(scale > 0)) throw new Error("DURATION_SCALE must be a number above 0");

const rateLimited = new Rate("rate_limited");
http.setResponseCallback(http.expectedStatuses(...expectedStatuses));

export function optionsOf(name) {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`there is no scenario "${name}"; there are ${Object.keys(scenarios).join(", ")}`);
  return {
    scenarios: {
      [name]: {
        executor: "ramping-vus",
        startVUs: scenario.startUsers,
        stages: scenario.stages.map(({ seconds, target }) => ({
          duration: `${Math.max(1, Math.round(seconds * scale * 1000))}ms`,
          target,
        })),
        gracefulRampDown: "5s",
        gracefulStop: "5s",
      },
    },
    thresholds: thresholdsOf(name, isLimited),
    summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"],
  };
}

/** One round of a user. */
export function visit() {
  const response = http.get(url, { timeout: `${timeoutSeconds}s` });
  check(response, {
    "status is 200 or 429": ({ status }) => expectedStatuses.includes(status),
    "what is served has a body": ({ status, body }) => status !== 200 || String(body ?? "") !== "",
  });
  rateLimited.add(response.status === 429);
  sleep(thinkSeconds);
}

/** k6's `handleSummary`: the results as a file, and in a few lines. */
export function summaryOf(name) {
  return (data) => ({
    [`k6-results-${name}.json`]: JSON.stringify(data, null, 2),
    stdout: `${summaryLines(name, data).join("\n")}\n`,
  });
}

function summaryLines(name, { metrics }) {
  const value = (metric, of) => metrics[metric]?.values?.[of] ?? 0;
  const served = "http_req_duration{status:200}";
  const lines = [
    "",
    `${name}: ${value("http_reqs", "count")} requests, ${value("http_reqs", "rate").toFixed(0)} a second`,
    `  served within  p50 ${value(served, "med").toFixed(2)} ms, p95 ${value(served, "p(95)").toFixed(2)} ms, p99 ${value(served, "p(99)").toFixed(2)} ms`,
    `  429            ${(value("rate_limited", "rate") * 100).toFixed(1)} %`,
    `  failed         ${(value("http_req_failed", "rate") * 100).toFixed(2)} %`,
  ];
  for (const [metric, { thresholds }] of Object.entries(metrics)) {
    for (const [threshold, { ok }] of Object.entries(thresholds ?? {}))
      lines.push(`  ${ok ? "passed" : "FAILED"}         ${metric} ${threshold}`);
  }
  return lines;
}
