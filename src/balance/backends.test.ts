import { beforeEach, expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import type { BalancePolicy, ServerPlan } from "../config/plan.ts";
import { Arena, capacity, rowCells, workerOffsets } from "../memory/arena.ts";
import { admin, Board, health, type ServerState } from "../memory/board.ts";
import { serverCell } from "../memory/tally.ts";
import { Backends } from "./backends.ts";
import { samplePool, sampleServer } from "./sample.fixture.ts";

const arena = Arena.inMemory();
const board = new Board(arena);
const up: ServerState = {
  health: health.up,
  admin: admin.ready,
  isEjected: false,
  rampPermille: 1000,
  isEligible: true,
};
const down: ServerState = { ...up, health: health.down, isEligible: false };

function set(slot: number, changes: Partial<ServerState>): void {
  board.write(slot, { ...board.read(slot), ...changes });
  board.publish();
}

function servers(...changes: Partial<ServerPlan>[]): ServerPlan[] {
  return changes.map((change, index) => sampleServer(index, change));
}

function create(policy: BalancePolicy, plan: readonly ServerPlan[], worker = 0, workers = 2): Backends {
  const prng = new Prng(5);
  return new Backends(samplePool(policy, plan), arena, worker, workers, () => prng.next());
}

function picks(backends: Backends, count: number): number[] {
  return Array.from({ length: count }, () => backends.pick(0));
}

beforeEach(() => {
  arena.words.fill(0, 0, workerOffsets(0).words / 4);
  for (let worker = 0; worker < 3; worker++) {
    const at = workerOffsets(worker);
    arena.words.fill(0, at.active / 4, at.active / 4 + 16);
    arena.cells.fill(0, at.servers / 8, at.servers / 8 + 16 * rowCells);
  }
  for (let slot = 0; slot < 16; slot++) board.write(slot, up);
  board.publish();
});

test("servers that control has not declared eligible get nothing, and changes hold once they are published", () => {
  board.write(1, down);
  const backends = create("roundRobin", servers({}, {}, {}));
  expect(picks(backends, 4)).toEqual([0, 2, 0, 2]);
  board.write(1, up);
  expect(picks(backends, 2)).toEqual([0, 2]);
  board.publish();
  expect(new Set(picks(backends, 3))).toEqual(new Set([0, 1, 2]));
});

test("two workers take turns from one counter", () => {
  const plan = servers({}, {}, {});
  const [one, two] = [create("roundRobin", plan, 0), create("roundRobin", plan, 1)];
  expect([one, two, two, two, one, two].map((worker) => worker.pick(0))).toEqual([0, 1, 2, 0, 1, 2]);
});

test("the version moves only when the pool's own servers change", () => {
  const backends = create("random", servers({}, {}));
  const before = backends.version;
  set(9, down);
  backends.refresh();
  expect(backends.version).toBe(before);
  set(1, { rampPermille: 300 });
  backends.refresh();
  expect(backends.version).toBe(before + 1);
  expect([...backends.weights]).toEqual([1, 0.3]);
});

test("backups serve only while no other server can", () => {
  const backends = create("roundRobin", servers({ backup: true }, {}, {}, { backup: true }));
  expect(new Set(picks(backends, 8))).toEqual(new Set([1, 2]));
  set(1, down);
  expect(new Set(picks(backends, 8))).toEqual(new Set([2]));
  set(2, down);
  expect(new Set(picks(backends, 8))).toEqual(new Set([0, 3]));
  set(2, up);
  expect(new Set(picks(backends, 8))).toEqual(new Set([2]));
});

test("one backup at a time: the first that is well serves alone, and gives way to one before it", () => {
  const plan = servers({ backup: true, weight: 0 }, {}, { backup: true }, { backup: true }, {});
  const backends = new Backends({ ...samplePool("roundRobin", plan), isOneBackup: true }, arena, 0, 2, Math.random);
  const inTurn = (): Set<number> => new Set(picks(backends, 12));
  expect(inTurn()).toEqual(new Set([1, 4]));
  set(1, down);
  set(4, down);
  expect(inTurn()).toEqual(new Set([2]));
  set(2, down);
  expect(inTurn()).toEqual(new Set([3]));
  expect(backends.eligibleCount).toBe(1);
  set(3, down);
  expect(backends.pick(0)).toBe(-1);
  set(3, up);
  set(2, up);
  expect(inTurn()).toEqual(new Set([2]));
  expect(backends.pickExcept(Uint8Array.of(0, 0, 1, 0, 0), 0)).toBe(3);
  set(4, up);
  expect(inTurn()).toEqual(new Set([4]));
  expect(backends.pickExcept(Uint8Array.of(0, 0, 0, 0, 1), 0)).toBe(2);
});

test("a server of weight 0 and one whose name has no address yet get nothing", () => {
  const unresolved = { kind: "tcp", host: "", port: 0 } as const;
  const backends = create("first", servers({ weight: 0 }, { address: unresolved }, { backup: true }));
  expect(backends.pick(0)).toBe(2);
  expect(backends.byCookie("s0")).toBe(0);
  expect(backends.byCookie("s1")).toBe(-1);
});

test("slow start scales the weight, except for hashing", () => {
  board.write(1, { ...up, rampPermille: 100 });
  expect([...create("weightedRoundRobin", servers({}, { weight: 20 })).weights]).toEqual([1, 2]);
  expect([...create("consistentHash", servers({}, { weight: 20 })).weights]).toEqual([1, 20]);
});

test("in-flight counts and calls are summed over all workers", () => {
  const plan = servers({}, {});
  const [one, two] = [create("leastConnections", plan, 0), create("leastConnections", plan, 1)];
  one.begin(0);
  two.begin(0);
  two.begin(1);
  expect([one.activeOf(0), one.activeOf(1), two.activeOf(0)]).toEqual([2, 1, 2]);
  expect(picks(one, 3)).toEqual([1, 1, 1]);
  two.finish(0);
  one.finish(0);
  expect(picks(two, 3)).toEqual([0, 0, 0]);
  for (const worker of [0, 1])
    arena.cells[workerOffsets(worker).servers / 8 + rowCells + serverCell.calls] = 5 + worker;
  expect(one.callsOf(1)).toBe(11);
});

test("a finish without a begin is our own fault and is said at once", () => {
  expect(() => create("random", servers({})).finish(0)).toThrow("had not begun");
});

test("a limit holds over all workers, and a dead worker's exchanges free their places", () => {
  const plan = servers({ connectionsMax: 3 });
  const [one, two] = [create("random", plan, 0), create("random", plan, 1)];
  expect([one.tryBegin(0), one.tryBegin(0), two.tryBegin(0), one.tryBegin(0), two.tryBegin(0)]).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([one.isFull(0), one.activeOf(0), one.pick(0), one.eligibleCount]).toEqual([true, 3, -1, 1]);
  arena.words[workerOffsets(0).active / 4] = 0;
  expect([two.tryBegin(0), two.tryBegin(0), two.tryBegin(0)]).toEqual([true, true, false]);
});

for (const policy of [
  ...(["roundRobin", "weightedRoundRobin", "consistentHash", "first", "p2c", "leastCalled", "leastBandwidth"] as const),
])
  test(`${policy} passes over full servers and comes back to them`, () => {
    const backends = create(policy, servers({ connectionsMax: 1 }, { connectionsMax: 2 }, { connectionsMax: 2 }));
    const key = [...Array(1000).keys()].map((n) => n * 4_294_967).find((n) => backends.pick(n) === 0) ?? 0;
    backends.begin(0);
    for (let pick = 0; pick < 20; pick++) expect(backends.pick(key)).not.toBe(0);
    backends.begin(1);
    backends.begin(1);
    for (let pick = 0; pick < 20; pick++) expect(backends.pick(key)).toBe(2);
    backends.finish(0);
    const seen = new Set(Array.from({ length: 60 }, (_, pick) => backends.pick((key + pick * 70_000_000) >>> 0)));
    expect(seen.has(0) && !seen.has(1)).toBe(true);
  });

test("a server that stays full does not tilt the turns of its neighbours", () => {
  for (const policy of ["roundRobin", "weightedRoundRobin"] as const) {
    const backends = create(policy, servers({ connectionsMax: 1 }, {}, {}));
    backends.begin(0);
    const counts = [0, 0, 0];
    for (const index of picks(backends, 600)) counts[index]!++;
    expect(counts).toEqual([0, 300, 300]);
    backends.finish(0);
  }
});

test("failover avoids what was tried, falls back to backups, and ends with nobody", () => {
  for (const policy of [
    "roundRobin",
    "weightedRoundRobin",
    "random",
    "ipHash",
    "boundedHash",
    "leastCalled",
    "leastBandwidth",
  ] as const) {
    const backends = create(policy, servers({}, {}, { backup: true }, {}));
    const tried = new Uint8Array(4);
    const order: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const index = backends.pickExcept(tried, 99);
      order.push(index);
      tried[index] = 1;
    }
    expect(new Set(order.slice(0, 3))).toEqual(new Set([0, 1, 3]));
    expect(order[3]).toBe(2);
    expect(backends.pickExcept(tried, 99)).toBe(-1);
  }
});

test("backups are not for full servers: an exchange waits for those", () => {
  const backends = create("random", servers({}, { connectionsMax: 1 }, { backup: true }));
  backends.begin(1);
  expect(backends.pickExcept(Uint8Array.of(1, 0, 0), 0)).toBe(-1);
  expect(backends.eligibleCount).toBe(2);
  backends.finish(1);
  expect(backends.pickExcept(Uint8Array.of(1, 0, 0), 0)).toBe(1);
});

test("failover sees what control has published in between", () => {
  const backends = create("weightedRoundRobin", servers({}, {}, {}));
  expect(backends.pickExcept(Uint8Array.of(1, 0, 0), 0)).toBe(1);
  set(1, down);
  for (let pick = 0; pick < 5; pick++) expect(backends.pickExcept(Uint8Array.of(1, 0, 0), 0)).toBe(2);
});

test("a sticky cookie finds its server while it is up or drains, and nobody else's", () => {
  const backends = create("random", servers({ cookie: "a" }, { cookie: "b" }, { cookie: "" }));
  expect([backends.byCookie("a"), backends.byCookie("b"), backends.byCookie("c"), backends.byCookie("")]).toEqual([
    0, 1, -1, -1,
  ]);
  set(0, { admin: admin.drain, isEligible: false });
  set(1, { admin: admin.maintenance, isEligible: false });
  expect([backends.byCookie("a"), backends.byCookie("b")]).toEqual([0, -1]);
  expect(backends.pick(0)).toBe(2);
  set(0, { health: health.down });
  expect(backends.byCookie("a")).toBe(-1);
});

test("a sticky cookie may name servers of several pools, and one by the word that it had before", () => {
  const backends = create("random", servers({ cookie: "a", formerCookie: "b" }, { cookie: "b" }, { cookie: "b" }));
  const found = ["x|b", "b|a", "x|y", "|", "a|x|b"].map((value) => backends.byCookie(value));
  expect(found).toEqual([1, 1, -1, -1, 0]);
  set(0, down);
  // Another server than the one that is held is chosen, and held.
  expect(["a", "a|b", "b|a"].map((value) => backends.byCookie(value))).toEqual([-1, -1, 1]);
  const former = create("random", servers({ cookie: "a", formerCookie: "before" }));
  set(0, up);
  expect(former.byCookie("before")).toBe(0);
});

test("a server keeps its sessions while it is up or drains", () => {
  const backends = create("random", servers({}, {}));
  expect([backends.isKept(0), backends.isKept(1)]).toEqual([true, true]);
  set(0, { admin: admin.drain, isEligible: false });
  set(1, down);
  expect([backends.isKept(0), backends.isKept(1)]).toEqual([true, false]);
});

test("response times stand in this worker's block and steer peakEwma", () => {
  const backends = create("peakEwma", servers({}, {}), 1);
  backends.observe(0, 500, 1000);
  backends.observe(1, 5, 1000);
  expect(picks(backends, 50).every((index) => index === 1)).toBe(true);
  expect(arena.cells[workerOffsets(1).servers / 8 + serverCell.latency]).toBe(500);
});

test("the last slot of the last worker is as good as any", () => {
  const slot = capacity.servers - 1;
  board.write(slot, up);
  const backends = create("leastConnections", [sampleServer(0, { slot })], capacity.workers - 1, capacity.workers);
  expect(backends.pick(0)).toBe(0);
  backends.begin(0);
  expect(backends.activeOf(0)).toBe(1);
  backends.finish(0);
});

test("a server that was away while one worker had nothing to do gets its share from that worker, by the fewest calls", () => {
  const plan = servers({}, {}, {});
  const [busy, idle] = [create("leastCalled", plan, 0), create("leastCalled", plan, 1)];
  const give = (backends: Backends, worker: number, count: number): number[] => {
    const given = [0, 0, 0];
    for (const index of Array.from({ length: count }, () => backends.pick(0))) given[index]!++;
    return given.map((calls, slot) => {
      arena.cells[workerOffsets(worker).servers / 8 + slot * rowCells + serverCell.calls]! += calls;
      return calls;
    });
  };
  for (let turn = 0; turn < 30; turn++) give(turn % 2 === 0 ? busy : idle, turn % 2, 1);
  set(2, down);
  for (let turn = 0; turn < 1000; turn++) give(busy, 0, 1);
  set(2, up);
  const counts = [0, 0, 0];
  for (let turn = 0; turn < 300; turn++) give(idle, 1, 1).forEach((calls, index) => void (counts[index]! += calls));
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThanOrEqual(1);
});
