import { expect, test } from "bun:test";
import { octetsOf } from "../../test/playbook/memory.ts";
import { table } from "../../test/playbook/rules.ts";
import { Prng } from "../base/prng.ts";
import { checkTable } from "../memory/sticktable/check.ts";
import { formatTable, tableBytes } from "../memory/sticktable/layout.ts";
import { copyTable } from "../memory/sticktable/rows.ts";
import { StickTable } from "../memory/sticktable.ts";
import { Trackers } from "./trackers.ts";

const start = 1000;

function clients(entriesMax = 64): StickTable {
  const plan = { ...table("clients", ["conn_cur", "http_req_cnt"]), entriesMax, isEvicting: false, share: null };
  return StickTable.inMemory(plan);
}

function lay(into: StickTable, address: string): StickTable {
  into.key.setAddress(octetsOf(address), 0);
  return into;
}

const counts = (of: StickTable, address: string): number[] => {
  lay(of, address);
  return [of.read(0, 0, start), of.read(1, 0, start)];
};

test("a slot that is taken stays taken until all are let go of", () => {
  const one = clients();
  const trackers = new Trackers();
  expect(trackers.find(2)).toBeNull();
  const entry = trackers.track(2, lay(one, "10.0.0.1"), start);
  expect(entry).toBeGreaterThan(0);
  expect(trackers.track(2, lay(one, "10.0.0.2"), start)).toBe(0);
  expect(trackers.find(2)).toMatchObject({ table: one, entry });
  trackers.release(start);
  expect([trackers.find(2), trackers.count]).toEqual([null, 0]);
  expect(counts(one, "10.0.0.1")).toEqual([0, 0]);
  expect(trackers.track(2, lay(one, "10.0.0.2"), start)).toBeGreaterThan(0);
});

test("an entry in two slots is told once, and is held twice", () => {
  const one = clients();
  const trackers = new Trackers();
  trackers.track(0, lay(one, "10.0.0.1"), start);
  trackers.track(1, lay(one, "10.0.0.1"), start);
  trackers.track(5, lay(one, "10.0.0.2"), start);
  expect([0, 1, 5].map((slot) => trackers.isSecond(slot))).toEqual([false, true, false]);
  trackers.note("request", 1, start);
  expect([counts(one, "10.0.0.1"), counts(one, "10.0.0.2")]).toEqual([
    [2, 1],
    [1, 1],
  ]);
  trackers.release(start);
  trackers.track(1, lay(one, "10.0.0.1"), start);
  expect(trackers.isSecond(1)).toBe(false);
});

test("what others hold as well is told by them; the same key of another table is not the same", () => {
  const [one, two] = [clients(), clients()];
  const [connection, request] = [new Trackers(), new Trackers()];
  connection.track(0, lay(one, "10.0.0.1"), start);
  request.track(0, lay(one, "10.0.0.1"), start);
  request.track(1, lay(two, "10.0.0.1"), start);
  connection.note("request", 1, start);
  request.note("request", 1, start, connection);
  expect([counts(one, "10.0.0.1")[1], counts(two, "10.0.0.1")[1]]).toEqual([1, 1]);
});

test("a full table leaves a slot free", () => {
  const one = clients(1);
  const trackers = new Trackers();
  trackers.track(0, lay(one, "10.0.0.1"), start);
  expect(trackers.track(1, lay(one, "10.0.0.2"), start)).toBe(0);
  expect([trackers.find(1), trackers.count]).toEqual([null, 1]);
});

test("what is held is told and let go of in the table that has taken its place, and is counted there once", () => {
  const [one, two, three] = [clients(), clients(), clients()];
  const [connection, request] = [new Trackers(), new Trackers()];
  connection.track(0, lay(one, "10.0.0.1"), start);
  request.track(1, lay(one, "10.0.0.1"), start);
  request.track(2, lay(one, "10.0.0.2"), start);
  one.passOn(two, two, start);
  expect([counts(one, "10.0.0.1"), counts(two, "10.0.0.1")]).toEqual([
    [0, 0],
    [2, 0],
  ]);
  // Whoever looks first: what both hold is told of once.
  connection.note("request", 1, start);
  request.note("request", 1, start, connection);
  expect([counts(two, "10.0.0.1"), counts(two, "10.0.0.2")]).toEqual([
    [2, 1],
    [1, 1],
  ]);
  // An exchange that began under the plan before goes on with its rules, and another reload follows.
  expect(request.track(3, lay(one, "10.0.0.3"), start)).toBeGreaterThan(0);
  expect([counts(one, "10.0.0.3"), counts(two, "10.0.0.3"), request.find(3)!.table]).toEqual([[0, 0], [1, 0], two]);
  two.passOn(three, three, start);
  one.passOn(two, two, start);
  expect([request.find(1)!.table, request.all().length, request.count]).toEqual([three, 3, 3]);
  request.release(start);
  connection.release(start);
  for (const table of [one, two, three])
    for (const address of ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) expect(counts(table, address)[0]).toBe(0);
});

test("a table leads to the newest at once, with what is held, whatever was let go of meanwhile", () => {
  const [one, two, three] = [clients(), clients(), clients()];
  const [kept, ended] = [new Trackers(), new Trackers()];
  kept.track(0, lay(one, "10.0.0.1"), start);
  ended.track(0, lay(one, "10.0.0.1"), start);
  one.passOn(two, two, start);
  ended.release(start);
  two.passOn(three, three, start);
  expect(one.successor).toBe(three);
  expect([counts(one, "10.0.0.1"), counts(two, "10.0.0.1"), counts(three, "10.0.0.1")]).toEqual([
    [0, 0],
    [0, 0],
    [1, 0],
  ]);
  expect([kept.find(0)!.table, kept.count]).toEqual([three, 1]);
  kept.release(start);
  expect(counts(three, "10.0.0.1")[0]).toBe(0);
});

test("what finds no room in the table that takes its place is held no more", () => {
  const [one, two] = [clients(), clients(2)];
  const trackers = new Trackers();
  for (let slot = 0; slot < 20; slot++) trackers.track(slot, lay(one, `10.0.0.${slot}`), start);
  one.passOn(two, two, start);
  const kept = trackers.all().length;
  expect([kept < 20, trackers.count]).toEqual([true, kept]);
  expect(trackers.find(19)).toBeNull();
  trackers.release(start);
  expect(trackers.count).toBe(0);
});

test.each([1, 2, 3, 4])(
  "workers that change to other tables one after the other count who is there, and the dead are not (%p)",
  (seed) => {
    const prng = new Prng(seed);
    const alive = new Set([1, 2, 3, 4]);
    const planOf = (entriesMax: number) => ({ ...clients().plan, entriesMax });
    const bytesOf = (plan: StickTable["plan"]): Uint8Array => {
      const bytes = new Uint8Array(tableBytes(plan));
      formatTable(bytes, plan, seed);
      return bytes;
    };
    const open = (bytes: Uint8Array, plan: StickTable["plan"], id: number): StickTable =>
      new StickTable(bytes, plan, { id, startedAt: 7, isAlive: (other) => alive.has(other), relax: () => {} });
    let plan = planOf(64);
    let bytes = bytesOf(plan);
    let control = open(bytes, plan, 4);
    const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    const workers = [1, 2, 3].map((id) => ({ id, table: open(bytes, plan, id), held: new Map<Trackers, string>() }));
    const live = (worker: (typeof workers)[number]): boolean => alive.has(worker.id);
    for (let round = 0; round < 40; round++) {
      for (let step = prng.below(60); step > 0; step--) {
        const worker = workers[prng.below(3)]!;
        if (!live(worker)) continue;
        const [first] = worker.held.keys();
        if (prng.below(2) === 0 && first !== undefined) {
          first.release(start);
          worker.held.delete(first);
          continue;
        }
        const address = addresses[prng.below(3)]!;
        const trackers = new Trackers();
        if (trackers.track(0, lay(worker.table, address), start) !== 0) worker.held.set(trackers, address);
      }
      if (round === 25) alive.delete(3);
      control.recover();
      // A reload, which workers hear of one after the other.
      plan = planOf(64 + prng.below(200));
      bytes = bytesOf(plan);
      const former = control;
      control = open(bytes, plan, 4);
      copyTable(former, control, start);
      for (const worker of workers.filter(live)) {
        for (const [trackers] of worker.held) {
          if (prng.below(3) > 0) continue;
          trackers.release(start);
          worker.held.delete(trackers);
        }
        const next = open(bytes, plan, worker.id);
        worker.table.passOn(next, next, start);
        worker.table = next;
      }
      control.recover();
      for (const address of addresses) {
        const there = workers.filter(live).flatMap(({ held }) => [...held.values()].filter((each) => each === address));
        expect(counts(control, address)[0]).toBe(there.length);
      }
      expect(checkTable(control)).toEqual([]);
    }
  },
);
