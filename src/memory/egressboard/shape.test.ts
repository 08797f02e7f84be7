// How large boards are.

import { expect, test } from "bun:test";
import type { EgressMemberPlan } from "../../config/plan.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import { boardBytesMax } from "./layout.ts";
import { egressShape } from "./shape.ts";

function shapeFor(members: number, entriesMax = 1000, changesMax = 100): ReturnType<typeof egressShape> {
  return egressShape({ members: new Array<EgressMemberPlan>(members), history: { entriesMax, changesMax } });
}

test("a pool has the same shape until it doubles, or keeps more", () => {
  expect(shapeFor(257)).toEqual(shapeFor(512));
  expect(shapeFor(513)).not.toEqual(shapeFor(512));
  expect(shapeFor(300, 999)).not.toEqual(shapeFor(300));
});

test("there is room for texts, pairs and sessions by the members, and enough of it for a few", () => {
  expect(shapeFor(300)).toEqual({
    ...{ members: 512, entriesMax: 1000, changesMax: 100 },
    ...{ pairs: 2048, hosts: 1024, sessions: 2048, users: 1024, texts: 4096 },
  });
  expect(shapeFor(1)).toMatchObject({ members: 64, pairs: 1024, hosts: 1024, sessions: 2048, texts: 4096 });
});

test("what is bounded is bounded: of 65,536 members too, whose file can be mapped", () => {
  const shape = shapeFor(65_536);
  expect(shape).toMatchObject({ members: 65_536, pairs: 262_144, hosts: 16_384, sessions: 262_144, texts: 524_288 });
  expect(SharedEgressBoard.bytesFor(shape)).toBeLessThan(boardBytesMax);
  expect(SharedEgressBoard.bytesFor(shapeFor(10_000))).toBeLessThan(0.6 * 2 ** 30);
});
