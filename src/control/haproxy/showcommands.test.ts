import { expect, test } from "bun:test";
import { listenerCell, poolCell, routeCell, serverCell } from "../../memory/tally.ts";
import type { Condition, Status, Withdrawal } from "../status.ts";
import type { Level } from "./command.ts";
import { checkOf, statusOf } from "./condition.ts";
import { csvHeader, csvLine, type Row } from "./fields.ts";
import { infoText } from "./info.ts";
import { Meters } from "./meters.ts";
import { Rates } from "./rates.ts";
import { sample } from "./sample.ts";
import { serversState } from "./serverstate.ts";
import { showCommands } from "./showcommands.ts";

function stage() {
  const made = sample();
  const rates = new Rates();
  const status = { version: "1.2.3", pid: 7, uptimeSeconds: 90_061, startedAt: "1970-01-02T00:00:00.000Z" };
  const parts = {
    ...{ totals: made.totals, weights: made.weights, stat: made.stat, rates, wallMs: () => made.clock.nowMs },
    ...{ conditionOf: made.conditionOf, services: made.services, listeners: () => made.plan.listeners },
    status: () => ({ ...status, state: "ready", workers: [{}, {}], listeners: [] }) as unknown as Status,
    lists: () => [{ name: "bad", kind: "addresses", entries: 3, file: "/etc/bad.txt" }],
    sockets: () => [{ listen: "unix:/run/x.sock", level: "admin" as const }],
  };
  const commands = showCommands(parts);
  const say = (text: string, level: Level = "admin"): string => {
    const found = commands.find(({ name }) => text === name || text.startsWith(`${name} `))!;
    return found.answer({ words: text.split(" "), level, actor: "a test" }) as string; // None of them waits.
  };
  const rowOf = (px: string, sv: string): Row =>
    made.stat.rows().find(({ pxname, svname }) => pxname === px && svname === sv)!;
  return { ...made, parts, say, rowOf };
}

test("the header and its columns are HAProxy 2.6's", () => {
  const names = csvHeader.split(",");
  expect(names.slice(0, 8)).toEqual(["# pxname", "svname", "qcur", "qmax", "scur", "smax", "slim", "stot"]);
  expect([names[17], names[73], names[102], names[103], names[104]]).toEqual([
    "status",
    "addr",
    "agg_check_status",
    "-",
    "ssl_sess",
  ]);
  expect(names).toHaveLength(129);
  expect(csvLine({ pxname: 'a"b,c', svname: "x" })).toStartWith('"a""b,c",x,,');
  expect(csvLine({}).split(",")).toHaveLength(129);
});

test("a frontend of two listeners has the sums of both, with what its rules refused", () => {
  const { tally, plan, add, rowOf, stat, clock } = stage();
  const [web, second] = plan.listeners.map(({ slot }) => tally.listenerRow(slot)) as [number, number];
  stat.look();
  for (const row of [web, second]) {
    add(row, listenerCell.accepted, 5);
    add(row, listenerCell.connections, 2);
    add(row, listenerCell.bytesReceived, 100);
    add(row, listenerCell.bytesSent, 1000);
  }
  const route = tally.routeRow(plan.routes.find(({ listener }) => listener === 0)!.slot);
  add(route, routeCell.status2xx, 7);
  add(route, routeCell.status4xx, 2);
  add(tally.ruleCell(plan.listeners[0]!.rules.request[0]!.slot), 0, 3);
  clock.nowMs += 1000;
  stat.look();
  expect(rowOf("web", "FRONTEND")).toMatchObject({
    ...{ scur: 4, smax: 4, slim: 120, stot: 10, bin: 200, bout: 2000, dreq: 3, status: "OPEN", iid: 2, type: 0 },
    ...{ hrsp_2xx: 7, hrsp_4xx: 2, req_tot: 9, rate: 10, rate_max: 10, req_rate: 9, mode: "http" },
  });
  expect(rowOf("mail", "FRONTEND")).toMatchObject({ mode: "tcp", iid: 4 });
  expect(rowOf("mail", "FRONTEND")["hrsp_2xx"]).toBeUndefined();
});

test("a server stands under HAProxy's name, what its pool does under BACKEND", () => {
  const { tally, plan, add, rowOf, slotOf } = stage();
  const row = tally.serverRow(slotOf("10.0.0.2:80"));
  add(row, serverCell.calls, 6);
  add(row, serverCell.connects, 2);
  add(row, serverCell.connectSum, 0.01);
  add(row, serverCell.status2xx, 4);
  add(row, serverCell.status5xx, 2);
  add(row, serverCell.responseFailures, 3);
  add(row, serverCell.durationSum, 0.6);
  add(tally.poolRow(plan.pools[0]!.slot), poolCell.queued, 5);
  add(tally.poolRow(plan.pools[0]!.slot), poolCell.retries, 1);
  expect(rowOf("app", "b")).toMatchObject({
    ...{ stot: 6, eresp: 1, status: "UP", weight: 20, act: 1, bck: 0, chkfail: 4, lastchg: 60, iid: 3, sid: 2 },
    ...{
      check_status: "L7OK",
      check_rise: 2,
      check_fall: 3,
      check_health: 4,
      ctime: 5,
      ttime: 100,
      connect: 2,
      reuse: 4,
    },
    ...{ addr: "10.0.0.2:80", mode: "http" },
  });
  expect(rowOf("app", "BACKEND")).toMatchObject({ qcur: 5, wretr: 1, act: 2, weight: 30, status: "UP", lbtot: 6 });
  expect(rowOf("mail", "10.0.0.3:25")).toMatchObject({ status: "no check", mode: "tcp" });
});

test("what was ordered is told in the word it was ordered in", () => {
  const { conditions, slotOf, rowOf } = stage();
  const slot = slotOf("10.0.0.1:80");
  const ordered = (withdrawal: Withdrawal): void =>
    void conditions.set(slot, { ...{ state: "draining", reason: "said", sinceMs: 0, isEligible: false }, withdrawal });
  ordered("drain");
  expect(rowOf("app", "a")["status"]).toBe("DRAIN");
  ordered("maintenance");
  expect(rowOf("app", "a")).toMatchObject({ status: "MAINT", weight: 10 });
  expect(rowOf("app", "a")["last_chk"]).toBeUndefined();
  // As HAProxy tells it.
  ordered("weightless");
  expect(rowOf("app", "a")).toMatchObject({ status: "UP" });
  expect(rowOf("app", "BACKEND")).toMatchObject({ act: 1, weight: 20 });
  const check = sample().plan.pools[0]!.check!;
  const down = (reason: string) => ({ state: "down" as const, reason, sinceMs: 0, isEligible: false });
  expect(statusOf(down("x"), { check })).toBe("DOWN");
  expect(checkOf(down("connection refused"), check)["check_status"]).toBe("L4CON");
  expect(checkOf(down("answered 503 (3 of 3)"), check)).toMatchObject({ check_status: "L7STS", check_code: "503" });
});

test("counters that are cleared begin anew here, and nowhere else", () => {
  const { tally, plan, add, say, rowOf, totals } = stage();
  const { slot } = plan.listeners[0]!;
  add(tally.listenerRow(slot), listenerCell.accepted, 5);
  expect(say("clear counters all", "operator")).toBe("Permission denied\n");
  expect(say("clear counters", "operator")).toBe("");
  expect(rowOf("web", "FRONTEND")["stot"]).toBe(5);
  expect(say("clear counters all")).toBe("");
  add(tally.listenerRow(slot), listenerCell.accepted, 2);
  expect(rowOf("web", "FRONTEND")["stot"]).toBe(2);
  expect(totals.listener(slot, listenerCell.accepted)).toBe(7);
});

test("rows are chosen by proxy, kind and state", () => {
  const { say, conditions, slotOf } = stage();
  const names = (text: string): string[] =>
    say(text)
      .split("\n")
      .slice(1, -1)
      .map((line) => line.split(",").slice(0, 2).join("/"));
  expect(names("show stat")).toEqual([
    ...["web/FRONTEND", "app/a", "app/b", "app/BACKEND", "mail/FRONTEND", "mail/10.0.0.3:25", "mail/BACKEND"],
  ]);
  expect(names("show stat -1 2 -1")).toEqual(["app/BACKEND", "mail/BACKEND"]);
  expect(names("show stat 3 4 1")).toEqual(["app/a"]);
  expect(names("show stat app 6 -1")).toEqual(["app/a", "app/b", "app/BACKEND"]);
  const drained: Condition = {
    ...{ state: "draining", reason: null, withdrawal: "maintenance", sinceMs: 0, isEligible: false },
  };
  conditions.set(slotOf("10.0.0.1:80"), drained);
  expect(names("show stat app 4 -1 no-maint")).toEqual(["app/b"]);
  expect(say("show stat typed").split("\n")[0]).toBe("F.2.0.0.pxname.1:KNS:str:web");
  const [first] = JSON.parse(say("show stat json")) as { field: { name: string }; value: object }[][];
  expect(first![0]).toMatchObject({ objType: "Frontend", proxyId: 2, field: { pos: 0, name: "pxname" } });
});

test("servers' state in the form of HAProxy's files", () => {
  const { say, parts, services } = stage();
  const lines = say("show servers state app").split("\n");
  expect(lines[0]).toBe("1");
  expect(lines[2]).toBe("3 app 1 a 10.0.0.1 2 0 10 10 60 15 3 4 6 0 0 0 - 80 - 0 0 - - 0");
  expect(lines[1]!.slice(2).split(" ")).toHaveLength(lines[2]!.split(" ").length);
  expect(say("show servers state none")).toBe("Can't find backend.\n");
  expect(serversState(parts, services()).split("\n")).toHaveLength(6);
  expect(say("show servers conn").split("\n")[1]).toStartWith("app/a 3/1 10.0.0.1 80 - ");
});

test("the process, as tools read it", () => {
  const { parts, say } = stage();
  const text = infoText(parts, "text");
  expect(text).toStartWith("Name: Sluice\nVersion: 2.6.0-sluice-1.2.3\n");
  for (const line of ["Nbthread: 2", "Pid: 7", "Uptime: 1d 1h01m01s", "Uptime_sec: 90061", "Start_time_sec: 86400"])
    expect(text.split("\n")).toContain(line);
  expect(say("show info typed").split("\n")[8]).toBe("8.Uptime_sec.1:MDP:u32:90061");
  expect(JSON.parse(say("show info json"))[0]).toMatchObject({ field: { pos: 0, name: "Name" }, processNum: 1 });
});

test("what there is little of is told, and breaks no reader", () => {
  const { say } = stage();
  expect(say("show backend")).toBe("# name\napp\nmail\n");
  expect(say("show errors")).toMatch(/^Total events captured on \[\d\d\/\w{3}\/\d{4}:[\d:.]{12}\] : 0\n$/);
  expect(say("show acl")).toBe(
    "# id (file) description\n0 (/etc/bad.txt) list bad. curr_ver=0 next_ver=0 entry_cnt=3\n",
  );
  expect(say("show map")).toBe("# id (file) description\n");
  expect(say("show acl #7")).toBe("Unknown ACL identifier. Please use #<id> or <file>.\n");
  expect(say("show sess")).toStartWith("# ");
  expect(say("show cli sockets")).toBe("# socket lvl processes\nunix@/run/x.sock admin all\n");
});

test("a meter knows the last second, the most there was, and how long nothing came", () => {
  const clock = { nowMs: 0 };
  const meters = new Meters(() => clock.nowMs);
  const look = (current: number, sessions: number, isDown = false): void => {
    clock.nowMs += 1000;
    meters.look([{ key: "a", current, queued: 0, sessions, requests: sessions, isDown }]);
  };
  look(1, 0);
  look(9, 20, true);
  look(2, 25, true);
  expect(meters.of("a")).toMatchObject({ currentMax: 9, rate: 5, rateMax: 20, downs: 1, downSeconds: 2 });
  clock.nowMs += 3000;
  expect(meters.of("a").silentSeconds).toBe(3);
  meters.clear();
  expect(meters.of("a")).toMatchObject({ currentMax: 2, rateMax: 0 });
  expect(meters.of("none")).toMatchObject({ rate: 0, silentSeconds: -1 });
});
