// What is under way when a board takes the place of another: by processes that are made up here, of which each has both open, under
// one name for the two.

import { expect, test } from "bun:test";
import { memberWord, recordWord } from "../egress.ts";
import type { SharedEgressBoard } from "../egressboard.ts";
import { checkBoard } from "./check.fixture.ts";
import { BoardWorld, nowMs, pairOf, smallShape } from "./sample.fixture.ts";

const host = 7;
const largeShape = { ...smallShape, members: 64, pairs: 99, texts: 256 };

/** A board, as each process has it open: control first. */
class Stand {
  readonly world: BoardWorld;
  readonly all: readonly SharedEgressBoard[];
  readonly control: SharedEgressBoard;

  constructor(shape: typeof smallShape, ids: readonly string[], former: Stand | null = null) {
    this.world = new BoardWorld(shape, { owners: 6, leases: 200 });
    this.all = [0, 1, 2].map(() => this.world.open());
    this.control = this.all[0]!;
    this.control.adopt(ids, nowMs);
    if (former === null) return;
    expect(this.control.carry(former.control)).toBe(true);
    this.control.standIn(former.control);
  }

  active(id: string): [member: number, pair: number] {
    const { words } = this.control;
    const row = this.control.memberOf(id);
    const pair = this.control.find("pair", row, host);
    return [words[row + memberWord.active]!, pair === 0 ? 0 : words[pair + recordWord.active]!];
  }

  hold(number: number, id: string): { row: number; lease: number } {
    const board = this.all[number]!;
    const pair = pairOf(board, id, host);
    return { row: board.memberOf(id), lease: board.hold(board.memberOf(id), pair) };
  }

  problems(): string[] {
    return checkBoard(this.control);
  }
}

test("goes over with each process that changes, is held on both until all have, and then on the new one alone, once", () => {
  const old = new Stand(smallShape, ["z", "a", "b"]);
  const [first, second] = [old.hold(1, "a"), old.hold(2, "a")];
  const third = old.hold(2, "b");
  const next = new Stand(largeShape, ["b", "a"], old);
  // Nobody has changed, and whoever is the first sees what the others hold.
  expect([next.active("a"), next.active("b")]).toEqual([
    [2, 2],
    [1, 1],
  ]);
  old.all[1]!.passOn(next.all[1]!);
  expect([old.active("a"), old.all[1]!.successor, old.all[2]!.successor]).toEqual([[2, 2], next.all[1]!, null]);
  // While the second has not changed it begins and ends.
  const late = old.hold(2, "b");
  old.all[2]!.letGo(third.lease);
  old.all[2]!.passOn(next.all[2]!);
  next.control.letGoAll();
  expect([next.active("a"), next.active("b")]).toEqual([
    [2, 2],
    [1, 1],
  ]);
  for (const board of old.all) board.letGoAll();
  expect([old.active("a"), old.active("b")]).toEqual([
    [0, 0],
    [0, 0],
  ]);
  for (const [number, held] of [
    [1, first],
    [2, second],
    [2, late],
  ] as const) {
    const heir = old.all[number]!.heirOf(held);
    expect(heir.row).toBe(next.all[number]!.heldBy(heir.lease));
    next.all[number]!.letGo(heir.lease);
    // Whoever says it again says nothing.
    next.all[number]!.letGo(old.all[number]!.heirOf(held).lease);
  }
  expect([next.active("a"), next.active("b")]).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect([old.problems(), next.problems()]).toEqual([[], []]);
});

test("what ends before all have changed is let go of on both", () => {
  const old = new Stand(smallShape, ["a"]);
  const held = old.hold(1, "a");
  const next = new Stand(largeShape, ["a"], old);
  old.all[1]!.passOn(next.all[1]!);
  next.all[1]!.letGo(old.all[1]!.heirOf(held).lease);
  expect([old.active("a"), next.active("a")]).toEqual([
    [0, 0],
    [1, 1],
  ]);
  next.control.letGoAll();
  for (const board of old.all) board.letGoAll();
  expect([old.active("a"), next.active("a"), old.problems(), next.problems()]).toEqual([[0, 0], [0, 0], [], []]);
});

test("who is killed before, in the middle or afterwards holds nothing in the end", () => {
  for (const moment of ["before", "changed", "after"]) {
    const old = new Stand(smallShape, ["a"]);
    for (const number of [1, 1, 2]) old.hold(number, "a");
    const next = new Stand(largeShape, ["a"], old);
    const kill = (): void => {
      for (const { world } of [old, next]) world.kill(2);
      next.control.recover();
    };
    if (moment === "before") kill();
    else old.all[1]!.passOn(next.all[1]!);
    if (moment === "changed") kill();
    old.all[2]!.passOn(next.all[2]!);
    next.control.letGoAll();
    if (moment === "after") kill();
    next.control.recover();
    expect([moment, next.active("a"), next.problems()]).toEqual([moment, [1, 1], []]);
  }
});

test("of members that are no more there nothing is held, whether they left with the board or before, or have come back", () => {
  const old = new Stand(smallShape, ["a", "b", "c"]);
  const [gone, back, kept] = [old.hold(1, "a"), old.hold(1, "b"), old.hold(1, "c")];
  // b leaves, and comes back under the same board: what was held of it is nobody's.
  old.control.adopt(["a", "c"], nowMs);
  old.control.adopt(["a", "b", "c"], nowMs);
  const next = new Stand(largeShape, ["b", "c"], old);
  old.all[1]!.passOn(next.all[1]!);
  next.control.letGoAll();
  expect([gone, back].map((held) => old.all[1]!.heirOf(held))).toEqual([
    { row: 0, lease: -1 },
    { row: 0, lease: -1 },
  ]);
  expect([next.active("b"), next.active("c")]).toEqual([
    [0, 0],
    [1, 1],
  ]);
  next.all[1]!.letGo(old.all[1]!.heirOf(kept).lease);
  expect([next.active("c"), next.problems()]).toEqual([[0, 0], []]);
});

test("goes on to a third, and back to one whose file is in force again", () => {
  const old = new Stand(smallShape, ["a"]);
  const held = old.hold(1, "a");
  const next = new Stand(largeShape, ["a"], old);
  old.all[1]!.passOn(next.all[1]!);
  // The plan was refused elsewhere: this process opens the former file once more.
  const again = old.world.open();
  next.all[1]!.passOn(again);
  old.all[1]!.letGoAll();
  next.all[1]!.letGoAll();
  expect([old.active("a"), next.active("a")]).toEqual([
    [1, 1],
    [1, 1],
  ]);
  next.control.letGoAll();
  const last = old.all[1]!.heirOf(held);
  again.letGo(last.lease);
  expect([old.active("a"), next.active("a"), old.problems(), next.problems()]).toEqual([[0, 0], [0, 0], [], []]);
});

test("those before lead to the newest at once, with what began on each, whatever ended meanwhile", () => {
  const old = new Stand(smallShape, ["a", "b"]);
  const [first, second] = [old.hold(1, "a"), old.hold(1, "b")];
  const next = new Stand(largeShape, ["a", "b"], old);
  old.all[1]!.passOn(next.all[1]!);
  old.all[1]!.letGoAll();
  const third = next.hold(1, "a");
  next.all[1]!.letGo(old.all[1]!.heirOf(second).lease);
  // What takes the place of what has ended is not its heir.
  const fourth = next.hold(1, "b");
  const last = new Stand(smallShape, ["a", "b"], next);
  next.all[1]!.passOn(last.all[1]!);
  for (const { control } of [next, last]) control.letGoAll();
  expect([old.all[1]!.successor, next.all[1]!.successor]).toEqual([last.all[1]!, last.all[1]!]);
  expect(old.all[1]!.heirOf(second)).toEqual({ row: 0, lease: -1 });
  expect(old.all[1]!.heirOf({ row: old.control.memberOf("b"), lease: -1 })).toEqual({
    row: last.control.memberOf("b"),
    lease: -1,
  });
  expect([last.active("a"), last.active("b")]).toEqual([
    [2, 2],
    [1, 1],
  ]);
  last.all[1]!.letGo(old.all[1]!.heirOf(first).lease);
  for (const each of [third, fourth]) last.all[1]!.letGo(next.all[1]!.heirOf(each).lease);
  next.all[1]!.letGoAll();
  for (const { active, problems } of [old, next, last].map((each) => ({
    active: [each.active("a"), each.active("b")],
    problems: each.problems(),
  })))
    expect([active, problems]).toEqual([
      [
        [0, 0],
        [0, 0],
      ],
      [],
    ]);
});

test("what began after the copy has its pair there, at rest for as long as here; what had no room for a lease is found by its row", () => {
  const old = new Stand(smallShape, ["z", "a"]);
  const next = new Stand(largeShape, ["a"], old);
  const held = old.hold(1, "a");
  const pair = old.control.find("pair", held.row, host);
  old.control.doubles[(pair + recordWord.atMs) / 2] = nowMs + 500;
  old.all[1]!.passOn(next.all[1]!);
  const row = next.control.memberOf("a");
  expect(next.active("a")).toEqual([1, 1]);
  expect(next.control.doubles[(next.control.find("pair", row, host) + recordWord.atMs) / 2]).toBe(nowMs + 500);
  expect(old.all[1]!.heirOf({ row: held.row, lease: -1 })).toEqual({ row, lease: -1 });
});

test("a hundred of them, without others being kept from the board for long", () => {
  const old = new Stand(smallShape, ["a", "b"]);
  for (let number = 0; number < 150; number++) old.hold(1, number % 3 === 0 ? "a" : "b");
  const next = new Stand(largeShape, ["a", "b"], old);
  old.all[1]!.passOn(next.all[1]!);
  next.control.letGoAll();
  expect([next.active("a"), next.active("b"), next.problems()]).toEqual([[50, 50], [100, 100], []]);
});
