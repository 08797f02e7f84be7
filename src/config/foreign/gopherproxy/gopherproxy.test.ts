// What GopherProxy's variables come to. What it does with them, test/e2e/gopherproxy.test.ts shows.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examplesFolder } from "../../../../test/examples.ts";
import { compile } from "../../compile.ts";
import type { ConfigInput } from "../../input.ts";
import { type Loaded, loadConfig } from "../../load.ts";
import { printConfig, skins } from "../../print.ts";
import { keyText, problemLine } from "../../problem.ts";
import { Slots } from "../../slots.ts";
import { judgeForeign } from "../foreign.ts";
import { isGopherproxy } from "./gopherproxy.ts";

type Variables = Readonly<Record<string, string>>;

function inputOf(variables: Variables, environment: Variables = {}): ConfigInput {
  const judgement = judgeForeign({ REDIS_URL: "", ...variables }, environment)!; // It is one.
  expect(judgement.findings).toEqual([]);
  expect(judgement.config).not.toBeNull();
  return judgement.translation.input;
}

function told(variables: Variables, environment: Variables = {}): string[] {
  const { findings } = judgeForeign({ REDIS_URL: "", ...variables }, environment)!; // It is one.
  return findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
}

test("without variables, and with empty ones, all is as documented", () => {
  const usual = inputOf({});
  expect(inputOf({ REDIS_URL: "", PROXY_PORT: "", METRICS_PORT: " " })).toEqual(usual);
  expect(usual.listeners["proxy"]).toMatchObject({
    listen: ":8080",
    use: "backends",
    abortOnClose: true,
    http2: false,
  });
  expect(usual.metrics).toEqual({ listen: ":2112", prefix: "gopherproxy" });
  expect(usual.registry).toMatchObject({ redis: "redis://localhost:16379" });
  expect(usual.pools?.["backends"]).toMatchObject({
    discover: { registry: "gopher_backends" },
    balance: "roundRobin",
    check: { tcp: true, every: "10s", timeout: "2s" },
    timeouts: { connect: "5s" },
  });
  expect(usual.listeners["proxy"]?.rules).toEqual([
    { name: "rate limit", limit: { rate: "2/s", burst: 5, by: "src" }, deny: expect.objectContaining({ status: 429 }) },
  ]);
  expect(usual.accessLog?.fields).toEqual({
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
  });
});

test("each variable says what it is for", () => {
  const input = inputOf({
    REDIS_URL: " redis:6379 ",
    PROXY_PORT: "9000",
    METRICS_PORT: "9001",
    TRUSTED_PROXIES: "10.0.0.0/8, ::1,",
    RATE_LIMIT: "100/m",
    RATE_BURST: "7",
  });
  expect(input.registry).toMatchObject({ redis: "redis://redis:6379" });
  expect(input.listeners["proxy"]).toMatchObject({ listen: ":9000", trustedProxies: ["10.0.0.0/8", "::1"] });
  expect(input.listeners["proxy"]?.rules).toMatchObject([{ limit: { rate: "100/m", burst: 7 } }]);
  expect(input.metrics?.listen).toBe(":9001");
  expect(inputOf({ RATE_LIMIT: "off" }).listeners["proxy"]?.rules).toBeUndefined();
  for (const redis of ["redis://:p%40@h:1/2", "rediss://h", "redis+unix:///run/redis.sock", "[::1]:6379"])
    expect(inputOf({ REDIS_URL: redis }).registry).toMatchObject({ redis: expect.stringContaining(redis) });
});

test("no time is a bound for a whole response: only waiting and silences have one", () => {
  const { listeners, pools, timeouts } = inputOf({});
  expect([listeners["proxy"]?.timeouts, pools?.["backends"]?.timeouts, timeouts]).toEqual([
    { head: "15s", read: "15s", idle: "60s" },
    { connect: "5s", response: "30s" },
    undefined,
  ]);
});

test("the admin interface is on this machine, beside the port for metrics, or where its variable says", () => {
  expect(inputOf({}).admin?.listen).toBe("127.0.0.1:2113");
  expect(inputOf({ PROXY_PORT: "2113" }).admin?.listen).toBe("127.0.0.1:2114");
  expect(inputOf({ METRICS_PORT: "65535" }).admin?.listen).toBe("127.0.0.1:0");
  expect(inputOf({}, { SLUICE_ADMIN: "127.0.0.1:9" }).admin?.listen).toBe("127.0.0.1:9");
  expect(told({}, { SLUICE_ADMIN: "x" })).toEqual([
    expect.stringMatching(
      /^error METRICS_PORT is not where the admin interface is, SLUICE_ADMIN says that, and it must/,
    ),
  ]);
  expect(inputOf({ SLUICE_ADMIN: "127.0.0.1:8" }).admin?.listen).toBe("127.0.0.1:8");
  expect(inputOf({ SLUICE_ADMIN: "127.0.0.1:8" }, { SLUICE_ADMIN: "127.0.0.1:9" }).admin?.listen).toBe("127.0.0.1:9");
  expect(told({ SLUICE_ADMIN: "127.0.0.1:8" })).toEqual(told({}));
  expect(told({ SLUICE_ADMIN: "x" })).toEqual([expect.stringMatching(/^error SLUICE_ADMIN must/)]);
});

test("a wrong value is told by its variable, and a password never", () => {
  expect(told({ PROXY_PORT: "0", METRICS_PORT: "65536" })).toEqual([
    'error PROXY_PORT must be a port, a number from 1 to 65535, not "0"',
    'error METRICS_PORT must be a port, a number from 1 to 65535, not "65536"',
  ]);
  expect(told({ PROXY_PORT: "8080x" })[0]).toStartWith("error PROXY_PORT must be a port");
  expect(told({ METRICS_PORT: "8080" })).toEqual([
    "error METRICS_PORT must be another port than 8080, which is PROXY_PORT's",
  ]);
  expect(told({ TRUSTED_PROXIES: "10.0.0.0/8,gateway" })[0]).toStartWith("error TRUSTED_PROXIES must be");
  expect(told({ RATE_LIMIT: "2" })[0]).toStartWith("error RATE_LIMIT must be");
  for (const RATE_BURST of ["0", "-1", "x", "9999999"])
    expect(told({ RATE_BURST })).toEqual([
      expect.stringMatching(/^error RATE_BURST must be a whole number from 1 to /),
    ]);
  expect(told({ RATE_LIMT: "2/s" })).toEqual([
    'warning RATE_LIMT is no keyword of GopherProxy and does nothing; did you mean "RATE_LIMIT"?',
  ]);
  for (const redis of ["http://u:secret@h:1", "redis://u:secret@h:1/x/y", "a secret", "redis://", "u:secret@h"]) {
    const [fault, ...more] = told({ REDIS_URL: redis });
    expect([more, fault]).toEqual([[], expect.stringMatching(/^error REDIS_URL must (?!.*secret)/)]);
  }
});

test("variables of others are known, and mistyped ones told", () => {
  const judgement = judgeForeign(
    { SENTINEL_TARGETS: "a:1", VERSION: "1", GRAFANA_PASSWORD: "secret", PROXYPORT: "1" },
    {},
  )!;
  expect(judgement.findings).toMatchObject([{ severity: "warning", path: ["PROXYPORT"] }]);
  expect(judgement.findings[0]?.message).toContain("is no keyword of GopherProxy");
  expect(JSON.stringify(judgement.translation.ledger.notes)).not.toContain("secret");
});

test("a file is one by its variables, whatever it is called", () => {
  expect(isGopherproxy({ METRICS_PORT: "1" })).toBe(true);
  for (const other of [null, [], "x", {}, { server: {} }, { redis_url: "x" }])
    expect([other, isGopherproxy(other)]).toEqual([other, false]);
});

function planOf(loaded: Loaded): unknown {
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join("\n"));
  return compile(loaded.config, new Slots(), () => "127.0.0.1", 1, loaded.materials);
}

test("the example converted makes the plan that it makes itself, in each skin", async () => {
  const place = mkdtempSync(join(tmpdir(), "sluice-gopherproxy-"));
  try {
    const loaded = await loadConfig(join(examplesFolder, "gopherproxy", ".env.example"), {});
    expect(loaded.origin).toMatchObject({
      program: "GopherProxy",
      keywords: { refused: 0, unknown: 0, approximated: 0 },
    });
    const plan = planOf(loaded);
    for (const skin of skins) {
      const converted = join(place, `sluice.config.${skin}`);
      writeFileSync(converted, printConfig(loaded.conversion!.input, skin)); // A foreign file always has one.
      expect([skin, planOf(await loadConfig(converted, {}))]).toEqual([skin, plan]);
    }
  } finally {
    rmSync(place, { recursive: true });
  }
});

test("mistakes in a file are told at their lines", async () => {
  const place = mkdtempSync(join(tmpdir(), "sluice-gopherproxy-"));
  try {
    const path = join(place, "gopher.env");
    writeFileSync(path, "# ours\nREDIS_URL=redis:6379\nexport PROXY_PORT=high\n");
    const loaded = await loadConfig(path, {});
    expect(loaded.ok ? [] : loaded.problems).toMatchObject([{ key: "PROXY_PORT", place: { line: 3, column: 19 } }]);
  } finally {
    rmSync(place, { recursive: true });
  }
});
