import { describe, expect, test } from "bun:test";
import type { Figures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { Status } from "../../../src/control/status.ts";
import { History } from "./history.ts";
import { type Problem, problemsOf } from "./problems.ts";
import { figuresOf, poolOf, serverOf } from "./testing.ts";

interface Stage {
  readonly figures?: Partial<Figures>;
  readonly status?: Partial<Status>;
  readonly servers?: readonly ServerFigures[];
  /** Of each of the last seconds, the newest last. */
  readonly past?: readonly Partial<Figures>[];
}

const nowMs = Date.parse("2026-01-01T01:00:00Z");
const second = nowMs / 1000;

function found({ figures = {}, status, servers = [], past = [] }: Stage): Problem[] {
  const history = new History();
  for (const [index, each] of past.entries()) history.push(figuresOf(second - past.length + index, each));
  const known = { lastReload: { successful: true, at: "", problems: [] }, workers: [], listeners: [], ...status };
  return problemsOf({
    figures: figuresOf(second, figures),
    status: status === undefined ? null : (known as unknown as Status),
    ...{ servers, history, nowMs },
  });
}
const down = (name: string, reason = "connection refused"): ServerFigures =>
  serverOf("app", name, { state: "down", isEligible: false, reason });

test("a quiet Sluice has none", () => {
  expect(found({ figures: { pools: [poolOf("app")] }, servers: [serverOf("app", "s1")], status: {} })).toEqual([]);
});

test("a change that waits to be confirmed is told, with the time that is left", () => {
  const [problem, ...more] = found({ figures: { confirmBy: "2026-01-01T01:00:45Z" } });
  expect(problem).toMatchObject({ key: "confirm", tone: "warn", why: "it is rolled back in 45 s", link: "#/config" });
  expect(more).toEqual([]);
});

describe("servers", () => {
  test("in trouble are named one by one, with why and since when, and a link to each", () => {
    const problems = found({
      figures: { pools: [poolOf("app", { servers: 3, eligible: 2 })] },
      servers: [down("s 1")],
    });
    expect(problems.map(({ tone, text, why, since, link }) => [tone, text, why, since, link])).toEqual([
      [
        "warn",
        "Server s 1 of pool app is down",
        "connection refused",
        "2026-01-01T00:00:00.000Z",
        "#/servers/app/s%201",
      ],
    ]);
  });

  test("that are many are one line, with what most of them have", () => {
    const servers = [down("a"), down("b"), down("c", "timeout"), down("d")];
    const [problem, ...more] = found({ figures: { pools: [poolOf("app", { servers: 9, eligible: 5 })] }, servers });
    expect([problem?.text, problem?.why]).toEqual([
      ...["4 of 9 servers of pool app are out of service", "connection refused (3)"],
    ]);
    expect(more).toEqual([]);
  });

  test("of a pool that has none left are its trouble, and the first of all", () => {
    const problems = found({
      figures: { pools: [poolOf("idle", { queued: 2 }), poolOf("app", { servers: 2, eligible: 0 })] },
      servers: [down("a"), down("b")],
    });
    expect(problems.map(({ tone, text }) => `${tone}: ${text}`)).toEqual([
      "bad: Pool app has no server that takes requests",
      "warn: 2 requests wait for a server of pool idle",
    ]);
  });

  test("that drain on purpose are none", () => {
    const servers = [serverOf("app", "a", { state: "draining", isEligible: false })];
    expect(found({ figures: { pools: [poolOf("app", { servers: 2 })] }, servers })).toEqual([]);
  });
});

describe("errors", () => {
  const minute = (errors: number): Partial<Figures>[] => Array.from({ length: 60 }, () => ({ errors }));

  test("are told by their share of the last minute", () => {
    expect(found({ past: minute(0.5) })).toEqual([]);
    expect(found({ past: minute(2) }).map(({ tone, text }) => [tone, text])).toEqual([["warn", "2% of requests fail"]]);
    expect(found({ past: minute(10) })[0]?.tone).toBe("bad");
  });

  test("name the pool that has most of them", () => {
    const pools = [poolOf("a"), poolOf("b", { errors: 3 })];
    expect(found({ past: minute(2), figures: { pools } })[0]?.why).toBe("most of them in pool b");
  });

  test("of a handful of requests say nothing", () => {
    expect(found({ past: [{ requests: 2, errors: 2 }] })).toEqual([]);
  });
});

test("slowness is told against what is usual, once that is known", () => {
  const latency = (p99Ms: number): Partial<Figures> => ({ latency: { p50Ms: 1, p90Ms: 2, p99Ms } });
  const usual = Array.from({ length: 200 }, () => latency(40));
  const slow = Array.from({ length: 15 }, () => latency(200));
  expect(found({ past: usual })).toEqual([]);
  expect(found({ past: slow })).toEqual([]);
  expect(found({ past: [...usual, ...slow] })[0]?.text).toBe("Requests take 5 times as long as before");
});

test("a reload that failed, workers that are missing, and a service that is down are told", () => {
  const lastReload = { successful: false, at: "2026-01-01T00:30:00Z", problems: ["pools.app: no servers"] };
  const worker = { worker: 1, requests: 0, connections: 0, upstreamConnections: 0, cpu: 0, residentBytes: 0 };
  const workers = [{ worker: 1, lastExit: "signal SIGSEGV" }] as unknown as Status["workers"];
  const problems = found({
    figures: { state: "down", workers: [{ ...worker, state: "waiting" }] },
    status: { lastReload, workers, generation: 4 },
  });
  expect(problems.map(({ tone, text, why }) => `${tone}: ${text}: ${why}`)).toEqual([
    "bad: No worker is up: nothing is served",
    "bad: The last reload failed; plan 4 stays in force: pools.app: no servers",
    "warn: Worker 1 is waiting: the one before it: signal SIGSEGV",
  ]);
});

test("certificates are told of two weeks before they end, and loudly at the last", () => {
  const listener = (days: number): Partial<Status> => ({
    listeners: [{ name: "web", tls: { notAfter: new Date(nowMs + days * 86_400_000).toISOString() } }] as never,
  });
  expect(found({ status: listener(30) })).toEqual([]);
  expect(found({ status: listener(9) }).map(({ tone, why }) => [tone, why])).toEqual([["warn", "in 9 d"]]);
  expect(found({ status: listener(2) })[0]?.tone).toBe("bad");
  expect(found({ status: listener(-1) })[0]?.text).toBe("A certificate of listener web has expired");
});

test("an egress pool is told of when few of its addresses are left, and when none is", () => {
  const egress = (available: number): Partial<Figures> => ({
    egress: [{ pool: "out", requests: 0, failures: 0, members: 10, available }],
  });
  expect(found({ figures: egress(4) })).toEqual([]);
  expect(found({ figures: egress(1) })[0]?.tone).toBe("warn");
  expect(found({ figures: egress(0) })[0]?.tone).toBe("bad");
});
