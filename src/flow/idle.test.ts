import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { Prng } from "../base/prng.ts";
import { Arena } from "../memory/arena.ts";
import { serverCell, Tally } from "../memory/tally.ts";
import { IdleConnections, IdleHouse, keptOf } from "./idle.ts";
import type { Upstream } from "./upstream.ts";

class Connection {
  isDestroyed = false;
  idleSinceMs: number;
  constructor(idleSinceMs = 0) {
    this.idleSinceMs = idleSinceMs;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

// The room needs two members of an upstream only.
const asUpstream = (connection: Connection): Upstream => connection as unknown as Upstream;

function idleOf(connectionsMax: number, timeoutMs = 1000): { idle: IdleConnections; counted: () => number } {
  const tally = new Tally(Arena.inMemory(), 0);
  const row = tally.serverRow(3);
  const house = new IdleHouse(tally, row);
  house.configure({ connectionsMax, timeoutMs });
  const idle = new IdleConnections(house);
  return { idle, counted: () => tally.cells[row + serverCell.idle]! };
}

test("the connection used last is taken first", () => {
  const { idle, counted } = idleOf(8);
  const [one, two] = [new Connection(), new Connection()];
  expect([idle.put(asUpstream(one)), idle.put(asUpstream(two))]).toEqual([true, true]);
  expect(counted()).toBe(2);
  expect(idle.take()).toBe(asUpstream(two));
  expect(idle.take()).toBe(asUpstream(one));
  expect(idle.take()).toBeNull();
  expect(counted()).toBe(0);
});

test("there is room for as many as the plan says", () => {
  const { idle } = idleOf(1);
  expect(idle.put(asUpstream(new Connection()))).toBe(true);
  expect(idle.put(asUpstream(new Connection()))).toBe(false);
});

test("of many that a burst has left only one is needed for one request at a time, and the rest grow old", () => {
  const { idle, counted } = idleOf(8, 1000);
  const burst = Array.from({ length: 5 }, () => new Connection());
  for (const each of burst) idle.put(asUpstream(each));
  for (let nowMs = 100; nowMs <= 900; nowMs += 100) {
    const taken = idle.take() as unknown as Connection;
    taken.idleSinceMs = nowMs;
    idle.put(asUpstream(taken));
  }
  idle.sweep(1000);
  expect([burst.filter((each) => each.isDestroyed).length, counted()]).toEqual([4, 1]);
});

test("where a new plan has room for fewer the next sweep closes the oldest, whether the newest is there or not", () => {
  for (const isOut of [false, true]) {
    const tally = new Tally(Arena.inMemory(), 0);
    const house = new IdleHouse(tally, tally.serverRow(3));
    house.configure({ connectionsMax: 4, timeoutMs: 1000 });
    const idle = new IdleConnections(house);
    const all = [0, 1, 2, 3].map((atMs) => new Connection(atMs));
    for (const each of all) idle.put(asUpstream(each));
    if (isOut) idle.take();
    house.configure({ connectionsMax: 2, timeoutMs: 1000 });
    idle.sweep(3);
    expect(all.map((each) => each.isDestroyed)).toEqual(
      isOut ? [true, false, false, false] : [true, true, false, false],
    );
    house.configure({ connectionsMax: 0, timeoutMs: 1000 });
    idle.sweep(3);
    expect([idle.count, tally.cells[house.row + serverCell.idle]]).toEqual([0, 0]);
    expect(idle.put(asUpstream(new Connection()))).toBe(false);
  }
});

test("there is never more room than the plan says, whichever are out", () => {
  const { idle } = idleOf(2);
  const [one, two, three] = [new Connection(), new Connection(), new Connection()];
  idle.put(asUpstream(one));
  idle.put(asUpstream(two));
  expect(idle.take()).toBe(asUpstream(two));
  expect(idle.put(asUpstream(three))).toBe(true);
  expect([idle.put(asUpstream(two)), idle.count]).toEqual([false, 2]);
});

test("one that closed is no longer here, and one that never was is ignored", () => {
  const { idle, counted } = idleOf(8);
  const [one, two, other] = [new Connection(), new Connection(), new Connection()];
  idle.put(asUpstream(one));
  idle.put(asUpstream(two));
  idle.remove(asUpstream(one));
  idle.remove(asUpstream(other));
  expect(counted()).toBe(1);
  expect(idle.take()).toBe(asUpstream(two));
});

test("a sweep closes those idle for the whole timeout, the others stay", () => {
  const { idle, counted } = idleOf(8, 1000);
  const [old, young] = [new Connection(0), new Connection(500)];
  idle.put(asUpstream(old));
  idle.put(asUpstream(young));
  idle.sweep(999);
  expect(old.isDestroyed).toBe(false);
  idle.sweep(1000);
  expect([old.isDestroyed, young.isDestroyed, counted()]).toEqual([true, false, 1]);
});

test("when the server leaves the plan its connections are closed, and none is kept any more", () => {
  const { idle, counted } = idleOf(8);
  const one = new Connection();
  idle.put(asUpstream(one));
  idle.close();
  expect([one.isDestroyed, counted(), idle.put(asUpstream(new Connection()))]).toEqual([true, 0, false]);
});

test("what moves to another house counts there, and obeys its bounds", () => {
  const { idle, counted } = idleOf(8);
  const other = new Tally(Arena.inMemory(), 0);
  const house = new IdleHouse(other, other.serverRow(1));
  house.configure({ connectionsMax: 2, timeoutMs: 1000 });
  idle.put(asUpstream(new Connection()));
  idle.put(asUpstream(new Connection()));
  idle.move(house);
  expect([counted(), other.cells[house.row + serverCell.idle]]).toEqual([0, 2]);
  expect(idle.put(asUpstream(new Connection()))).toBe(false);
  idle.close();
  expect(other.cells[house.row + serverCell.idle]).toBe(0);
});

test("of a server that is told whose connection it is nothing stands idle", () => {
  const pool = makePlan().pools[0]!;
  const server = pool.servers[0]!;
  expect(keptOf(pool, server)).toEqual(pool.idle);
  expect(keptOf(pool, { ...server, proxyProtocol: 2 }).connectionsMax).toBe(0);
});

test("whatever comes and goes, it is as a list that the last leaves first", () => {
  const prng = new Prng(7);
  const { idle, counted } = idleOf(4, 100);
  let list: Connection[] = [];
  let nowMs = 0;
  for (let round = 0; round < 5000; round++) {
    nowMs += prng.below(30);
    const action = prng.below(6);
    if (action < 3) {
      const one = new Connection(nowMs);
      const isTaken = idle.put(asUpstream(one));
      expect(isTaken).toBe(list.length < 4);
      if (isTaken) list.push(one);
    } else if (action === 3) expect(idle.take()).toBe((list.pop() ?? null) as unknown as Upstream | null);
    else if (action === 4) {
      const index = prng.below(5);
      if (index < list.length) idle.remove(asUpstream(list.splice(index, 1)[0]!));
    } else if (prng.below(3) === 0) expect(idle.closeOldest()).toBe(list.shift() !== undefined);
    else {
      idle.sweep(nowMs);
      const old = list.filter((each) => each.idleSinceMs + 100 <= nowMs);
      expect(old.every((each) => each.isDestroyed)).toBe(true);
      list = list.filter((each) => !old.includes(each));
    }
    expect([idle.count, counted(), list.some((each) => each.isDestroyed)]).toEqual([list.length, list.length, false]);
  }
});
