import { describe, expect, test } from "bun:test";
import { compile, hostNames, workersOf } from "./compile.ts";
import { cookieOf } from "./compilepool.ts";
import type { ConfigInput, PoolInput } from "./input.ts";
import { judge } from "./judge.ts";
import type { Plan } from "./plan.ts";
import { Slots } from "./slots.ts";
import type { Config } from "./types.ts";

const checked = (input: ConfigInput): Config => {
  const { config, findings } = judge(input);
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
};
const minimal: ConfigInput = {
  listeners: { web: { listen: ":80", use: "app" } },
  pools: { app: { servers: ["10.0.0.1:80"] } },
};
const withPool = (pool: Partial<PoolInput>): Plan =>
  compile(checked({ ...minimal, pools: { app: { servers: ["10.0.0.1:80"], ...pool } } }), new Slots(), () => undefined);

test("a server is known to cookies and tables by what it is called, or by its address and theirs, and by what its pool alone calls it", () => {
  const { pools } = compile(
    checked({
      listeners: { web: { listen: ":80", use: "app", rules: [{ if: "path == '/'", use: "api" }] } },
      tables: { seen: { store: ["server_id"] } },
      pools: {
        app: { servers: ["10.0.0.1:80"], sticky: "S", stick: { table: "seen" } },
        api: {
          servers: ["10.0.0.1:80", { address: "10.0.0.2:80", cookie: "two", id: "second" }],
          sticky: { cookie: "S" },
          stick: { table: "seen", store: false },
        },
      },
    }),
    new Slots(),
    () => undefined,
  );
  const names = pools.map(({ servers }) =>
    servers.map(({ cookie, formerCookie, stickId, formerStickId }) => [cookie, formerCookie, stickId, formerStickId]),
  );
  expect(names).toEqual([
    [[cookieOf("|S/10.0.0.1:80"), cookieOf("app/10.0.0.1:80"), "|seen/10.0.0.1:80", undefined]],
    [
      [cookieOf("|S/10.0.0.1:80"), cookieOf("api/10.0.0.1:80"), "|seen/10.0.0.1:80", undefined],
      ["two", cookieOf("api/10.0.0.2:80"), "second", undefined],
    ],
  ]);
  expect(pools.map(({ stick }) => stick)).toEqual([
    { table: 0, key: "src" },
    { table: 0, key: "src", isReadOnly: true },
  ]);
});

test("a pool that is alone with its cookie and its table knows its servers by their words of when it was not", () => {
  const { pools } = compile(
    checked({
      ...minimal,
      tables: { seen: { store: ["server_id"] } },
      pools: { app: { servers: ["10.0.0.1:80"], sticky: "S", stick: { table: "seen" } } },
    }),
    new Slots(),
    () => undefined,
  );
  expect(pools[0]!.servers[0]).toMatchObject({
    cookie: cookieOf("app/10.0.0.1:80"),
    formerCookie: cookieOf("|S/10.0.0.1:80"),
    formerStickId: "|seen/10.0.0.1:80",
  });
  expect(pools[0]!.servers[0]!.stickId).toBeUndefined();
});

test("every default of a minimal config", () => {
  expect(compile(checked(minimal), new Slots(), () => undefined)).toEqual({
    generation: 1,
    listeners: [
      {
        name: "web",
        slot: 0,
        address: { kind: "tcp", host: "::", port: 80 },
        mode: "http",
        route: 0,
        names: [],
        proxyProtocol: false,
        isAbortedByClose: false,
        http2: true,
        tls: null,
        redirect: null,
        hsts: null,
        udp: null,
        connectionsMax: 20_000,
        isByClient: false,
        timeouts: {
          handshakeMs: 10_000,
          clientIdleMs: 0,
          headMs: 10_000,
          idleMs: 60_000,
          readMs: 60_000,
          tunnelMs: 3_600_000,
          lingerMs: 2000,
        },
        forwarding: {
          trusted: [],
          areFieldsBelieved: true,
          except: [],
          xForwardedFor: true,
          xForwardedProto: true,
          xForwardedHost: true,
          forwarded: false,
          via: "sluice",
        },
        requestId: { header: "x-request-id", keep: true },
        rules: { connection: [], request: [], response: [], afterResponse: [] },
        errors: [],
        auth: null,
        proxy: null,
        cors: null,
        body: { isSaid: false, compress: null, replace: [] },
        hooks: null,
        log: null,
      },
    ],
    pools: [
      {
        name: "app",
        slot: 0,
        balance: { policy: "weightedRoundRobin", key: { kind: "ip" }, loadFactor: 1.25, sticky: null },
        servers: [
          {
            id: "app/10.0.0.1:80",
            name: "10.0.0.1:80",
            slot: 0,
            address: { kind: "tcp", host: "10.0.0.1", port: 80 },
            weight: 1,
            backup: false,
            isDrained: false,
            connectionsMax: 0,
            cookie: cookieOf("app/10.0.0.1:80"),
            tls: null,
            isHttp2: false,
            proxyProtocol: 0,
            source: "",
          },
        ],
        timeouts: { connectMs: 5000, responseMs: 60_000, readMs: 60_000, serverIdleMs: 0 },
        retries: 2,
        redispatch: true,
        isOneBackup: false,
        retryBudget: { ratio: 0.2, minimumPerSecond: 10 },
        queue: { lengthMax: 1024, timeoutMs: 5000 },
        idle: { connectionsMax: 256, timeoutMs: 30_000 },
        slowStartMs: 0,
        panicThreshold: 0.5,
        check: null,
        ejection: null,
        reply: null,
        rules: { connection: [], request: [], response: [], afterResponse: [] },
        errors: [],
        stick: null,
        cache: null,
        targets: null,
        body: { isSaid: false, compress: null, replace: [] },
        mirror: null,
        hooks: null,
      },
    ],
    routes: [{ slot: 0, listener: 0, pool: 0 }],
    certificates: [],
    pems: {},
    challenges: [],
    accessLog: null,
    recorder: { entriesMax: 1000, hasQuery: false },
    tables: [],
    lists: [],
    caches: [],
    egresses: [],
    program: null,
    banned: { status: 403, reason: "", fields: [], body: null, isTemplate: false, retryAfterS: 0 },
    debugToken: null,
    limits: {
      headBytesMax: 32_768,
      fieldsMax: 128,
      bodyBytesMax: 0,
      requestsPerConnectionMax: 0,
      streamsPerConnectionMax: 100,
    },
    drainMs: 30_000,
  });
});

test("timeouts of a listener or pool override those for all, key by key", () => {
  const plan = compile(
    checked({
      timeouts: { head: "1s", read: "7s", connect: "3s" },
      listeners: { web: { listen: ":80", use: "app", timeouts: { head: "2s", idle: undefined } } },
      pools: { app: { servers: ["a:1"], timeouts: { read: "9s", serverIdle: "8s" } } },
    }),
    new Slots(),
    () => undefined,
  );
  expect(plan.listeners[0]!.timeouts).toMatchObject({ headMs: 2000, idleMs: 60_000, readMs: 7000 });
  expect(plan.pools[0]!.timeouts).toEqual({ connectMs: 3000, responseMs: 60_000, readMs: 9000, serverIdleMs: 8000 });
});

describe("servers", () => {
  test("a host name has the address that the caller knows, or none", () => {
    const config = checked({
      ...minimal,
      pools: { app: { servers: ["known:80", "unknown:80", "unix:/run/a.sock", "[::1]:80"] } },
    });
    const plan = compile(config, new Slots(), (host) => (host === "known" ? "10.1.1.1" : undefined));
    expect(plan.pools[0]!.servers.map((server) => server.address)).toEqual([
      { kind: "tcp", host: "10.1.1.1", port: 80 },
      { kind: "tcp", host: "", port: 0 },
      { kind: "unix", path: "/run/a.sock" },
      { kind: "tcp", host: "::1", port: 80 },
    ]);
    expect(hostNames(config)).toEqual(["known", "unknown"]);
  });

  test("a weight is written after the caret or as a key", () => {
    const plan = withPool({
      servers: ["a:1^7", { address: "b:1", weight: 9, backup: true, maxConnections: 5 }, "c:1"],
    });
    expect(plan.pools[0]!.servers.map((server) => server.weight)).toEqual([7, 9, 1]);
    expect(plan.pools[0]!.servers[1]).toMatchObject({ name: "b:1", backup: true, connectionsMax: 5 });
  });

  test("the sticky cookie's value is short, differs between servers, and is the same forever", () => {
    expect(cookieOf("app/10.0.0.1:80")).toBe(cookieOf("app/10.0.0.1:80"));
    // FNV-1a, as computed with integers of 64 bits.
    expect(["", "app/10.0.0.1:80", "shop/[::1]:8080"].map(cookieOf)).toEqual([
      "y_Kc5IQiIyU",
      "WlmFzBYJ8rk",
      "0rsqqB3DIjk",
    ]);
    const values = new Set(
      Array.from({ length: 4096 }, (_, index) => cookieOf(`app/10.0.${index >> 8}.${index & 255}:80`)),
    );
    expect(values.size).toBe(4096);
    for (const value of values) expect(value).toMatch(/^[A-Za-z0-9_-]{11}$/);
  });
});

test("balancing, stickiness, checks and ejection in all their forms", () => {
  expect(
    withPool({ balance: { policy: "boundedHash", key: "header:X-User", loadFactor: 2 } }).pools[0]!.balance,
  ).toEqual({
    policy: "boundedHash",
    key: { kind: "header", name: "x-user" },
    loadFactor: 2,
    sticky: null,
  });
  expect(withPool({ balance: { policy: "consistentHash", key: "cookie:Sid" } }).pools[0]!.balance.key).toEqual({
    kind: "cookie",
    name: "Sid",
  });
  expect(withPool({ balance: { policy: "consistentHash", key: "uri" } }).pools[0]!.balance.key).toEqual({
    kind: "uri",
  });
  const plain = { isPrefix: false, maxAgeS: null, secure: false, httpOnly: true, sameSite: null, path: "/" };
  expect(withPool({ sticky: "srv" }).pools[0]!.balance.sticky).toEqual({ cookie: "srv", ...plain });
  expect(withPool({ sticky: { cookie: "srv" } }).pools[0]!.balance.sticky).toEqual({ cookie: "srv", ...plain });
  expect(withPool({ sticky: { cookie: "srv", maxAge: "1m30s" } }).pools[0]!.balance.sticky).toMatchObject({
    maxAgeS: 90,
  });
  const probe = {
    everyMs: 2000,
    timeoutMs: 1000,
    rise: 2,
    fall: 3,
    send: null,
    receive: null,
    exec: null,
    tls: null,
    port: null,
  };
  expect(withPool({ check: { tcp: true } }).pools[0]!.check).toEqual({ kind: "tcp", http: null, ...probe });
  expect(withPool({ check: { http: "/up", expect: 204 } }).pools[0]!.check).toEqual({
    kind: "http",
    http: { method: "GET", path: "/up", host: "", expect: [{ from: 204, to: 204 }] },
    ...probe,
  });
  expect(withPool({ ejection: { consecutiveFailures: false, latency: "1s" } }).pools[0]!.ejection).toEqual({
    consecutiveFailures: null,
    errorRatio: null,
    latencyMs: 1000,
    minimumRequests: 20,
    intervalMs: 10_000,
    baseMs: 30_000,
    maximumMs: 300_000,
  });
});

test("what is off is null, and blocks are written as blocks", () => {
  const plan = compile(
    checked({
      ...minimal,
      listeners: {
        web: {
          listen: ":80",
          use: "app",
          via: false,
          requestId: false,
          trustedProxies: ["10.0.0.1", "FD00::1", "10.0.0.0/8"],
        },
      },
    }),
    new Slots(),
    () => undefined,
  );
  expect(plan.listeners[0]).toMatchObject({
    requestId: null,
    forwarding: { via: null, trusted: ["10.0.0.1/32", "fd00::1/128", "10.0.0.0/8"] },
  });
});

test("a plan is frozen to its leaves and survives JSON", () => {
  const plan = withPool({ check: { http: "/" } });
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    expect(Object.isFrozen(value)).toBe(true);
    Object.values(value).forEach(walk);
  };
  walk(plan);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

test("over a reload, rows stay with their names and are not shared", () => {
  const slots = new Slots();
  const two = checked({
    listeners: { a: { listen: ":1", use: "x" }, b: { listen: ":2", use: "y" } },
    pools: { x: { servers: ["s:1", "s:2"] }, y: { servers: ["s:1"] } },
  });
  const before = compile(two, slots, () => undefined, 1);
  const after = compile(
    checked({ listeners: { b: { listen: ":2", use: "x" } }, pools: { x: { servers: ["s:3", "s:2"] } } }),
    slots,
    () => undefined,
    2,
  );
  expect(after.generation).toBe(2);
  expect(after.listeners[0]!.slot).toBe(before.listeners[1]!.slot);
  expect(after.pools[0]!.servers[1]!.slot).toBe(before.pools[0]!.servers[1]!.slot);
  expect(slots.given.map((holder) => `${holder.kind} ${holder.name}`)).toEqual(["routes b/x", "servers x/s:3"]);
  expect(slots.gone.map((holder) => holder.name)).toEqual(["a", "a/x", "b/y", "y", "x/s:1", "y/s:1"]);
});

test("auto is one worker for each core, between 1 and 64", () => {
  expect([0, 1, 8, 128].map((cores) => workersOf(checked(minimal), cores))).toEqual([1, 1, 8, 64]);
  expect(workersOf(checked({ ...minimal, workers: 3 }), 8)).toBe(3);
});
