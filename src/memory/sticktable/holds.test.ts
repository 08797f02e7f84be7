// What processes hold, and what becomes of it when they end. Processes are made up here; test/stress kills real ones.

import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";
import { bytesOf, formatTable, layoutOf } from "./layout.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 100,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: ["conn_cur", "conn_cnt"],
};
const now = 1_000_000;

class World {
  readonly bytes: Uint8Array;
  readonly alive = new Set<string>();

  constructor(owners: number) {
    const room = { owners, holds: 8 };
    this.bytes = new Uint8Array(bytesOf(layoutOf(plan, room)));
    formatTable(this.bytes, plan, 1, room);
  }

  open(id: number, startedAt: number): StickTable {
    this.alive.add(`${id} ${startedAt}`);
    const isAlive = (other: number, at: number): boolean => this.alive.has(`${other} ${at}`);
    return new StickTable(this.bytes, plan, { id, startedAt, isAlive, relax() {} });
  }
}

function track(table: StickTable, key: number): number {
  table.key.setInteger(key);
  return table.track(now);
}

function current(table: StickTable, key: number): number {
  table.key.setInteger(key);
  return table.read(0, 0, now);
}

test("what a dead process held is let go of, and what the living hold is not", () => {
  const world = new World(4);
  const [one, other, third] = [world.open(10, 1), world.open(11, 1), world.open(12, 1)];
  for (const key of [1, 1, 1, 2]) track(one, key);
  one.untrack(track(one, 2), now);
  track(other, 1);
  expect([current(third, 1), current(third, 2), third.recover()]).toEqual([4, 1, 0]);
  world.alive.delete("10 1");
  expect(third.recover()).toBe(1);
  expect([current(third, 1), current(third, 2), third.recover()]).toEqual([1, 0, 0]);
  expect(checkTable(third)).toEqual([]);
});

test("another process with the id of a dead one is another", () => {
  const world = new World(4);
  track(world.open(10, 2 ** 32 - 1), 1);
  world.alive.clear();
  const next = world.open(10, 2 ** 32 - 2);
  track(next, 1);
  expect([current(next, 1), next.recover(), current(next, 1)]).toEqual([2, 1, 1]);
});

test("a process that closes lets go of everything, and its row is for others", () => {
  const world = new World(2);
  const watcher = world.open(1, 1);
  for (let turn = 0; turn < 10; turn++) {
    const table = world.open(2 + turn, 1);
    for (let hold = 1; hold <= 8; hold++) expect(track(table, hold)).toBe(hold);
    expect(track(table, 9)).toBe(0);
    table.close();
    expect(checkTable(watcher)).toEqual([]);
  }
  expect(current(watcher, 1)).toBe(0);
});

test("when too many processes have it open the next one is told, unless one of them is dead and recovered", () => {
  const world = new World(2);
  const one = world.open(1, 1);
  world.open(2, 1);
  expect(() => world.open(3, 1)).toThrow("table clients: too many processes have it open");
  world.alive.delete("2 1");
  one.recover();
  expect(track(world.open(3, 1), 1)).toBe(1);
});

test("one process may have it open twice", () => {
  const world = new World(3);
  const [one, other] = [world.open(1, 1), world.open(1, 1)];
  const hold = track(one, 1);
  track(other, 1);
  one.untrack(hold, now);
  expect([one.recover(), current(one, 1)]).toEqual([0, 1]);
  one.close();
  expect([current(other, 1), checkTable(other)]).toEqual([1, []]);
});
