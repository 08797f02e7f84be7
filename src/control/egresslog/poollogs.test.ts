import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressLogPlan, EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import type { EgressOutcome } from "../../egress/words.ts";
import { runSteps } from "../../memory/listranges.ts";
import { logPaths, logProblem, PoolLogs } from "./poollogs.ts";
import { Positions } from "./positions.ts";

let folder = "";
const open: PoolLogs[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-logs-"));
});
afterEach(() => {
  for (const logs of open.splice(0)) logs.close();
  rmSync(folder, { recursive: true });
});

const gateway = (address: string, port: number): EgressMemberPlan => ({
  ...{ id: address, weight: 1, tags: {} },
  door: { kind: "gateway", address, host: "127.0.0.1", port },
});
const members = [gateway("203.0.113.1", 19_001), gateway("203.0.113.2", 19_002), gateway("2001:db8::1", 19_003)];
const shared = '[$time_local] "$request" $status $server_port $http_x_egress_host "$http_x_egress_key"';
const now = Date.UTC(2026, 10, 22, 9, 6, 10);

function poolOf(log: Partial<EgressLogPlan>, own: Partial<EgressPlan> = {}): EgressPlan {
  const plan: EgressLogPlan = {
    ...{ path: join(folder, "host.log"), format: { kind: "nginx", text: shared }, mode: "serve", everyMs: 0 },
    ...log,
  };
  return { name: "scrape", members, logs: [plan], judge: { per: "target" }, ...own } as EgressPlan;
}

function stage(pool: EgressPlan) {
  const paths = logPaths(pool);
  const bytes = new Uint8Array(Positions.bytesFor(paths.length));
  Positions.format(bytes, paths.length);
  const noted: [number, Partial<EgressOutcome>][] = [];
  const logs = new PoolLogs({
    pool,
    positions: new Positions(bytes).adopt(paths),
    note: (member, { host, key, atMs, status, isCancelled }) =>
      noted.push([member, { host, key, atMs, status, ...(isCancelled ? { isCancelled } : {}) }]),
  });
  open.push(logs);
  let nowMs = now;
  return {
    logs,
    look(afterMs = 300, isAll = false) {
      nowMs += afterMs;
      runSteps(logs.look(() => nowMs, isAll));
      return noted.splice(0);
    },
  };
}

const line = (status: number, port: number, host = "shop.example", key = "-", second = "03"): string =>
  `[22/Nov/2026:09:06:${second} +0000] "GET / HTTP/1.1" ${status} ${port} ${host} "${key}"\n`;

test("lines of a shared log are told to the member that listens on their port", () => {
  const pool = poolOf({ mode: "parse" });
  const path = pool.logs[0]!.path;
  writeFileSync(path, line(200, 19_001) + line(403, 19_003, "Shop.Example:8443", "abc"));
  const { look, logs } = stage(pool);
  const atMs = Date.UTC(2026, 10, 22, 9, 6, 3);
  expect(look()).toEqual([
    [0, { host: "shop.example", key: "", atMs, status: 200 }],
    [2, { host: "shop.example", key: "abc", atMs, status: 403 }],
  ]);
  appendFileSync(
    path,
    [line(200, 80), line(200, 19_002, "[2001:db8::9]:443"), "nonsense\n", line(200, 19_002, "x", "-", "99")].join(""),
  );
  expect(look()).toMatchObject([[1, { host: "2001:db8::9" }]]);
  expect(logs.counts).toEqual({ good: 3, unknown: 1, unlike: 1, badTime: 1, long: 0 });
  expect(logs.bytes).toBe(Bun.file(path).size);
});

test("each member has a log of its own where the path says so, and ports in it mean nothing", () => {
  const pool = poolOf({ path: join(folder, "%s.access.log"), mode: "parse" });
  expect(logPaths(pool).map((path) => path.slice(folder.length + 1))).toEqual([
    "203.0.113.1.access.log",
    "203.0.113.2.access.log",
    "2001:db8::1.access.log",
  ]);
  writeFileSync(join(folder, "203.0.113.2.access.log"), line(200, 19_001));
  const { look, logs } = stage(pool);
  expect(look()).toMatchObject([[1, { status: 200 }]]);
  expect(logs.standings()).toEqual([{ path: pool.logs[0]!.path, files: 3, absent: 2, unreadable: 0, problem: null }]);
  writeFileSync(join(folder, "203.0.113.1.access.log"), line(500, 1));
  expect(look()).toMatchObject([[0, { status: 500 }]]);
});

test("a member's log that was rotated twice is read whole, and a log is nobody's because it is called like another", () => {
  const through = (host: string): EgressMemberPlan => ({
    ...{ id: host, weight: 1, tags: {} },
    door: { kind: "proxy", host } as Extract<EgressMemberPlan["door"], { kind: "proxy" }>,
  });
  const pool = poolOf({ path: join(folder, "%s"), mode: "parse" }, { members: [through("exit"), through("exit-2")] });
  writeFileSync(join(folder, "exit"), line(201, 1));
  writeFileSync(join(folder, "exit-2"), "");
  const { look } = stage(pool);
  expect(look()).toMatchObject([[0, { status: 201 }]]);
  renameSync(join(folder, "exit"), join(folder, "exit.2"));
  utimesSync(join(folder, "exit.2"), 1000, 1000);
  writeFileSync(join(folder, "exit.1"), line(202, 1));
  writeFileSync(join(folder, "exit"), line(203, 1));
  writeFileSync(join(folder, "exit-2"), line(500, 1));
  const told = [...look(), ...look(2000)].map(([member, { status }]) => [member, status]);
  expect(told.toSorted()).toEqual([
    [0, 202],
    [0, 203],
    [1, 500],
  ]);
});

test("an address in a line tells too", () => {
  const pool = poolOf({ mode: "parse", format: { kind: "nginx", text: "$server_name $server_port $status" } });
  writeFileSync(pool.logs[0]!.path, "2001:DB8::1 19001 200\n- 19002 200\n_ 19001 200\n198.51.100.1 1 200\n");
  const { look, logs } = stage(pool);
  expect(look().map(([member]) => member)).toEqual([2, 1, 0]);
  expect(logs.counts.unknown).toBe(1);
});

test("a log is looked at when its time has come, or when that is asked for", () => {
  const pool = poolOf({ everyMs: 60_000 });
  writeFileSync(pool.logs[0]!.path, "");
  const { look } = stage(pool);
  look();
  appendFileSync(pool.logs[0]!.path, line(200, 19_001));
  expect(look(59_000)).toEqual([]);
  expect(look(500, true)).toHaveLength(1);
  appendFileSync(pool.logs[0]!.path, line(200, 19_001));
  expect(look(59_000)).toEqual([]);
  expect(look(1000)).toHaveLength(1);
});

test("a log that was rotated is read on in a moment, however seldom it is looked at", () => {
  const pool = poolOf({ everyMs: 300_000 });
  const path = pool.logs[0]!.path;
  writeFileSync(path, "");
  const { look, logs } = stage(pool);
  look();
  appendFileSync(path, line(201, 19_001));
  renameSync(path, `${path}.1`);
  writeFileSync(path, line(202, 19_001));
  expect(look(300_000)).toMatchObject([[0, { status: 201 }]]);
  expect(logs.waitsUntilMs(now)).toBeGreaterThan(now);
  expect(look(500)).toEqual([]);
  expect(look(500)).toMatchObject([[0, { status: 202 }]]);
  expect(logs.waitsUntilMs(now)).toBe(0);
  appendFileSync(path, line(203, 19_001));
  expect(look(1000)).toEqual([]);
});

test("what comes from the future, or without a time, is of now", () => {
  const pool = poolOf({ mode: "parse" });
  writeFileSync(pool.logs[0]!.path, line(200, 19_001, "a", "-", "59"));
  expect(stage(pool).look(300)).toMatchObject([[0, { atMs: now + 300 }]]);
  const timeless = poolOf({
    mode: "parse",
    format: { kind: "nginx", text: "$server_port $status" },
    path: join(folder, "b"),
  });
  writeFileSync(timeless.logs[0]!.path, "19001 200\n");
  expect(stage(timeless).look(300)).toMatchObject([[0, { atMs: now + 300 }]]);
});

test("a log whose lines are no longer like its format is told of, until one is again", () => {
  const pool = poolOf({ mode: "parse" });
  const path = pool.logs[0]!.path;
  writeFileSync(path, line(200, 19_001));
  const { look, logs } = stage(pool);
  look();
  appendFileSync(path, "another format\n".repeat(19));
  look();
  expect(logs.standings()).toMatchObject([{ unreadable: 0, problem: null }]);
  appendFileSync(path, "another format\n");
  look();
  expect(logs.standings()).toMatchObject([{ unreadable: 1, problem: "its last lines are unlike the format" }]);
  // About nobody who is a member, and yet of that format.
  appendFileSync(path, line(200, 80));
  look();
  expect(logs.standings()).toMatchObject([{ unreadable: 0, problem: null }]);
});

test("who left before there was an answer says nothing, unless members are judged as ipmanager does", () => {
  const pool = poolOf({ mode: "parse" });
  writeFileSync(pool.logs[0]!.path, line(499, 19_001));
  expect(stage(pool).look()).toMatchObject([[0, { status: 499, isCancelled: true }]]);
  const alike = poolOf({ mode: "parse" }, { judge: { per: "member" } } as Partial<EgressPlan>);
  expect(stage(alike).look()[0]![1]).not.toHaveProperty("isCancelled");
});

test("a log that says nothing of members, or cannot be understood, is a problem before it is read", () => {
  const format = { kind: "nginx", text: "$status $time_local" } as const;
  expect(logProblem(poolOf({ format }))).toContain(
    "of the egress pool scrape does not tell which member a line is about",
  );
  expect(logProblem(poolOf({ format, path: "/x/%s.log" }))).toBeNull();
  expect(logProblem(poolOf({ format }, { members: members.slice(0, 1) }))).toBeNull();
  expect(logProblem(poolOf({ format: { kind: "pattern", text: "(" } }))).toContain("is no regular expression");
  expect(logProblem(poolOf({ format: { kind: "ipmanager" } }))).toBeNull();
});

test("a log that cannot be read is told with the reason, the first of many by its name", () => {
  const pool = poolOf({ path: `${folder}%s` });
  const one = poolOf({ path: folder });
  writeFileSync(`${folder}203.0.113.1`, "");
  const { look, logs } = stage(one);
  look();
  expect(logs.standings()[0]).toMatchObject({ unreadable: 1, problem: "it is no file" });
  const many = stage(pool);
  many.look();
  expect(many.logs.standings()[0]).toMatchObject({ files: 3, absent: 2, unreadable: 0, problem: null });
  rmSync(`${folder}203.0.113.1`);
});

test("three thousand logs are read without three thousand descriptors", () => {
  const many = Array.from({ length: 3000 }, (_, index) => gateway(`10.0.${index >> 8}.${index & 255}`, 20_000 + index));
  const pool = poolOf({ path: join(folder, "%s"), mode: "parse" }, { members: many });
  for (const { id } of many.slice(0, 2000)) writeFileSync(join(folder, id), line(200, 1));
  const { look, logs } = stage(pool);
  expect(look()).toHaveLength(2000);
  const descriptors = new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false });
  expect([...descriptors].length).toBeLessThan(300);
  appendFileSync(join(folder, many[1234]!.id), line(403, 1));
  expect(look(2000)).toMatchObject([[1234, { status: 403 }]]);
  expect(logs.counts.good).toBe(2001);
});

test("what comes between the beginning and the first look is not taken for the past", () => {
  const pool = poolOf({});
  const path = pool.logs[0]!.path;
  writeFileSync(path, line(200, 19_001));
  const { look, logs } = stage(pool);
  logs.meet();
  appendFileSync(path, line(403, 19_002));
  expect(look()).toMatchObject([[1, { status: 403 }]]);
  // What is known already is not begun anew.
  appendFileSync(path, line(429, 19_002));
  logs.meet();
  expect(look()).toMatchObject([[1, { status: 429 }]]);
});
