// The last outcomes and changes of a member: exactly so many, newest first, as they were told; what is half written is passed over.

import { expect, test } from "bun:test";
import { faultCodes } from "../../base/fault.ts";
import { type Change, memberWord, type Outcome, outcomeFlag } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import { Killed, MortalWords } from "../mortalwords.fixture.ts";
import { faultMax } from "./outcomes.ts";
import { BoardWorld, nowMs, smallShape } from "./sample.fixture.ts";

const outcome: Outcome = { atMs: nowMs, status: 200, fault: 0, flags: 0, durationMs: 12, host: 0, key: 0 };
const change: Change = { atMs: nowMs, state: 1, cause: 6, forMs: 0, text: 0 };

function outcomesOf(board: SharedEgressBoard, most = 100): Outcome[] {
  const found: Outcome[] = [];
  board.history(board.memberOf("a"), most, (one) => found.push({ ...one }) > 0);
  return found;
}

function changesOf(board: SharedEgressBoard, most = 100): Change[] {
  const found: Change[] = [];
  board.changes(board.memberOf("a"), most, (one) => found.push({ ...one }) > 0);
  return found;
}

function boardOf(entriesMax: number, changesMax = 4): SharedEgressBoard {
  const board = SharedEgressBoard.inMemory({ ...smallShape, entriesMax, changesMax });
  board.adopt(["before", "a", "behind"], nowMs);
  return board;
}

test("each field is told as it was kept, at its ends too", () => {
  const board = boardOf(10);
  const row = board.memberOf("a");
  const all: Outcome[] = [
    { ...outcome, atMs: Date.UTC(2020, 0, 1), status: 0, durationMs: 0 },
    {
      ...outcome,
      atMs: Date.UTC(2026, 1, 3, 4, 5, 6, 789),
      status: 599,
      durationMs: 2 ** 24 - 1,
      host: 2 ** 31 - 1,
      key: 1,
    },
    {
      ...outcome,
      atMs: Date.UTC(2089, 0, 1),
      status: 1023,
      fault: faultMax,
      flags: 15,
      durationMs: -1,
      host: 7,
      key: 2 ** 31 - 1,
    },
  ];
  for (const one of all) board.keep(row, one);
  expect(outcomesOf(board)).toEqual(all.reverse());
  // What is beyond them is cut off.
  board.keep(row, { ...outcome, atMs: 0, durationMs: 1e9 + 0.5 });
  expect(outcomesOf(board, 1)).toEqual([{ ...outcome, atMs: Date.UTC(2020, 0, 1), durationMs: 2 ** 24 - 1 }]);
  expect(faultCodes.length + 1).toBeLessThanOrEqual(faultMax);
  expect(Object.values(outcomeFlag).reduce((sum, bit) => sum | bit, 0)).toBeLessThanOrEqual(15);
});

test.each([0, 1, 3, 10])("of outcomes exactly the last %d are kept", (entriesMax) => {
  const board = boardOf(entriesMax);
  for (let number = 0; number < 25; number++) {
    board.keep(board.memberOf("a"), { ...outcome, status: 100 + number });
    const last = Math.min(number + 1, entriesMax);
    expect(outcomesOf(board).map(({ status }) => status)).toEqual(
      Array.from({ length: last }, (_, index) => 100 + number - index),
    );
  }
  expect([outcomesOf(board, 2).length, board.entriesMax]).toEqual([Math.min(entriesMax, 2), entriesMax]);
  let visits = 0;
  board.history(board.memberOf("a"), 9, () => ++visits < 2);
  expect(visits).toBe(Math.min(entriesMax, 2));
});

// Of rings that are all head (changes.ts), and of such that have a tail, whatever part of them was written last.
test.each([0, 1, 3, 4, 5, 7, 8])("of changes exactly the last %d are kept", (changesMax) => {
  const board = boardOf(1, changesMax);
  for (let number = 1; number <= 25; number++) {
    const before = number > 1 ? changesOf(board) : [];
    for (const id of ["before", "a", "behind"])
      board.keepChange(board.memberOf(id), { ...change, atMs: nowMs + number * 1000, forMs: number * 1000 });
    const told = changesOf(board);
    expect(told[0]?.forMs).toBe(changesMax === 0 ? undefined : number * 1000);
    if (number > 1) expect(told.slice(1)).toEqual(before.slice(0, changesMax - 1 < 0 ? 0 : changesMax - 1));
  }
  expect(changesOf(board).map(({ forMs }) => 25 - forMs / 1000)).toEqual([...Array(changesMax).keys()]);
});

test("a change is told as it was kept, in whole seconds, and for 2^23 s at most", () => {
  const board = boardOf(1);
  const row = board.memberOf("a");
  const wide: Change = { atMs: nowMs, state: 4, cause: 11, forMs: (2 ** 23 - 1) * 1000, text: 2 ** 31 - 1 };
  board.keepChange(row, wide);
  board.keepChange(row, { ...change, atMs: nowMs + 999, forMs: 1, text: -1 });
  board.keepChange(row, { ...change, forMs: 1e15 });
  expect(changesOf(board, 3)).toEqual([
    { ...change, forMs: (2 ** 23 - 1) * 1000 },
    { ...change, forMs: 1000, text: -1 },
    wide,
  ]);
});

test("members have rings of their own", () => {
  for (const changesMax of [2, 6]) {
    const board = boardOf(3, changesMax);
    for (const [index, id] of ["before", "a", "behind"].entries())
      for (let turn = 0; turn < 17; turn++) {
        board.keep(board.memberOf(id), { ...outcome, status: 200 + index });
        board.keepChange(board.memberOf(id), { ...change, forMs: index * 1000 });
      }
    expect(outcomesOf(board).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(changesOf(board).map(({ forMs }) => forMs)).toEqual(Array(changesMax).fill(1000));
  }
});

test("of who leaves nothing is left in its ring, head or tail", () => {
  const board = boardOf(1, 7);
  for (let turn = 0; turn < 17; turn++) board.keepChange(board.memberOf("a"), change);
  const { changesAt, textsAt } = board.parts.file.layout;
  expect(board.words.subarray(changesAt, textsAt).some((word) => word !== 0)).toBe(true);
  board.adopt([], nowMs);
  expect(board.words.subarray(changesAt, textsAt).some((word) => word !== 0)).toBe(false);
});

test("an entry that is being written, or whose writer died, is passed over", () => {
  const world = new BoardWorld({ ...smallShape, entriesMax: 3, changesMax: 3 });
  const words = new MortalWords(world.bytes);
  const [board, mortal] = [world.open(), world.open(words)];
  board.adopt(["a"], nowMs);
  for (const keep of ["keep", "keepChange"] as const)
    for (let stores = 1; stores < 7; stores++) {
      for (let number = 0; number < 5; number++) {
        board.keep(board.memberOf("a"), { ...outcome, status: 100 + number });
        board.keepChange(board.memberOf("a"), { ...change, forMs: number * 1000 });
      }
      words.left = stores;
      let isThrough = true;
      try {
        if (keep === "keep") mortal.keep(mortal.memberOf("a"), { ...outcome, status: 500, host: 8, key: 9 });
        else mortal.keepChange(mortal.memberOf("a"), { ...change, state: 2, forMs: 9000, text: 8 });
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        isThrough = false;
      }
      words.left = Number.POSITIVE_INFINITY;
      const statuses = outcomesOf(board).map(({ status }) => status);
      const times = changesOf(board).map(({ forMs }) => forMs / 1000);
      const isDone = keep === "keep" ? statuses : times;
      expect(isDone).toEqual(isThrough ? [keep === "keep" ? 500 : 9, ...rest(keep)] : rest(keep));
    }
});

test("an entry without its last word is never taken for one, whatever it is", () => {
  const world = new BoardWorld({ ...smallShape, entriesMax: 1, changesMax: 1 });
  const words = new MortalWords(world.bytes);
  const [board, mortal] = [world.open(), world.open(words)];
  board.adopt(["a"], nowMs);
  const row = board.memberOf("a");
  const cut = (stores: number, act: () => void): void => {
    words.left = stores;
    expect(act).toThrow(Killed);
    words.left = Number.POSITIVE_INFINITY;
  };
  for (let number = 0; number < 2000; number++) {
    board.keep(row, { ...outcome, host: number });
    cut(6, () => mortal.keep(row, { ...outcome, key: number }));
    board.keepChange(row, { ...change, text: number });
    for (let turn = 0; turn < 3; turn++) cut(4, () => mortal.keepChange(row, { ...change, text: -number }));
    expect([outcomesOf(board), changesOf(board)]).toEqual([[], []]);
  }
});

/** What is left of five when the sixth is being written. */
function rest(keep: "keep" | "keepChange"): number[] {
  return keep === "keep" ? [104, 103] : [4, 3];
}

test("who reads while the ring is written over sees no entry twice and none that is not in order", () => {
  const board = boardOf(8);
  const row = board.memberOf("a");
  for (let number = 0; number < 8; number++) board.keep(row, { ...outcome, durationMs: number });
  let next = 8;
  for (let most = 0; most < 2000; most++) {
    const seen: number[] = [];
    board.history(row, 8, ({ durationMs }) => {
      seen.push(durationMs);
      if (seen.length === (most % 5) + 1)
        for (let turn = 0; turn <= most % 11; turn++) board.keep(row, { ...outcome, durationMs: next++ });
      return true;
    });
    expect(seen).toEqual(Array.from(seen, (_, index) => seen[0]! - index));
    expect(seen.length).toBeLessThanOrEqual(8);
  }
});

test("who reads changes while they are written over, twice around too, sees none that is not in order", () => {
  const board = boardOf(1, 3);
  const row = board.memberOf("a");
  let next = 0;
  for (let most = 0; most < 40; most++) {
    const seen: number[] = [];
    board.changes(row, 3, ({ forMs, cause }) => {
      if (cause === change.cause) seen.push(forMs / 1000);
      for (let turn = 0; turn <= most % 10; turn++) board.keepChange(row, { ...change, forMs: next++ * 1000 });
      return true;
    });
    expect(seen).toEqual(Array.from(seen, (_, index) => seen[0]! - index));
  }
});

test("counts go round at 2^32", () => {
  const board = boardOf(4, 4);
  const row = board.memberOf("a");
  board.words[row + memberWord.outcomes] = board.words[row + memberWord.changes] = -2;
  for (let number = 0; number < 6; number++) {
    board.keep(row, { ...outcome, status: 100 + number });
    board.keepChange(row, { ...change, forMs: number * 1000 });
  }
  expect(outcomesOf(board).map(({ status }) => status)).toEqual([105, 104, 103, 102]);
  expect(changesOf(board).map(({ forMs }) => forMs)).toEqual([5000, 4000, 3000, 2000]);
});

test("changes are counted by what they came to and why, also those that no ring keeps; what is carried is not counted again", () => {
  for (const changesMax of [0, 2]) {
    const board = boardOf(0, changesMax);
    const before = board.changeCount(1, 6);
    for (let time = 0; time < 5; time++) board.keepChange(board.memberOf("a"), change);
    board.keepChange(board.memberOf("before"), { ...change, state: 4, cause: 31 as Change["cause"] });
    expect([board.changeCount(1, 6) - before, board.changeCount(4, 31 as Change["cause"])]).toEqual([5, 1]);
    const larger = boardOf(0, 8);
    const added = larger.changeCount(1, 11);
    expect(larger.carry(board)).toBe(true);
    expect([larger.changeCount(1, 6), larger.changeCount(1, 11)]).toEqual([0, added]);
  }
});
