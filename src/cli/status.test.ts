import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { Slots } from "../config/slots.ts";
import type { Status } from "../control/status.ts";
import { startText } from "./banner.ts";
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
  active: 3,
  requests: 12345,
  failures: 0,
} as const;

const sample: Status = {
  version: "0.1.0",
  pid: 4321,
  state: "ready",
  startedAt: "2026-01-01T00:00:00.000Z",
  uptimeSeconds: 3725,
  generation: 2,
  config: "/etc/sluice.toml",
  lastReload: {
    successful: false,
    at: "2026-01-01T01:00:00.000Z",
    problems: ['sluice.toml:3:1: error: pools.app.retires is not a known key; did you mean "retries"?'],
  },
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
  listeners: [{ name: "web", address: "[::]:8080", pool: "app", connections: 17, requests: 23456 }],
  pools: [
    {
      name: "app",
      balance: "p2c",
      queued: 2,
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
};

test("status reads like this", () => {
  expect(statusText(sample)).toMatchInlineSnapshot(`
    "sluice 0.1.0, process 4321, ready, up 1h 2m, plan 2 from /etc/sluice.toml
    the last reload, at 2026-01-01T01:00:00.000Z, failed:
      sluice.toml:3:1: error: pools.app.retires is not a known key; did you mean "retries"?

      WORKER  PID   STATE    CONNECTIONS  RESTARTS  LAST EXIT
      0       4400  up                17         0
      1       -     waiting            0         3  signal SIGSEGV

      LISTENER  ADDRESS  POOL  CONNECTIONS  REQUESTS
      web       :8080    app            17     23456

    pool app (p2c, 2 waiting)
      SERVER           STATE       WEIGHT     ACTIVE  REQUESTS  FAILURES  REASON
      127.0.0.1:8081   up          1               3     12345         0
      app.internal:80  unresolved  10 backup       3     12345         0  there is no such name"
  `);
});

test("the start is told like this", () => {
  const { config } = judge({
    listeners: { web: { listen: ":8080", use: "app" } },
    pools: { app: { servers: ["a:1"] } },
  });
  const control = {
    plan: compile(config!, new Slots(), () => undefined),
    workers: 2,
    adminAddress: { kind: "tcp", host: "127.0.0.1", port: 2112 },
    status: () => sample,
  } as const;
  expect(startText(control, "0.1.0")).toMatchInlineSnapshot(`
    "sluice 0.1.0, process 4321, 2 workers
      listener  web  :8080 -> pool app
      pool      app  2 servers, 1 up, p2c
      admin     http://127.0.0.1:2112"
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
  const writer = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
  expect(await status({ admin: `127.0.0.1:${port}` }, writer)).toBe(1);
  expect(said).toEqual([
    `sluice: no Sluice answers at http://127.0.0.1:${port}: nothing listens there (is Sluice running? --admin names another address)`,
  ]);
});

test("something else on that address is not taken for Sluice", async () => {
  const other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("<html>") });
  const said: string[] = [];
  const writer = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
  expect(await status({ admin: `127.0.0.1:${other.port}` }, writer)).toBe(1);
  expect(said).toEqual([`sluice: what answers at http://127.0.0.1:${other.port} is not Sluice`]);
  await other.stop(true);
});
