import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { Arena } from "../memory/arena.ts";
import { poolCell, serverCell, Tally } from "../memory/tally.ts";
import { IdleConnections, IdleHouse } from "./idle.ts";
import { Places, placesOf } from "./places.ts";
import { ServerSite } from "./site.ts";
import type { Upstream } from "./upstream.ts";

const pool = makePlan().pools[0]!;
const arena = Arena.inMemory();
const [ours, theirs] = [new Tally(arena, 0), new Tally(arena, 1)];
const idleCell = ours.serverRow(pool.servers[0]!.slot) + serverCell.idle;

function wait(tally: Tally, count: number): void {
  tally.cells[tally.poolRow(pool.slot) + poolCell.queued] = count;
}

function serverWith(places: Places, connectionsMax: number, idleCount: number): ServerSite {
  const plan = { ...pool.servers[0]!, connectionsMax };
  const house = new IdleHouse(ours, ours.serverRow(plan.slot));
  house.configure({ connectionsMax: 8, timeoutMs: 1000 }, places);
  const server = new ServerSite(plan, 0, ours, new IdleConnections(house));
  for (let count = 0; count < idleCount; count++) server.idle.put(connection());
  return server;
}

const connection = (): Upstream => ({ idleSinceMs: 0, destroy() {} }) as unknown as Upstream;

test("what is kept is given up for those who wait in other workers, one for each, and nothing is kept meanwhile", () => {
  const places = new Places(arena, pool.slot, 0, 2);
  const [bound, free] = [serverWith(places, 5, 3), serverWith(places, 0, 3)];
  places.giveUp([bound, free]);
  wait(ours, 9);
  places.giveUp([bound, free]);
  expect([bound.idle.count, free.idle.count]).toEqual([3, 3]);
  wait(theirs, 2);
  places.giveUp([bound, free]);
  expect([bound.idle.count, free.idle.count, bound.idle.put(connection())]).toEqual([1, 3, false]);
  places.giveUp([bound]);
  expect(bound.idle.count).toBe(0);
  wait(theirs, 0);
  expect(bound.idle.put(connection())).toBe(true);
  expect(arena.cells[idleCell]).toBe(4);
});

test("nobody has to be considered without a limit, or by the only worker", () => {
  const bound = { ...pool, servers: [{ ...pool.servers[0]!, connectionsMax: 1 }] };
  expect(placesOf(bound, arena, 0, 2)).not.toBeNull();
  expect([placesOf(bound, arena, 0, 1), placesOf(pool, arena, 0, 2)]).toEqual([null, null]);
});
