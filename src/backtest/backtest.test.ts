import { describe, expect, test } from "bun:test";
import { judge } from "../config/judge.ts";
import { noMaterials } from "../config/materials.ts";
import type { Config } from "../config/types.ts";
import { Backtest } from "./backtest.ts";
import { type Chosen, choose } from "./chosen.ts";
import { formatNamed } from "./formats.ts";

function configOf(rules: readonly object[], listener: object = {}): Config {
  const { config, findings } = judge({
    tables: {
      shop: {
        key: "ip",
        expire: "10m",
        store: ["http_req_rate(10s)", "conn_rate(100s)", "conn_cur", "bytes_out_cnt", "http_err_cnt", "gpc0"],
      },
    },
    pools: { app: { servers: ["127.0.0.1:9"] } },
    listeners: { web: { listen: "127.0.0.1:8080", use: "app", rules: [{ track: "shop" }, ...rules], ...listener } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

function chosenOf(rule: string, config: Config, isEnforced = false): Chosen {
  const chosen = choose(rule, config, { listener: undefined, isEnforced });
  if (!chosen.ok) throw new Error(chosen.message);
  return chosen.value;
}

interface Line {
  readonly at: number;
  readonly client?: string;
  readonly port?: number;
  readonly ms?: number;
  readonly status?: number;
  readonly sent?: number;
  readonly target?: string;
}

/** Lines of Sluice's own log, `at` in seconds. */
function logOf(lines: readonly Line[]): string[] {
  return lines.map(({ at, client = "192.0.2.1", port, ms = 0, status = 200, sent = 100, target = "/" }) =>
    JSON.stringify({
      ...{ time: new Date(1_700_000_000_000 + at * 1000 + ms).toISOString(), client, client_port: port, method: "GET" },
      ...{ target, host: "a.example", status, duration_ms: ms, bytes_sent: sent },
    }),
  );
}

function played(chosen: Chosen, lines: readonly string[]): Backtest {
  const backtest = new Backtest({
    ...{ chosen, materials: noMaterials, lists: new Map() },
    ...{ sinceMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY },
  });
  const format = formatNamed("sluice");
  if (!format.ok) throw new Error(format.message);
  for (const line of lines) backtest.line(line, format.value);
  backtest.finish();
  return backtest;
}

const everySecond = (count: number, more: Partial<Line> = {}): Line[] =>
  Array.from({ length: count }, (_, at) => ({ at, ...more }));

test("a rule of the config, by its name and by its place", () => {
  const config = configOf([{ name: "greedy", if: "shop[src].http_req_rate > 3", deny: true }]);
  for (const rule of ["greedy", "listeners.web.rules[1]"]) {
    const lines = logOf([...everySecond(20), ...everySecond(3, { client: "192.0.2.2" })]);
    const { harvest, refusals } = played(chosenOf(rule, config), lines);
    // The rate is above 3 from the fourth request on.
    expect([harvest.requests, harvest.clients, harvest.hits]).toEqual([23, 2, 17]);
    expect(harvest.hitClients().map(({ client }) => client)).toEqual(["192.0.2.1"]);
    expect(refusals.size).toBe(0);
  }
});

test("time that passes in the log passes", () => {
  const config = configOf([]);
  const slow = played(
    chosenOf("shop[src].http_req_rate > 3", config),
    logOf(everySecond(20).map(({ at }) => ({ at: at * 5 }))),
  );
  expect(slow.harvest.hits).toBe(0);
});

test("enforced, what follows is seen", () => {
  const config = configOf([
    { if: "shop[src].gpc0 > 0", deny: 403, name: "marked" },
    { name: "mark", if: "path == '/bad'", mark: "shop", mode: "off" },
  ]);
  const lines = logOf([{ at: 0 }, { at: 1, target: "/bad" }, { at: 2 }, { at: 3 }]);
  expect([...played(chosenOf("mark", config), lines).refusals]).toEqual([]);
  expect([...played(chosenOf("mark", config, true), lines).refusals]).toEqual([["marked", 2]]);
});

describe("connections are those of the log, or are kept for as long as the listener keeps them", () => {
  const rules = { connection: [{ track: "shop" }], request: [] };
  const config = configOf([], { timeouts: { idle: "30s" }, rules });
  const chosen = chosenOf("shop[src].conn_rate > 1", config);

  test("of the same client, soon after each other: one", () => {
    expect(played(chosen, logOf(everySecond(10))).harvest.hits).toBe(0);
  });
  test("with pauses longer than the listener's: several", () => {
    expect(played(chosen, logOf([{ at: 0 }, { at: 31 }, { at: 62 }])).harvest.hits).toBe(2);
  });
  test("of other ports: several", () => {
    const lines = logOf(everySecond(5).map(({ at }) => ({ at, port: 1000 + at })));
    expect(played(chosen, lines).harvest.hits).toBe(4);
  });
  test("at the same time: as many as there are requests under way", () => {
    const lines = logOf(Array.from({ length: 5 }, () => ({ at: 0, ms: 5000 })));
    expect(played(chosenOf("shop[src].conn_cur > 4", config), lines).harvest.hits).toBe(1);
  });
});

test("answers count with their statuses and sizes", () => {
  const config = configOf([]);
  const bytes = played(
    chosenOf("shop[src].bytes_out_cnt >= 1000000", config),
    logOf(everySecond(5, { sent: 400_000 })),
  );
  expect(bytes.harvest.hits).toBe(2);
  expect(bytes.measure).toMatchObject({ threshold: 1_000_000, operator: ">=" });
  const errors = played(chosenOf("shop[src].http_err_cnt > 1", config), logOf(everySecond(4, { status: 404 })));
  expect(errors.harvest.hits).toBe(2);
});

test("a rule for answers is seen when they come", () => {
  const rules = { response: [{ name: "gone", if: "response.status == 410", mark: "shop" }] };
  const config = configOf([], { rules });
  const { harvest } = played(
    chosenOf("gone", config),
    logOf([
      { at: 0, ms: 500 },
      { at: 0, status: 410, ms: 300, client: "192.0.2.3" },
      { at: 1, status: 410 },
    ]),
  );
  expect([harvest.requests, harvest.hits]).toEqual([3, 2]);
  expect(harvest.hitClients().map(({ client }) => client)).toEqual(["192.0.2.1", "192.0.2.3"]);
});

test("a rule of what is sent is seen with servers' answers and with our own", () => {
  const request = [{ name: "no", if: "path == '/no'", deny: 403 }];
  const config = configOf([], {
    rules: { request, afterResponse: [{ name: "sent", if: "response.status >= 400", log: "x" }] },
  });
  const { harvest } = played(
    chosenOf("sent", config),
    logOf([
      { at: 0, ms: 500, status: 410, client: "192.0.2.3" },
      { at: 0, target: "/no" },
      { at: 1, status: 200 },
    ]),
  );
  expect([harvest.requests, harvest.hits]).toEqual([3, 2]);
  expect(harvest.hitClients().map(({ client }) => client)).toEqual(["192.0.2.1", "192.0.2.3"]);
});

test("limits count by their tokens, and tell of requests in their time", () => {
  const config = configOf([]);
  const lines = logOf(Array.from({ length: 40 }, (_, index) => ({ at: index / 10 })));
  const { harvest, measure } = played(chosenOf("{ limit: { rate: 5/s } }", config), lines);
  expect(measure).toBeNull();
  // Ten a second come, five are let through, and five at once at first.
  expect(harvest.hits).toBeGreaterThan(10);
  expect(harvest.hits).toBeLessThan(20);
  const [peak] = harvest.peaks();
  expect(peak! === 10 || peak! === 11).toBe(true);
});

test("a new rule stands behind the one that tracks what it asks for", () => {
  const config = configOf([{ name: "after", if: "path == '/x'", deny: true }]);
  const chosen = chosenOf("shop[src].gpc0 > 0", config);
  expect(chosen.place).toBe("listeners.web.rules[1]");
  expect(chosen.remark).toContain("behind listeners.web.rules[0]");
  expect(chosenOf("path == '/y'", config).place).toBe("listeners.web.rules[0]");
});

test("what cannot be chosen is told with what could be", () => {
  const config = configOf([{ name: "greedy", if: "shop[src].http_req_rate > 3", deny: true }]);
  const message = (rule: string, listener?: string): string => {
    const chosen = choose(rule, config, { listener, isEnforced: false });
    return chosen.ok ? "" : chosen.message;
  };
  expect(message("gredy")).toContain('did you mean "greedy"');
  expect(message("shp[src].gpc0 > 0")).toContain('"shp"');
  expect(message("{ limit: ")).toContain("cannot be read");
  expect(message("path == '/'", "wob")).toContain("there are web");
});

test("what is wrong with a rule is told before whose it is", () => {
  const { config } = judge({
    pools: { app: { servers: ["127.0.0.1:9"] } },
    listeners: { web: { listen: "127.0.0.1:8080", use: "app" }, inner: { listen: "127.0.0.1:8081", use: "app" } },
  });
  const message = (rule: string): string => {
    const chosen = choose(rule, config!, { listener: undefined, isEnforced: false });
    return chosen.ok ? "" : chosen.message;
  };
  expect(message("gredy")).toBe('the config has no rule "gredy"');
  expect(message("path == '/'")).toBe("--listener must say whose rule it is: web, inner");
});

test("lines of no request, and those outside of the time that is asked for, are not played", () => {
  const chosen = chosenOf("path == '/'", configOf([]));
  const backtest = played(chosen, ["nonsense", ...logOf(everySecond(3))]);
  expect([backtest.misread, backtest.firstMisread, backtest.harvest.requests]).toEqual([1, "nonsense", 3]);
});
