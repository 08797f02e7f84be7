import { beforeEach, expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { Arena, workerOffsets } from "../memory/arena.ts";
import { poolCell, serverCell, Tally } from "../memory/tally.ts";
import { IdleConnections, IdleHouse } from "./idle.ts";
import { Pinned } from "./pinned.ts";
import { Places } from "./places.ts";
import type { Upstream } from "./upstream.ts";

const pool = makePlan().pools[0]!;
const server = pool.servers[0]!;
const arena = Arena.inMemory();
const tallies = [0, 1, 2].map((worker) => new Tally(arena, worker));
const pinned = new Pinned(tallies[0]!);

beforeEach(() => {
  for (const worker of tallies.keys()) {
    begin(worker, 0);
    keep(worker, 0);
    wait(worker, 0);
  }
});

function begin(worker: number, count: number): void {
  arena.words[workerOffsets(worker).active / 4 + server.slot] = count;
}

function keep(worker: number, count: number): void {
  const tally = tallies[worker]!;
  tally.cells[tally.serverRow(server.slot) + serverCell.idle] = count;
}

function wait(worker: number, count: number): void {
  const tally = tallies[worker]!;
  tally.cells[tally.poolRow(pool.slot) + poolCell.queued] = count;
}

/** What the first of three workers keeps. */
function idleOf(connectionsMax: number): { places: Places; idle: IdleConnections; put: () => boolean } {
  const places = new Places(arena, { ...server, connectionsMax }, pool.slot, 0, 3);
  const house = new IdleHouse(tallies[0]!, tallies[0]!.serverRow(server.slot));
  house.configure({ connectionsMax: 256, timeoutMs: 1000 }, places);
  const idle = new IdleConnections(house);
  return { places, idle, put: () => idle.put({ idleSinceMs: 0, destroy() {} } as unknown as Upstream) };
}

test("at the tick as many are kept as there are places free, what other workers do and keep counted in", () => {
  const { places, put, idle } = idleOf(5);
  begin(1, 1);
  keep(2, 1);
  for (let count = 0; count < 4; count++) expect(put()).toBe(true);
  places.giveUp(idle, pinned);
  expect(idle.count).toBe(3);
  begin(1, 0);
  expect(put()).toBe(true);
  places.giveUp(idle, pinned);
  expect(idle.count).toBe(4);
});

test("what is too many once others have begun something is given up at the tick, and no more", () => {
  const { places, put, idle } = idleOf(5);
  for (let count = 0; count < 4; count++) put();
  begin(1, 1);
  places.giveUp(idle, pinned);
  expect(idle.count).toBe(4);
  begin(1, 3);
  places.giveUp(idle, pinned);
  places.giveUp(idle, pinned);
  expect(idle.count).toBe(2);
  begin(2, 9);
  places.giveUp(idle, pinned);
  places.giveUp(idle, pinned);
  expect(idle.count).toBe(0);
});

test("of one place nothing is kept, but for one who waits here", () => {
  const single = idleOf(1);
  wait(1, 1);
  expect(single.put()).toBe(false);
  wait(0, 1);
  expect(single.put()).toBe(true);
});
