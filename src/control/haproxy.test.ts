// The whole of it behind a socket: commands come as bytes, orders reach the service by the desk, and the audit log has them. What single
// commands say is tested beside them.

import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HaproxyInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import type { AdminService } from "./adminservice.ts";
import type { AuditNote } from "./api/shape/audit.ts";
import type { ConfigService } from "./configuring/service.ts";
import { sample } from "./haproxy/sample.ts";
import { openSocket } from "./haproxy/socket.ts";
import { Haproxy } from "./haproxy.ts";
import type { Holdings } from "./holdings.ts";
import { silentLog } from "./log.ts";
import type { Roster } from "./roster.ts";
import { poolStatus } from "./status.ts";

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0).reverse()) end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "haproxy-"));
  ending.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function stage(more: Omit<HaproxyInput, "sockets"> = {}, isStarted = true) {
  const made = sample();
  const path = join(folder(), "admin.sock");
  const socket = { listen: `unix:${path}`, mode: "660", level: "admin" as const };
  const { proxies } = made.config.admin.haproxy!;
  const { config } = judge({ ...made.draft, admin: { haproxy: { sockets: [socket], proxies, ...more } } });
  const steered: string[] = [];
  const noted: AuditNote[] = [];
  const steer = (...words: string[]): null => {
    steered.push(words.join(" "));
    return null;
  };
  const status = () => ({ pools: made.plan.pools.map((pool) => poolStatus(pool, made.totals, made.conditionOf)) });
  const roster = {
    conditionOf: made.conditionOf,
    countsOf: () => ({ checksPassed: 0, checksFailed: 0, ejections: {} }),
  };
  const haproxy = new Haproxy({
    ...{ current: () => config!, service: { steer, status } as unknown as AdminService, operations: [] },
    log: silentLog(),
    ...{
      totals: made.totals,
      plan: () => made.plan,
      roster: roster as unknown as Roster,
      audit: { note: (note) => void noted.push(note) },
    },
    ...{ holdings: { lists: { status: () => [] } } as unknown as Holdings, configuring: {} as ConfigService },
  });
  haproxy.open();
  if (isStarted) await haproxy.started();
  ending.push(() => void haproxy.close());
  return { path, steered, noted, haproxy };
}

/** What comes until the other side closes; `half`: our side is closed at once. */
function ask(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = "";
    Bun.connect({
      unix: path,
      allowHalfOpen: true,
      socket: {
        open: (socket) => {
          socket.write(text);
          socket.shutdown();
        },
        data: (_, bytes) => void (told += bytes.toString()),
        end: (socket) => void socket.end(),
        close: () => resolve(told),
        error: (_, error) => reject(error),
      },
    }).catch(reject);
  });
}

test("an order that comes as socat sends it reaches the service once, and the audit log", async () => {
  const { path, steered, noted } = await stage();
  expect(await ask(path, "disable server app/a;show stat app 4 1\n")).toContain("\napp,a,");
  expect(steered).toEqual(["app 10.0.0.1:80 maintain"]);
  expect(noted).toMatchObject([{ operation: "maintainServer", peer: "unix", status: 200 }]);
  expect(noted[0]!.actor).toBe(`HAProxy socket unix:${path}`.slice(0, 100));
  expect(await ask(path, "show backend\nshow version")).toBe("# name\napp\nmail\n\n");
});

test("the socket's file has the mode that is written, and goes with it", async () => {
  const { path, haproxy } = await stage();
  expect(statSync(path).mode & 0o777).toBe(0o660);
  await haproxy.close();
  expect(existsSync(path)).toBe(false);
});

test("there is no socket before the first plan is in force, nor when the end came before that was said", async () => {
  const { path, haproxy } = await stage({}, false);
  expect(existsSync(path)).toBe(false);
  const started = haproxy.started();
  await haproxy.close();
  await started;
  expect(existsSync(path)).toBe(false);
});

test("more connections than there may be wait for a place, in turn, and one that leaves meanwhile has none", async () => {
  const { path } = await stage({ connections: 1 });
  const held = await Bun.connect({ unix: path, socket: { data() {} } });
  const left = await Bun.connect({ unix: path, socket: { data() {} } });
  const order: number[] = [];
  const asked = Array.from({ length: 30 }, async (_, at) => {
    const told = await ask(path, "show backend\n");
    order.push(at);
    return told;
  });
  left.write("show backend\n");
  // Whoever is answered before the first has gone is in the way of nothing but this.
  expect(await Promise.race([...asked, new Promise((resolve) => setImmediate(() => resolve("nobody")))])).toBe(
    "nobody",
  );
  left.terminate();
  held.end();
  expect(new Set(await Promise.all(asked))).toEqual(new Set(["# name\napp\nmail\n\n"]));
  expect(order).toEqual(order.toSorted((one, other) => one - other));
  expect(await ask(path, "show backend\n")).toBe("# name\napp\nmail\n\n");
});

test("more connections than wait are closed", async () => {
  const { path } = await stage({ connections: 1 });
  const lines = await Promise.all(
    Array.from({ length: 129 }, () => Bun.connect({ unix: path, socket: { data() {} } })),
  );
  expect(await ask(path, "show backend\n").catch(() => "")).toBe("");
  for (const line of lines) line.end();
  for (let told = ""; told === ""; ) told = await ask(path, "show backend\n").catch(() => "");
});

test("whoever says nothing is closed in time", async () => {
  const { path } = await stage({ timeout: "1s" });
  const closed = new Promise<void>((resolve) => {
    void Bun.connect({ unix: path, socket: { data() {}, close: () => resolve() } });
  });
  await closed;
});

test("a file that nobody answers on is replaced; a live one, and what is no socket, stay", async () => {
  const path = join(folder(), "x.sock");
  const told: string[] = [];
  const log = { warn: () => {}, error: (...words: unknown[]) => void told.push(String(words.at(-1))) };
  const options = { commands: [], idleMs: 1000, connectionsMax: 1, log: log as never };
  const socket = { listen: `unix:${path}`, mode: "600", level: "user" as const };
  writeFileSync(path, "mine");
  expect(await openSocket(socket, options)).toBeNull();
  rmSync(path);
  const first = await openSocket(socket, options);
  expect(await openSocket(socket, options)).toBeNull();
  expect(told).toEqual([
    `HAProxy's runtime API: cannot listen on unix:${path}: a file that is no socket stands there`,
    `HAProxy's runtime API: cannot listen on unix:${path}: the socket is in use`,
  ]);
  first!.close();
  const stale = Bun.spawnSync([
    process.execPath,
    "-e",
    `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL")`,
  ]);
  expect([stale.signalCode, existsSync(path)]).toEqual(["SIGKILL", true]);
  const second = await openSocket(socket, options);
  expect(second).not.toBeNull();
  second!.close();
});

test("where there is no user of that name the socket is this user's alone", async () => {
  const path = join(folder(), "y.sock");
  const told: string[] = [];
  const log = { warn: (...words: unknown[]) => void told.push(String(words.at(-1))), error: () => {} };
  const options = { commands: [], idleMs: 1000, connectionsMax: 1, log: log as never };
  const socket = { listen: `unix:${path}`, mode: "666", user: "nobody-of-that-name", level: "user" as const };
  const opened = await openSocket(socket, options);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(told[0]).toContain("there is no user nobody-of-that-name");
  opened!.close();
});
