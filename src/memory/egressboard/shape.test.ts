// How large boards are.

import { expect, test } from "bun:test";
import type { EgressMemberPlan } from "../../config/plan.ts";
import type { EgressShape } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import { boardBytesMax } from "./layout.ts";
import { egressShape } from "./shape.ts";

type Parts = Partial<Parameters<typeof egressShape>[0]["history"] & Parameters<typeof egressShape>[0]>;

function shapeFor(count: number, { entriesMax = 1000, changesMax = 100, ...more }: Parts = {}): EgressShape {
  const members = new Array<EgressMemberPlan>(count);
  return egressShape({ members, history: { entriesMax, changesMax }, session: null, users: 0, ...more });
}

const ending = { lifetimeMs: 60_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };

test("a pool has the same shape until it doubles, or keeps more", () => {
  expect(shapeFor(257)).toEqual(shapeFor(512));
  expect(shapeFor(513)).not.toEqual(shapeFor(512));
  expect(shapeFor(300, { entriesMax: 999 })).not.toEqual(shapeFor(300));
});

test("there is room for texts, pairs and sessions by the members, and enough of it for a few", () => {
  expect(shapeFor(300)).toEqual({
    ...{ members: 512, entriesMax: 1000, changesMax: 100 },
    ...{ pairs: 8192, hosts: 1024, sessions: 2048, users: 1024, texts: 4096 },
  });
  expect(shapeFor(1)).toMatchObject({ members: 64, pairs: 4096, hosts: 1024, sessions: 2048, texts: 4096 });
});

test("what is bounded is bounded: of 65,536 members too, whose file can be mapped", () => {
  const shape = shapeFor(65_536, { session: ending });
  expect(shape).toMatchObject({ members: 65_536, pairs: 131_072, hosts: 16_384, sessions: 262_144, texts: 524_288 });
  expect(SharedEgressBoard.bytesFor(shape)).toBeLessThan(boardBytesMax);
  expect(SharedEgressBoard.bytesFor(shapeFor(10_000, { session: ending }))).toBeLessThan(0.6 * 2 ** 30);
});

test("all users of a quota have room, and some to spare, until there are more than a file can bear", () => {
  const usersOf = (users: number): number => shapeFor(10, { users }).users;
  expect([0, 819, 820, 1638, 50_000, 400_000].map(usersOf)).toEqual([1024, 1024, 2048, 2048, 65_536, 524_288]);
  expect(usersOf(2_000_000)).toBe(524_288);
});

test("sessions have room where they are kept: by the thousand for a handful of proxies", () => {
  expect(shapeFor(3, { session: { ...ending, lifetimeMs: 0 } }).sessions).toBe(2048);
  expect(shapeFor(3, { session: ending }).sessions).toBe(65_536);
  expect(shapeFor(65_536, { session: ending }).sessions).toBe(262_144);
});

test("what is firm has all rings of a few members, and users always; sessions only where they are few", () => {
  const firmOf = (shape: EgressShape): number =>
    SharedEgressBoard.firmRangesFor(shape, 1).reduce((sum, [start, end]) => sum + end - start, 0) / 2 ** 20;
  const fullOf = (shape: EgressShape): number => SharedEgressBoard.fullBytesFor(shape, shape.members) / 2 ** 20;
  const few = shapeFor(256);
  expect(firmOf(few)).toBe(fullOf(few));
  const keeping = shapeFor(256, { session: ending });
  expect(firmOf(keeping)).toBeCloseTo(fullOf(keeping) - 10, 1);
  expect(firmOf(keeping) - firmOf(few)).toBeLessThan(2);
  const [none, many] = [shapeFor(10_000), shapeFor(10_000, { users: 50_000 })];
  expect(firmOf(many) - firmOf(none)).toBeCloseTo(((65_536 - 1024) * (160 + 32)) / 2 ** 20, 1);
});
