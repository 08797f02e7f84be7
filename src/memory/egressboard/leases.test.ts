// What is held in flight, by processes that are made up here: counted by all, let go of when its process dies, exact whatever that was
// about.

import { expect, test } from "bun:test";
import { memberWord, recordWord } from "../egress.ts";
import type { SharedEgressBoard } from "../egressboard.ts";
import { SharedWords } from "../sharedwords.ts";
import { checkBoard } from "./check.fixture.ts";
import { header, ownerWord } from "./layout.ts";
import { BoardWorld, nowMs, pairOf, smallShape } from "./sample.fixture.ts";

function active(board: SharedEgressBoard, id: string): number {
  return board.words[board.memberOf(id) + memberWord.active]!;
}

test("what is held is counted at its member and its pair, over all processes, until it is let go of", () => {
  const world = new BoardWorld();
  const [one, other] = [world.open(), world.open()];
  one.adopt(["a", "b"], nowMs);
  const pair = pairOf(one, "a", 1);
  const leases = [one.hold(one.memberOf("a"), pair), one.hold(one.memberOf("a"), 0)];
  const others = other.hold(other.memberOf("a"), pair);
  expect([active(one, "a"), active(one, "b"), one.words[pair + recordWord.active]]).toEqual([3, 0, 2]);
  expect([one.heldBy(leases[0]!), one.heldBy(-1)]).toEqual([one.memberOf("a"), 0]);
  for (const lease of leases) one.letGo(lease);
  // Twice, and nothing.
  one.letGo(leases[0]!);
  one.letGo(-1);
  expect([active(one, "a"), one.words[pair + recordWord.active], one.heldBy(leases[0]!)]).toEqual([1, 1, 0]);
  other.letGo(others);
  expect([active(one, "a"), checkBoard(one)]).toEqual([0, []]);
});

test("who holds as many as can be is told, and has room again when one is let go of", () => {
  const world = new BoardWorld();
  const board = world.open();
  board.adopt(["a"], nowMs);
  const leases = Array.from({ length: 16 }, () => board.hold(board.memberOf("a"), 0));
  expect(board.hold(board.memberOf("a"), 0)).toBe(-1);
  board.letGo(leases[3]!);
  expect([board.hold(board.memberOf("a"), 0), active(board, "a")]).toEqual([leases[3]!, 16]);
});

test("what the dead held is let go of, and what the living hold is not", () => {
  const world = new BoardWorld();
  const [control, dead, worker] = [world.open(), world.open(), world.open()];
  control.adopt(["a", "b"], nowMs);
  const pair = pairOf(worker, "a", 1);
  for (const board of [dead, dead, worker]) board.hold(board.memberOf("a"), pair);
  dead.hold(dead.memberOf("b"), 0);
  expect([control.recover(), active(control, "a"), active(control, "b")]).toEqual([0, 3, 1]);
  world.kill(2);
  expect([control.recover(), control.recover()]).toEqual([1, 0]);
  expect([active(control, "a"), active(control, "b"), control.words[pair + recordWord.active]]).toEqual([1, 0, 1]);
  expect([checkBoard(control), world.open().parts.file.owners.row]).toEqual([[], 1]);
});

test("a process that leaves lets go of everything, and its row is another's", () => {
  const world = new BoardWorld();
  const control = world.open();
  control.adopt(["a"], nowMs);
  for (let turn = 0; turn < 10; turn++) {
    const board = world.open();
    for (let hold = 0; hold < 16; hold++) expect(board.hold(board.memberOf("a"), 0)).toBe(hold);
    board.leave();
    expect([active(control, "a"), checkBoard(control)]).toEqual([0, []]);
  }
});

test("when too many processes have it open the next one is told, unless one of them is dead and recovered", () => {
  const world = new BoardWorld(smallShape, { owners: 2, leases: 4 });
  const control = world.open();
  world.open();
  expect(() => world.open()).toThrow("egress board scrape: too many processes have it open");
  world.kill(2);
  control.recover();
  expect(world.open().parts.file.owners.row).toBe(1);
});

test("a lease of a member that has left is held by nobody, and letting it go is not told to who has its row now", () => {
  const world = new BoardWorld();
  const [control, worker] = [world.open(), world.open()];
  control.adopt(["a", "b"], nowMs);
  const row = worker.memberOf("a");
  const lease = worker.hold(row, pairOf(worker, "a", 1));
  control.adopt(["b", "c"], nowMs);
  expect([control.memberOf("c"), worker.heldBy(lease), active(control, "c")]).toEqual([row, 0, 0]);
  worker.hold(worker.memberOf("c"), 0);
  worker.letGo(lease);
  expect([active(control, "c"), checkBoard(control)]).toEqual([1, []]);
});

test("who was stopped while it counts puts recovering off, and later all is exact", () => {
  const world = new BoardWorld();
  const [control, dead, stopped] = [world.open(), world.open(), world.open()];
  control.adopt(["a"], nowMs);
  dead.hold(dead.memberOf("a"), 0);
  // As if it stood between its two counts.
  const { owners } = stopped.parts.file;
  const isCounting = owners.at(owners.row) + ownerWord.isCounting;
  control.words[isCounting] = 1;
  world.kill(2);
  expect([control.recover(), active(control, "a"), control.words[header.halt]]).toEqual([0, 1, 0]);
  control.words[isCounting] = 0;
  expect([control.recover(), active(control, "a"), checkBoard(control)]).toEqual([1, 0, []]);
});

test("a member that leaves while somebody was stopped counting is counted anew by the next recovery", () => {
  const world = new BoardWorld();
  const [control, stopped] = [world.open(), world.open()];
  control.adopt(["a", "b"], nowMs);
  stopped.hold(stopped.memberOf("a"), 0);
  const { owners } = stopped.parts.file;
  control.words[owners.at(owners.row) + ownerWord.isCounting] = 1;
  control.adopt(["b", "c"], nowMs);
  control.words[owners.at(owners.row) + ownerWord.isCounting] = 0;
  expect([control.recover(), control.words[header.isUncertain], checkBoard(control)]).toEqual([0, 0, []]);
});

test("while all is held up, who would count waits for the lock; in vain: it holds nothing, and lets go later", () => {
  const world = new BoardWorld();
  const [control, worker] = [world.open(), world.open()];
  control.adopt(["a"], nowMs);
  const kept = [worker.hold(worker.memberOf("a"), 0), worker.hold(worker.memberOf("a"), 0)];
  control.open();
  control.parts.file.memory.store(header.halt, 1);
  expect(worker.hold(worker.memberOf("a"), 0)).toBe(-1);
  worker.letGo(kept[0]!);
  expect([active(control, "a"), worker.figures().timeouts]).toEqual([2, 2]);
  control.parts.file.memory.store(header.halt, 0);
  control.close();
  worker.letGo(kept[1]!);
  expect([active(control, "a"), checkBoard(control)]).toEqual([0, []]);
  // And when it is let go of meanwhile, it counts.
  const lockedBy = control;
  lockedBy.open();
  lockedBy.parts.file.memory.store(header.halt, 1);
  world.relax = () => {
    if (!lockedBy.parts.file.isOpen) return;
    lockedBy.parts.file.memory.store(header.halt, 0);
    lockedBy.close();
  };
  expect(worker.hold(worker.memberOf("a"), 0)).toBeGreaterThanOrEqual(0);
  expect([active(control, "a"), checkBoard(control)]).toEqual([1, []]);
});

test("who leaves and cannot let go of all has it let go of by the next recovery", () => {
  const world = new BoardWorld();
  const [control, worker] = [world.open(), world.open()];
  control.adopt(["a"], nowMs);
  worker.hold(worker.memberOf("a"), 0);
  control.open();
  control.parts.file.memory.store(header.halt, 1);
  worker.leave();
  control.parts.file.memory.store(header.halt, 0);
  control.close();
  expect([active(control, "a"), control.recover(), active(control, "a"), checkBoard(control)]).toEqual([1, 0, 0, []]);
});

/** Says when each store is due, before it is done. */
class SeenWords extends SharedWords {
  due: () => void = () => {};

  override put(at: number, value: number): void {
    this.due();
    super.put(at, value);
  }
  override store(at: number, value: number): void {
    this.due();
    super.store(at, value);
  }
  override add(at: number, value: number): void {
    this.due();
    super.add(at, value);
  }
}

test("while others leave and come, what is in flight at those that stay is counted at every moment, whoever begins and ends meanwhile", () => {
  let isOver = false;
  for (let stop = 0; !isOver; stop++) {
    const world = new BoardWorld();
    const words = new SeenWords(world.bytes);
    const [control, worker] = [world.open(words), world.open()];
    control.adopt(["a", "b", "c"], nowMs);
    const [a, pair] = [worker.memberOf("a"), pairOf(worker, "a", 1)];
    const held = [worker.hold(a, pair), worker.hold(a, pair), worker.hold(a, 0)];
    for (const id of ["b", "c"]) worker.hold(worker.memberOf(id), pairOf(worker, id, 1));
    let [stores, least] = [0, 3];
    let begun = -1;
    words.due = () => {
      least = Math.min(least, active(worker, "a"));
      if (stores++ !== stop) return;
      begun = worker.hold(a, pair);
      worker.letGo(held[0]!);
    };
    control.adopt(["x", "a", "y"], nowMs);
    words.due = () => {};
    isOver = stores <= stop;
    // One of the three has ended in between.
    expect(least).toBeGreaterThanOrEqual(isOver ? 3 : 2);
    // What could not be let go of is, with the next.
    worker.letGo(held[1]!);
    control.recover();
    expect(active(control, "a")).toBe(isOver ? 2 : begun < 0 ? 1 : 2);
    expect(checkBoard(control)).toEqual([]);
    if (isOver) expect(stop).toBeGreaterThan(50);
  }
});
