import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import type { Plan } from "../config/plan.ts";
import { configSchema } from "../config/schema.ts";
import { Slots } from "../config/slots.ts";
import type { Evidence } from "../health/ejection.ts";
import { Arena } from "../memory/arena.ts";
import { admin, Board } from "../memory/board.ts";
import { openLog } from "./log.ts";
import { Roster } from "./roster.ts";

const good = { isHealthy: true, reason: "status 200" };
const bad = { isHealthy: false, reason: "connecting failed: connection refused" };
const check = { http: "/healthz", rise: 2, fall: 3 };

function stage() {
  const lines: string[] = [];
  const arena = Arena.inMemory();
  const board = new Board(arena);
  const slots = new Slots();
  const evidence = new Map<number, Evidence>();
  const wall = { nowMs: 0 };
  const roster = new Roster({
    board,
    log: openLog({
      level: "info",
      format: "json",
      isColored: false,
      write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg),
    }),
    evidenceOf: (slot) => evidence.get(slot) ?? { consecutiveFailures: 0, requests: 0, failures: 0, durationMs: 0 },
    nameProblem: () => "there is no such name",
    clearFailures: (slot) => evidence.delete(slot),
    drainedBy: (pool, server) => (server === "127.0.0.1:2" ? `file /etc/${pool}.txt` : null),
    wallMs: () => wall.nowMs,
  });
  const plan = (pool: object, resolve: (host: string) => string | undefined = () => undefined): Plan =>
    compile(
      configSchema.parse({ listeners: { web: { listen: ":0", use: "app" } }, pools: { app: pool } }),
      slots,
      resolve,
    );
  const said = (): string[] => lines.splice(0);
  return { roster, board, plan, said, evidence, wall };
}

test("a server with a check serves after its first success, and not before", () => {
  const { roster, board, plan, said } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1"], check }), 0);
  expect(board.isEligible(0)).toBe(false);
  expect(roster.conditionOf(0)).toMatchObject({ state: "unchecked", reason: "waits for its first check" });
  roster.checked(0, good, 10);
  expect(board.isEligible(0)).toBe(true);
  expect(said()).toEqual([]); // Start-up: that servers are up is in the summary.
});

test("who has drained a server is told: an operator, a source, or the config", () => {
  const { roster, plan } = stage();
  const servers = ["127.0.0.1:1", { address: "127.0.0.1:2", drain: true }, { address: "127.0.0.1:3", drain: true }];
  roster.adopt(plan({ servers }), 0);
  roster.steer("app", "127.0.0.1:1", "drain", 0);
  expect([0, 1, 2].map((slot) => roster.conditionOf(slot)?.reason)).toEqual([
    "drained by an operator",
    "drained by file /etc/app.txt",
    "drained by the config",
  ]);
});

test("a server without a check serves at once", () => {
  const { roster, board, plan } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1"] }), 0);
  expect(board.isEligible(0)).toBe(true);
  expect(board.read(0).health).toBe(0);
});

test("a transition is said once, with its reason and the count that made it", () => {
  const { roster, board, plan, said } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2"], check }), 0);
  for (const slot of [0, 1]) roster.checked(slot, good, 0);
  roster.open(0);
  for (let n = 0; n < 5; n++) roster.checked(0, bad, n);
  expect(said()).toEqual(["server app/127.0.0.1:1 is DOWN: connecting failed: connection refused (3 of 3)"]);
  expect(board.isEligible(0)).toBe(false);
  for (let n = 0; n < 5; n++) roster.checked(0, good, n);
  expect(said()).toEqual(["server app/127.0.0.1:1 is UP: status 200 (2 of 2)"]);
  expect(roster.countsOf(0)).toMatchObject({ checksPassed: 6, checksFailed: 5 });
});

test("workers are told of changes only", () => {
  const { roster, board, plan } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1"], check }), 0);
  roster.checked(0, good, 0);
  const { version } = board;
  roster.checked(0, good, 1);
  roster.checked(0, bad, 2);
  roster.tick(3);
  expect(board.version).toBe(version);
});

test("a pool whose servers are still to be found begins with a warning, and not with an error", () => {
  const { roster, plan, said } = stage();
  roster.adopt(plan({ discover: { file: "x" }, check }), 0);
  roster.open(0);
  expect(said()).toEqual(["pool app has no server yet: requests are answered 503 until one is found"]);
});

test("the last server that goes is said to leave the pool empty", () => {
  const { roster, plan, said } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1"], check }), 0);
  roster.checked(0, good, 0);
  roster.open(0);
  for (let n = 0; n < 3; n++) roster.checked(0, bad, n);
  expect(said().at(-1)).toBe(
    "pool app has no server left: requests are answered 503, connections and datagrams refused",
  );
  for (let n = 0; n < 2; n++) roster.checked(0, good, n);
  expect(said().at(-1)).toBe("pool app serves again");
});

test("a server whose name has no address is down with that reason, and serves once it has one", () => {
  const { roster, board, plan, said } = stage();
  const pool = { servers: ["app.internal:80"] };
  roster.adopt(plan(pool), 0);
  roster.open(0);
  expect(roster.conditionOf(0)).toMatchObject({ state: "unresolved", reason: "there is no such name" });
  expect(said()[0]).toBe("server app/app.internal:80 is DOWN: there is no such name");
  roster.adopt(
    plan(pool, () => "10.0.0.1"),
    1,
  );
  expect(board.isEligible(0)).toBe(true);
  expect(said()[0]).toBe("server app/app.internal:80 is UP");
});

test("a server keeps its state over a reload; one that moved serves on until its new address fails a check", () => {
  const { roster, board, plan } = stage();
  const pool = { servers: ["app.internal:80"], check };
  roster.adopt(
    plan(pool, () => "10.0.0.1"),
    0,
  );
  roster.checked(0, good, 0);
  roster.adopt(
    plan({ ...pool, check: { ...check, fall: 5 } }, () => "10.0.0.1"),
    1,
  );
  expect(board.isEligible(0)).toBe(true);
  for (let n = 0; n < 4; n++) roster.checked(0, bad, 1);
  expect(board.isEligible(0)).toBe(true);
  roster.adopt(
    plan(pool, () => "10.0.0.2"),
    2,
  );
  expect(board.isEligible(0)).toBe(true);
  roster.checked(0, bad, 3);
  expect(board.isEligible(0)).toBe(false);
});

test("a plan that is undone leaves every server as it was", () => {
  const { roster, board, plan } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2"], check }), 0);
  for (const slot of [0, 1]) roster.checked(slot, good, 0);
  const undo = roster.adopt(plan({ servers: ["127.0.0.1:3"], check }), 1);
  expect(roster.conditionOf(0).state).toBe("draining");
  undo();
  expect([board.isEligible(0), board.isEligible(1)]).toEqual([true, true]);
  expect(roster.conditionOf(0).state).toBe("up");
});

test("a drained server gets nothing new, and is enabled again", () => {
  const { roster, board, plan, said } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2"] }), 0);
  roster.open(0);
  expect(roster.steer("app", "127.0.0.1:1", "drain", 0)).toBe(true);
  expect([board.isEligible(0), board.read(0).admin]).toEqual([false, 1]);
  roster.steer("app", "127.0.0.1:1", "enable", 0);
  expect(board.isEligible(0)).toBe(true);
  expect(said()).toEqual([
    "server app/127.0.0.1:1 is DRAINING: it gets no new requests",
    "server app/127.0.0.1:1 is enabled again",
  ]);
  expect(roster.steer("app", "127.0.0.1:9", "drain", 0)).toBe(false);
  expect(roster.steer("web", "127.0.0.1:1", "drain", 0)).toBe(false);
});

test("failures in a row eject a server for a while, and are counted by their reason", () => {
  const { roster, board, plan, said, evidence } = stage();
  const ejection = { consecutiveFailures: 3, base: "1s" };
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2"], ejection }), 0);
  roster.open(0);
  evidence.set(0, { consecutiveFailures: 3, requests: 3, failures: 3, durationMs: 0 });
  roster.tick(100);
  expect(board.read(0)).toMatchObject({ isEjected: true, isEligible: false });
  expect(roster.conditionOf(0)).toMatchObject({ state: "ejected", reason: "3 failures in a row" });
  expect(roster.countsOf(0).ejections).toEqual({ consecutive_failures: 1 });
  roster.tick(1099);
  expect(board.isEligible(0)).toBe(false);
  roster.tick(1100);
  expect(board.isEligible(0)).toBe(true);
  expect(said()).toEqual([
    "server app/127.0.0.1:1 is EJECTED for 1 s: 3 failures in a row",
    "server app/127.0.0.1:1 is back: its ejection is over",
  ]);
});

test("when too few would be left, ejected servers serve all the same", () => {
  const { roster, board, plan, evidence } = stage();
  const ejection = { consecutiveFailures: 3 };
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"], ejection, panicThreshold: 0.5 }), 0);
  const failing = { consecutiveFailures: 3, requests: 3, failures: 3, durationMs: 0 };
  evidence.set(0, failing);
  roster.tick(1);
  expect(board.isEligible(0)).toBe(false);
  evidence.set(1, failing);
  roster.tick(2);
  expect([0, 1, 2].map((slot) => board.isEligible(slot))).toEqual([true, true, true]);
  expect(roster.conditionOf(0).reason).toBe("3 failures in a row; serves all the same: too few are left");
});

test("since when a server is what it is goes by the wall clock, and slow start does not, however that is set", () => {
  const { roster, board, plan, wall } = stage();
  const wallMs = Date.UTC(2026, 0, 1);
  wall.nowMs = wallMs;
  roster.adopt(plan({ servers: ["127.0.0.1:1"], check, slowStart: "10s" }), 0);
  roster.open(0);
  roster.checked(0, good, 1000);
  expect(roster.conditionOf(0).sinceMs).toBe(wallMs);
  wall.nowMs = wallMs - 3_600_000;
  roster.tick(6000);
  expect(board.rampPermille(0)).toBe(500);
  roster.steer("app", "127.0.0.1:1", "drain", 7000);
  expect(roster.conditionOf(0).sinceMs).toBe(wall.nowMs);
});

test("a server that comes up later starts slowly; those of the start do not", () => {
  const { roster, board, plan } = stage();
  const pool = { servers: ["127.0.0.1:1", "127.0.0.1:2"], check, slowStart: "10s" };
  roster.adopt(plan(pool), 0);
  roster.checked(0, good, 0);
  roster.checked(1, bad, 0);
  roster.open(0);
  expect(board.rampPermille(0)).toBe(1000);
  for (let n = 0; n < 2; n++) roster.checked(1, good, 1000);
  expect(board.rampPermille(1)).toBe(100);
  roster.tick(6000);
  expect(board.rampPermille(1)).toBe(500);
  roster.tick(11_000);
  expect(board.rampPermille(1)).toBe(1000);
});

test("while a plan is on its way no pool is called unserved; one that has no server at all is", () => {
  const { roster, plan, said } = stage();
  const follows = { discover: { file: "x" }, check };
  roster.adopt(plan({ ...follows, servers: ["127.0.0.1:1"] }), 0);
  for (const round of [1, 2]) roster.checked(0, good, round);
  roster.open(0);
  roster.hold();
  roster.adopt(plan({ ...follows, servers: ["127.0.0.1:2"] }), 1);
  roster.checked(1, good, 2);
  expect(said().filter((line) => line.includes("no server left"))).toEqual([]);
  roster.release();
  expect(said()).toEqual([]);
  roster.hold();
  const undo = roster.adopt(plan(follows), 3);
  roster.release();
  const [unserved] = said();
  expect(unserved).toStartWith("pool app has no server left: requests are answered 503");
  undo();
  expect(said()).toEqual(["pool app serves again"]);
});

test("a server that has left the plan is told of until its row is another's; a plan that is refused takes nobody away", () => {
  const { roster, plan, wall } = stage();
  const gone = (): string[] => roster.removed.map(({ pool, server, sinceMs }) => `${pool} ${server.name} ${sinceMs}`);
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2"] }), 0);
  expect(gone()).toEqual([]);
  wall.nowMs = 5000;
  const undo = roster.adopt(plan({ servers: ["127.0.0.1:2"] }), 5);
  expect(gone()).toEqual(["app 127.0.0.1:1 5000"]);
  undo();
  expect(gone()).toEqual([]);
  roster.adopt(plan({ servers: ["127.0.0.1:2"] }), 6);
  wall.nowMs = 9000;
  const other = plan({ servers: ["127.0.0.1:3"] });
  roster.adopt(other, 9);
  expect(gone()).toEqual(["app 127.0.0.1:1 5000", "app 127.0.0.1:2 9000"]);
  // The row of the first is given to another.
  const [pool] = other.pools;
  const given = { ...other, pools: [{ ...pool!, servers: [{ ...pool!.servers[0]!, slot: 0 }] }] };
  roster.adopt(given, 10);
  expect(gone()).toEqual(["app 127.0.0.1:2 9000", "app 127.0.0.1:3 9000"]);
});

test("a drain and an ejection outlive that a source loses the server for a moment", () => {
  const { roster, plan, evidence, board, said } = stage();
  const servers = ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"];
  const ejection = { consecutiveFailures: 5, base: "10s" };
  const all = plan({ servers, ejection });
  const slotOf = (next: Plan, port: number): number =>
    next.pools[0]!.servers.find(({ name }) => name.endsWith(`:${port}`))!.slot;
  const stateAt = (next: Plan, port: number): string => roster.conditionOf(slotOf(next, port)).state;
  roster.adopt(all, 0);
  roster.open(0);
  expect(roster.steer("app", "127.0.0.1:1", "drain", 0)).toBeTrue();
  evidence.set(slotOf(all, 2), { consecutiveFailures: 5, requests: 5, failures: 5, durationMs: 0 });
  roster.tick(1000);
  expect([1, 2, 3].map((port) => stateAt(all, port))).toEqual(["draining", "ejected", "up"]);
  const undo = roster.adopt(plan({ servers: ["127.0.0.1:3"], ejection }), 2000);
  undo();
  roster.adopt(plan({ servers: ["127.0.0.1:3"], ejection }), 2000);
  roster.adopt(plan({ servers: ["127.0.0.1:3"], ejection }), 3000);
  said();
  const back = plan({ servers, ejection });
  roster.adopt(back, 4000);
  expect([1, 2, 3].map((port) => stateAt(back, port))).toEqual(["draining", "ejected", "up"]);
  expect(roster.conditionOf(slotOf(back, 1)).reason).toBe("drained by an operator");
  expect(roster.conditionOf(slotOf(back, 2)).reason).toStartWith("5 failures in a row");
  expect(board.isEligible(slotOf(back, 1))).toBeFalse();
  expect(said()).toEqual(["server app/127.0.0.1:1 is DRAINING: it gets no new requests"]);
  // Its time is over, as if it had been there.
  roster.tick(11_000);
  expect(stateAt(back, 2)).toBe("up");
  // What is enabled while it is away comes back so.
  roster.adopt(plan({ servers: ["127.0.0.1:3"], ejection }), 12_000);
  expect(roster.steer("app", "127.0.0.1:1", "enable", 12_000)).toBeTrue();
  expect(roster.steer("app", "127.0.0.1:1", "enable", 12_000)).toBeFalse();
  // And drained.
  expect(roster.steer("app", "127.0.0.1:2", "drain", 12_000)).toBeTrue();
  expect(roster.steer("app", "127.0.0.1:4", "drain", 12_000)).toBeFalse();
  expect(roster.steer("other", "127.0.0.1:2", "drain", 12_000)).toBeFalse();
  const again = plan({ servers, ejection });
  roster.adopt(again, 13_000);
  expect([1, 2, 3].map((port) => stateAt(again, port))).toEqual(["up", "draining", "up"]);
});

test("what an operator orders while a plan is published holds when that plan is refused", () => {
  const { roster, plan } = stage();
  const of = (...ports: number[]): Plan => plan({ servers: ports.map((port) => `127.0.0.1:${port}`) });
  const stateAt = (next: Plan, port: number): string =>
    roster.conditionOf(next.pools[0]!.servers.find(({ name }) => name.endsWith(`:${port}`))!.slot).state;
  const order = (port: number, isDrained: boolean): void =>
    expect(roster.steer("app", `127.0.0.1:${port}`, isDrained ? "drain" : "enable", 0)).toBeTrue();
  roster.adopt(of(1, 2, 3, 4, 5), 0);
  for (const port of [2, 3, 4]) order(port, true);
  const inForce = of(1, 2, 3, 5);
  roster.adopt(inForce, 1);
  // In both plans are 1 and 2; 3 and 5 leave, 4 is away, 6 comes.
  const undo = roster.adopt(of(1, 2, 6), 2);
  order(1, true);
  for (const port of [2, 3, 4]) order(port, false);
  order(6, true);
  undo();
  expect([1, 2, 3, 5].map((port) => stateAt(inForce, port))).toEqual(["draining", "up", "up", "up"]);
  const next = of(1, 2, 3, 4, 5, 6);
  roster.adopt(next, 3);
  expect([1, 2, 3, 4, 5, 6].map((port) => stateAt(next, port))).toEqual([
    "draining",
    "up",
    "up",
    "up",
    "up",
    "draining",
  ]);
});

test("a server that begins out of service is enabled until the config begins it so again", () => {
  const { roster, plan, board, said } = stage();
  const of = (drain: boolean): Plan => plan({ servers: ["127.0.0.1:1", { address: "127.0.0.1:3", drain }] });
  const conditionAt = (next: Plan) => roster.conditionOf(next.pools[0]!.servers[1]!.slot);
  const first = of(true);
  const { slot } = first.pools[0]!.servers[1]!;
  roster.adopt(first, 0);
  roster.open(0);
  const reason = "drained by the config";
  expect(conditionAt(first)).toMatchObject({ state: "draining", reason, withdrawal: "maintenance", isEligible: false });
  expect(board.read(slot).admin).toBe(admin.maintenance);
  expect(roster.steer("app", "127.0.0.1:3", "enable", 1)).toBeTrue();
  expect([conditionAt(first).state, board.isEligible(slot), board.read(slot).admin]).toEqual(["up", true, admin.ready]);
  expect(said().at(-1)).toBe("server app/127.0.0.1:3 is enabled again");
  // A reload changes nothing about it.
  roster.adopt(of(true), 2);
  expect(conditionAt(of(true)).state).toBe("up");
  // Nor does one that is refused, in which it needs no enabling.
  roster.adopt(of(false), 3)();
  expect(conditionAt(first).state).toBe("up");
  expect(roster.steer("app", "127.0.0.1:3", "drain", 4)).toBeTrue();
  expect(conditionAt(first)).toMatchObject({ reason: "drained by an operator", withdrawal: "drain" });
  expect(board.read(slot).admin).toBe(admin.drain);
  expect(roster.steer("app", "127.0.0.1:3", "enable", 5)).toBeTrue();
  // What the config once said is over when it says so no more: the next time is another.
  roster.adopt(of(false), 6);
  expect(conditionAt(first).state).toBe("up");
  roster.adopt(of(true), 7);
  expect(conditionAt(first).state).toBe("draining");
});

test("what was enabled while a plan was refused does not outlast the plan that it was said of", () => {
  const { roster, plan } = stage();
  const of = (drain: boolean): Plan => plan({ servers: [{ address: "127.0.0.1:3", drain }] });
  const state = (): string => roster.conditionOf(0).state;
  roster.adopt(of(false), 0);
  const undo = roster.adopt(of(true), 1);
  expect(roster.steer("app", "127.0.0.1:3", "enable", 2)).toBeTrue();
  undo();
  expect(state()).toBe("up");
  roster.adopt(of(true), 3);
  expect(state()).toBe("draining");
});

test("one in maintenance and one without a weight get nothing new; only the second keeps whom a cookie binds to it", () => {
  const { roster, plan, board, said } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1", { address: "127.0.0.1:2", weight: 0 }] }), 0);
  roster.open(0);
  expect(roster.steer("app", "127.0.0.1:1", "maintain", 0)).toBeTrue();
  expect(roster.conditionOf(0)).toMatchObject({ reason: "in maintenance by an operator", withdrawal: "maintenance" });
  expect(roster.conditionOf(1)).toMatchObject({
    ...{ state: "draining", reason: "its weight is 0", withdrawal: "weightless", isEligible: false },
  });
  expect([0, 1].map((slot) => board.read(slot).admin)).toEqual([admin.maintenance, admin.drain]);
  expect(said()).toContain("server app/127.0.0.1:2 is DRAINING: its weight is 0, and it gets no new requests");
  // To enable it gives it no weight.
  expect(roster.steer("app", "127.0.0.1:2", "enable", 0)).toBeTrue();
  expect(roster.conditionOf(1).state).toBe("draining");
});

test("an order after another is told, and whether clients that are bound to the server stay", () => {
  const { roster, plan, said } = stage();
  roster.adopt(plan({ servers: ["127.0.0.1:1", "127.0.0.1:2"], sticky: { cookie: "srv" } }), 0);
  roster.open(0);
  for (const order of ["drain", "drain", "maintain", "enable"] as const) roster.steer("app", "127.0.0.1:1", order, 0);
  expect(said()).toEqual([
    "server app/127.0.0.1:1 is DRAINING: it gets no new requests but of clients that a cookie or a table binds to it",
    "server app/127.0.0.1:1 is in MAINTENANCE: it gets no new requests, and clients that a cookie or a table binds to it get another",
    "server app/127.0.0.1:1 is enabled again",
  ]);
});

test("one without a weight is down when its check says so, and serves nobody new in a panic", () => {
  const { roster, plan, evidence, board } = stage();
  const servers = [{ address: "127.0.0.1:1", weight: 0 }, "127.0.0.1:2"];
  const ejection = { consecutiveFailures: 5, base: "10s" };
  const check = { tcp: true as const, rise: 1, fall: 1 };
  roster.adopt(plan({ servers, ejection, panicThreshold: 0.9, check }), 0);
  roster.open(0);
  expect(roster.conditionOf(0).state).toBe("unchecked");
  for (const slot of [0, 1]) roster.checked(slot, { isHealthy: true, reason: "" }, 1);
  expect(roster.conditionOf(0).state).toBe("draining");
  for (const slot of [0, 1]) evidence.set(slot, { consecutiveFailures: 5, requests: 5, failures: 5, durationMs: 0 });
  roster.tick(1000);
  expect([0, 1].map((slot) => [roster.conditionOf(slot).state, board.isEligible(slot)])).toEqual([
    ["ejected", false],
    ["ejected", true],
  ]);
  roster.checked(0, { isHealthy: false, reason: "refused" }, 2000);
  expect(roster.conditionOf(0).state).toBe("down");
});
