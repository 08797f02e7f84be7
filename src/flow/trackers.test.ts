import { expect, test } from "bun:test";
import { octetsOf } from "../../test/playbook/memory.ts";
import { table } from "../../test/playbook/rules.ts";
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
