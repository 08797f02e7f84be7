import { describe, expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { Slots } from "../config/slots.ts";
import type { Status } from "../control/status.ts";
import { startFields, startText } from "./banner.ts";
import { age, status, statusText } from "./status.ts";

const server = {
  name: "127.0.0.1:8081",
  address: "127.0.0.1:8081",
  state: "up",
  reason: null,
  since: "2026-01-01T00:00:00.000Z",
  isEligible: true,
  weight: 1,
  backup: false,
  isDrained: false,
  active: 3,
  requests: 12345,
  failures: 0,
  kept: null,
} as const;

const listener = {
  mode: "http",
  tls: null,
  pool: "",
  pools: [],
  redirect: false,
  connections: 0,
  requests: 0,
  sessions: 0,
  refused: 0,
  bytesReceived: 0,
  bytesSent: 0,
} as const;

const sample: Status = {
  version: "0.1.0",
  pid: 4321,
  state: "ready",
  startedAt: "2026-01-01T00:00:00.000Z",
  uptimeSeconds: 3725,
  generation: 2,
  config: "/etc/sluice.toml",
  configOrigin: "/etc/sluice.toml",
  lastReload: {
    successful: false,
    at: "2026-01-01T01:00:00.000Z",
    problems: ['sluice.toml:3:1: error: pools.app.retires is not a known key; did you mean "retries"?'],
  },
  confirmBy: "2026-01-01T01:03:00.000Z",
  workers: [
    { worker: 0, pid: 4400, state: "up", generation: 2, restarts: 0, lastExit: null, connections: 17 },
    {
      worker: 1,
      pid: null,
      state: "waiting",
      generation: null,
      restarts: 3,
      lastExit: "signal SIGSEGV",
      connections: 0,
    },
  ],
  listeners: [
    { ...listener, name: "web", address: "[::]:8080", pool: "app", pools: ["app"], connections: 17, requests: 23456 },
  ],
  pools: [
    {
      name: "app",
      balance: "p2c",
      queued: 2,
      sources: [],
      servers: [
        server,
        {
          ...server,
          name: "app.internal:80",
          address: null,
          state: "unresolved",
          reason: "there is no such name",
          isEligible: false,
          backup: true,
          weight: 10,
        },
      ],
    },
  ],
  removedServers: [],
  caches: [],
  egress: [],
  fleet: null,
  registry: null,
  sentinel: null,
};

test("a worker that stands still says so in place of how the one before it ended", () => {
  const [first] = sample.workers;
  const workers = [{ ...first!, state: "stalled" as const, restarts: 1, lastExit: "signal SIGSEGV" }];
  const line = statusText({ ...sample, workers })
    .split("\n")
    .find((text) => text.includes("stalled"));
  expect(line).toContain("stands still, takes nothing");
  expect(line).not.toContain("SIGSEGV");
});

test("a fleet is a line, with what is wrong with it", () => {
  const figures = { ageMs: 9000, exchanges: 1, failures: 1, keysSent: 0, keysReceived: 0, problem: null };
  const fleet: NonNullable<Status["fleet"]> = {
    ...{ name: "eu", node: "n1", redis: "10.0.0.9:6379", isUp: true, problem: null, since: null, intervalMs: 200 },
    ...{ staleMs: 5000, whenStale: "open", bans: true, outages: 0, nodes: 3, heartbeatAgeMs: 40, clockAheadMs: 3 },
    tables: [{ ...figures, table: "shop", isStale: false }],
  };
  const lineOf = (more: Partial<typeof fleet>): string | undefined =>
    statusText({ ...sample, fleet: { ...fleet, ...more } })
      .split("\n")
      .at(-1);
  expect(lineOf({})).toBe("fleet eu (n1): one of 3 nodes, by Redis 10.0.0.9:6379");
  expect(
    lineOf({ isUp: false, problem: "connection refused", tables: [{ ...figures, table: "shop", isStale: true }] }),
  ).toBe("fleet eu (n1): Redis 10.0.0.9:6379 is away: connection refused; news of others are stale in shop");
});

test("of the pools that rules and names lead to, the first are shown with the listener", () => {
  const poolsText = (...pools: string[]): string =>
    statusText({ ...sample, listeners: [{ ...sample.listeners[0]!, pools: ["app", ...pools] }] });
  expect(poolsText("a", "b")).toContain("  a, b, else app  ");
  expect(poolsText("a", "b", "c", "d")).toContain("  a, b, c, d, else app  ");
  expect(poolsText("a", "b", "c", "d", "e")).toContain("  a, b, c and 2 more, else app  ");
});

test("status reads like this", () => {
  expect(statusText(sample)).toMatchInlineSnapshot(`
    "sluice 0.1.0, process 4321, ready, up 1h 2m, plan 2 from /etc/sluice.toml
    the last reload, at 2026-01-01T01:00:00.000Z, failed:
      sluice.toml:3:1: error: pools.app.retires is not a known key; did you mean "retries"?
    the last change is rolled back at 2026-01-01T01:03:00.000Z, unless it is confirmed: sluice reload confirm

      WORKER  PID   STATE    CONNECTIONS  RESTARTS  LAST EXIT
      0       4400  up                17         0
      1       -     waiting            0         3  signal SIGSEGV

      LISTENER  ADDRESS  MODE  TLS  POOL  CONNECTIONS  REQUESTS  REFUSED
      web       :8080    http  -    app            17     23456        0

    pool app (p2c, 2 waiting)
      SERVER           STATE       WEIGHT     ACTIVE  REQUESTS  FAILURES  REASON
      127.0.0.1:8081   up          1               3     12345         0
      app.internal:80  unresolved  10 backup       3     12345         0  there is no such name"
  `);
});

test("servers that are gone stand with their pool, or by themselves, while what they were given goes on", () => {
  const since = "2026-01-01T00:59:00.000Z";
  const gone = { pool: "app", name: "127.0.0.1:8082", address: "127.0.0.1:8082", since, active: 4 };
  const lines = (removedServers: Status["removedServers"], pools = sample.pools): string =>
    statusText({ ...sample, pools, removedServers })
      .split("\n\n")
      .slice(3)
      .join("\n\n");
  expect(lines([gone, { ...gone, pool: "old", active: 1 }])).toMatchInlineSnapshot(`
    "pool app (p2c, 2 waiting)
      SERVER           STATE       WEIGHT     ACTIVE  REQUESTS  FAILURES  REASON
      127.0.0.1:8081   up          1               3     12345         0
      app.internal:80  unresolved  10 backup       3     12345         0  there is no such name
      127.0.0.1:8082   removed     -               4         -         -  not in the pool any more since 2026-01-01T00:59:00Z

    pool old (not in the config any more)
      SERVER          STATE    WEIGHT  ACTIVE  REQUESTS  FAILURES  REASON
      127.0.0.1:8082  removed  -            1         -         -  not in the pool any more since 2026-01-01T00:59:00Z"
  `);
  const none = { ...sample.pools[0]!, servers: [] };
  expect(lines([gone], [none])).toMatchInlineSnapshot(`
    "pool app (p2c, 2 waiting)
      SERVER          STATE    WEIGHT  ACTIVE  REQUESTS  FAILURES  REASON
      127.0.0.1:8082  removed  -            4         -         -  not in the pool any more since 2026-01-01T00:59:00Z"
  `);
  expect(lines([], [none])).toMatchInlineSnapshot(`
    "pool app (p2c, 2 waiting)
      SERVER  STATE  WEIGHT  ACTIVE  REQUESTS  FAILURES  REASON"
  `);
});

test("servers that are only kept are told with since when and why, and a config without a file with where it stands", () => {
  const since = "2026-11-22T12:03:04.567Z";
  const why = "cannot be asked at 10.0.0.9:6379: connection refused";
  const source: Status["pools"][number]["sources"][number] = {
    ...{ source: "registry shop", servers: 2, lastSuccess: since, ageSeconds: 41, remarks: [] },
    ...{ problem: { text: why, since }, kept: { servers: 2, since, why } },
  };
  const back = { ...source, ageSeconds: 1, problem: null, kept: { servers: 1, since, why: "not seen there yet" } };
  const kept = { source: "registry shop", since };
  const pool = {
    ...sample.pools[0]!,
    queued: 0,
    servers: [
      { ...server, kept },
      { ...server, reason: "a word", kept },
    ],
  };
  const configOrigin = "environment";
  const text = statusText({
    ...sample,
    configOrigin,
    workers: [],
    listeners: [],
    pools: [{ ...pool, sources: [source, back] }],
  });
  expect(text).toContain("plan 2 from environment\n");
  expect(text.slice(text.indexOf("pool app"))).toMatchInlineSnapshot(`
    "pool app (p2c)
      from registry shop: 2 servers, 41s ago; kept since 2026-11-22T12:03:04Z: cannot be asked at 10.0.0.9:6379: connection refused
      from registry shop: 2 servers, 1s ago; 1 of them kept since 2026-11-22T12:03:04Z: not seen there yet
      SERVER          STATE  WEIGHT  ACTIVE  REQUESTS  FAILURES  REASON
      127.0.0.1:8081  up     1            3     12345         0  kept since 2026-11-22T12:03:04Z
      127.0.0.1:8081  up     1            3     12345         0  a word; kept since 2026-11-22T12:03:04Z"
  `);
});

describe("the start", () => {
  const { config } = judge({
    listeners: { web: { listen: ":8080", use: "app" } },
    pools: { app: { servers: ["a:1"] } },
  });
  const control = {
    plan: compile(config!, new Slots(), () => undefined),
    workers: 2,
    adminAddress: { kind: "tcp", host: "127.0.0.1", port: 2112 },
    otherDoors: { metrics: null, ipmanager: null },
    status: () => sample,
  } as const;
  const states = { available: 340, coolingDown: 1, trial: 0, banned: 0 };
  const egress = [{ name: "scrape", members: 341, states, choose: "random" }] as unknown as Status["egress"];
  const whole = {
    ...control,
    otherDoors: {
      metrics: { kind: "tcp", host: "127.0.0.1", port: 9100 },
      ipmanager: { kind: "tcp", host: "127.0.0.1", port: 3128 },
    },
    status: () => ({ ...sample, egress }),
  } as const;

  test("is told to a person like this", () => {
    expect(startText(control, "0.1.0")).toMatchInlineSnapshot(`
      "sluice 0.1.0, process 4321, 2 workers
        listener  web  :8080 -> pool app
        pool      app  2 servers, 1 up, p2c
        admin     http://127.0.0.1:2112"
    `);
  });

  test("names egress pools, and the addresses of metrics and of ipmanager's pages", () => {
    expect(startText(whole, "0.1.0").split("\n").slice(3)).toEqual([
      "  egress    scrape  341 members, 340 available, random",
      "  admin     http://127.0.0.1:2112",
      "  metrics   http://127.0.0.1:9100",
      "  ipmanager http://127.0.0.1:3128",
    ]);
  });

  test("is told to a program in fields, of which those are there that have something to say", () => {
    expect(startFields(whole, "0.1.0")).toMatchObject({
      ...{ version: "0.1.0", pid: 4321, workers: 2, admin: "127.0.0.1:2112" },
      ...{ metrics: "127.0.0.1:9100", ipmanager: "127.0.0.1:3128" },
      egress: [{ name: "scrape", members: 341, available: 340 }],
    });
    expect(Object.keys(startFields(control, "0.1.0"))).toEqual([
      ...["version", "pid", "workers", "listeners", "admin", "pools", "state"],
    ]);
  });
});

test("listeners that carry connections and datagrams are told in sessions and bytes", () => {
  const tls = { certificates: 2, notAfter: "2027-01-01T00:00:00.000Z", clientCertificate: "required" } as const;
  const listeners: Status["listeners"] = [
    { ...listener, name: "plain", address: "[::]:80", redirect: true, requests: 7 },
    { ...listener, name: "web", address: "[::]:443", tls, pool: "app", pools: ["app"], requests: 12, refused: 3 },
    {
      ...listener,
      name: "mail",
      address: "[::]:465",
      mode: "tcp",
      pools: ["a", "b"],
      connections: 2,
      sessions: 40,
      bytesReceived: 812,
      bytesSent: 34_512_345,
    },
    { ...listener, name: "dns", address: "[::]:53", mode: "udp", pool: "d", pools: ["d"], bytesSent: 999_950 },
  ];
  const text = statusText({ ...sample, listeners, workers: [], pools: [] });
  expect(text.slice(text.indexOf("LISTENER") - 2)).toMatchInlineSnapshot(`
    "  LISTENER  ADDRESS  MODE  TLS                   POOL        CONNECTIONS  REQUESTS  REFUSED
      plain     :80      http  -                     (to https)            0         7        0
      web       :443     http  2 certificates, mTLS  app                   0        12        3

      LISTENER  ADDRESS  MODE  TLS  POOL  CONNECTIONS  SESSIONS  REFUSED  RECEIVED       SENT
      mail      :465     tcp   -    a, b            2        40        0     812 B   32.9 MiB
      dns       :53      udp   -    d               0         0        0       0 B  976.5 KiB"
  `);
});

test("caches are told with what they hold, and a Redis behind them with since when it is away, and why", () => {
  const up = {
    address: "10.0.0.1:6379",
    state: "up",
    reason: null,
    since: null,
    refusal: null,
    isOwing: false,
  } as const;
  const reason = "there is no connection to it";
  const since = "2026-01-01T00:00:00.000Z";
  const away = { address: "10.0.0.2:6379", state: "away", reason, since, refusal: null, isOwing: true } as const;
  const holds = { responses: 12, bytes: 2 ** 20, bytesMax: 2 ** 27 };
  const caches: Status["caches"] = [
    { name: "pages", memory: "shared", holds, redis: up },
    { name: "images", memory: "shared", holds, redis: away },
    { name: "full", memory: "worker", holds: null, redis: { ...up, refusal: "its memory is full" } },
    { name: "own", memory: "worker", holds: null, redis: null },
  ];
  const text = statusText({ ...sample, workers: [], listeners: [], pools: [], caches });
  expect(text.slice(text.indexOf("CACHE") - 2)).toMatchInlineSnapshot(`
    "  CACHE   MEMORY                RESPONSES  REDIS
      pages   1.0 MiB of 128.0 MiB         12  10.0.0.1:6379 up
      images  1.0 MiB of 128.0 MiB         12  10.0.0.2:6379 away since 2026-01-01T00:00:00Z: there is no connection to it; purges wait for it
      full    (each worker's own)           -  10.0.0.1:6379 takes nothing: its memory is full
      own     (each worker's own)           -  -"
  `);
});

test("ages are told in two units", () => {
  expect([0, 45, 60, 725, 11_520, 356_400].map(age)).toEqual(["0s", "45s", "1m", "12m 5s", "3h 12m", "4d 3h"]);
});

test("no Sluice to ask is a failure with a hint", async () => {
  const closed = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = closed;
  closed.stop(true);
  const said: string[] = [];
  const writer = {
    out: (text: string) => said.push(text),
    err: (text: string) => said.push(text),
    note: (text: string) => said.push(text),
  };
  expect(await status({ admin: `127.0.0.1:${port}` }, writer)).toBe(1);
  expect(said).toEqual([
    `sluice: no Sluice answers at http://127.0.0.1:${port}: nothing listens there (is Sluice running? --admin names another address)`,
  ]);
});

test("something else on that address is not taken for Sluice", async () => {
  const other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("<html>") });
  const said: string[] = [];
  const writer = {
    out: (text: string) => said.push(text),
    err: (text: string) => said.push(text),
    note: (text: string) => said.push(text),
  };
  expect(await status({ admin: `127.0.0.1:${other.port}` }, writer)).toBe(1);
  expect(said).toEqual([`sluice: what answers at http://127.0.0.1:${other.port} is not Sluice`]);
  await other.stop(true);
});
