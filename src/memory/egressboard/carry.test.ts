// A board of another shape takes over what the former knew.

import { expect, test } from "bun:test";
import { type Change, memberState, memberTimesMax, memberWord, type Outcome, recordWord } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import { checkBoard } from "./check.fixture.ts";
import { header } from "./layout.ts";
import { nowMs, pairOf, smallShape } from "./sample.fixture.ts";

function settled(): SharedEgressBoard {
  const board = SharedEgressBoard.inMemory({ ...smallShape, texts: 1024 });
  // Other rows and other numbers than in the one that it is carried into.
  for (let number = 0; number < 50; number++) board.textOf(`before ${number}`);
  board.adopt(["z", "gone", "a", "b"], nowMs);
  const pair = pairOf(board, "b", 7);
  pairOf(board, "gone", 7);
  board.open();
  board.words[pair + recordWord.state] = memberState.coolingDown;
  board.doubles[(pair + recordWord.untilMs) / 2] = nowMs + 5000;
  board.words[pair + recordWord.text] = board.textOf("example.com");
  const session = board.take("session", 1, 2, nowMs);
  board.words[session + recordWord.state] = 1 + board.memberOf("b");
  board.words[session + recordWord.text] = board.textOf("alice's key");
  board.words[board.take("session", 3, 4, nowMs) + recordWord.state] = 1 + board.memberOf("gone");
  board.words[board.take("user", 9, 9, nowMs) + recordWord.requests] = 500;
  board.take("host", 8, 8, nowMs);
  const b = board.memberOf("b");
  board.words[b + memberWord.causeText] = board.textOf("they asked us to");
  board.words[b + memberWord.requests] = 77;
  board.words[b + memberWord.state] = memberState.banned;
  board.words[b + memberWord.timesCount] = 5;
  board.words[b + memberWord.timesNext] = 3;
  for (const [number, id] of ["b", "a"].entries())
    board.words.fill(
      11 + number,
      board.timesOf(board.memberOf(id)),
      board.timesOf(board.memberOf(id)) + memberTimesMax,
    );
  board.hold(b, pair);
  for (let number = 0; number < 9; number++) {
    board.keep(b, {
      ...outcome,
      status: 100 + number,
      host: board.textOf("example.com"),
      key: board.textOf(`${number}`),
    });
    board.keepChange(b, { ...change, forMs: number * 1000, text: board.textOf(`reason ${number}`) });
  }
  board.close();
  return board;
}

const outcome: Outcome = { atMs: nowMs, status: 0, fault: 3, flags: 1, durationMs: 12, host: 0, key: 0 };
const change: Change = { atMs: nowMs, state: 2, cause: 1, forMs: 0, text: 0 };

test("members, records, texts and rings are carried into a board of another shape", () => {
  const from = settled();
  const to = SharedEgressBoard.inMemory({
    ...smallShape,
    members: 32,
    pairs: 99,
    entriesMax: 7,
    changesMax: 2,
    texts: 2048,
  });
  expect(to.adopt(["a", "b", "c", "z"], nowMs + 1)).toEqual([]);
  expect([to.carry(from), checkBoard(to)]).toEqual([true, []]);
  const b = to.memberOf("b");
  expect(b).not.toBe(from.memberOf("b"));
  const { causeText, requests, state, active } = memberWord;
  expect([requests, state, active].map((word) => to.words[b + word])).toEqual([77, memberState.banned, 0]);
  expect(to.text(to.words[b + causeText]!)).toBe("they asked us to");
  const timesOf = (id: string): number[] => {
    const at = to.timesOf(to.memberOf(id));
    return [...new Set(to.words.subarray(at, at + memberTimesMax))];
  };
  // Of who has none to count none are carried.
  expect([timesOf("b"), timesOf("a"), timesOf("c"), timesOf("z")]).toEqual([[11], [0], [0], [0]]);

  const pair = to.find("pair", b, 7);
  expect([to.words[pair + recordWord.state], to.words[pair + recordWord.active]]).toEqual([memberState.coolingDown, 0]);
  expect([to.doubles[(pair + recordWord.untilMs) / 2], to.text(to.words[pair + recordWord.text]!)]).toEqual([
    nowMs + 5000,
    "example.com",
  ]);
  const session = to.find("session", 1, 2);
  expect([to.words[session + recordWord.state], to.text(to.words[session + recordWord.text]!)]).toEqual([
    1 + b,
    "alice's key",
  ]);
  expect(to.words[to.find("user", 9, 9) + recordWord.requests]).toBe(500);
  expect([to.count("pair"), to.count("session"), to.count("user"), to.count("host")]).toEqual([1, 1, 1, 1]);

  const outcomes: unknown[] = [];
  to.history(b, 10, (one) => outcomes.push([one.status, one.fault, to.text(one.host), to.text(one.key)]) > 0);
  expect(outcomes).toEqual([108, 107, 106, 105, 104].map((status) => [status, 3, "example.com", `${status - 100}`]));
  const changes: unknown[] = [];
  to.changes(b, 10, (one) => changes.push([one.forMs, to.text(one.text)]) > 0);
  expect(changes).toEqual([
    [8000, "reason 8"],
    [7000, "reason 7"],
  ]);
});

test("what is new in the plan begins as it does anywhere", () => {
  const to = SharedEgressBoard.inMemory(smallShape);
  to.adopt(["c"], nowMs + 1000);
  to.carry(settled());
  const found: unknown[] = [];
  to.changes(to.memberOf("c"), 10, ({ atMs, cause }) => found.push([atMs, cause]) > 0);
  expect([found, to.count("pair")]).toEqual([[[nowMs + 1000, 11]], 0]);
});

test("of users those are carried that there still are, for whom there is room", () => {
  const from = SharedEgressBoard.inMemory({ ...smallShape, users: 64 });
  from.open();
  for (let user = 1; user <= 64; user++)
    from.doubles[(from.take("user", user, 0, nowMs) + recordWord.untilMs) / 2] = nowMs + 1000;
  from.close();
  const to = SharedEgressBoard.inMemory({ ...smallShape, users: 8 });
  expect(to.carry(from, (first) => first % 8 === 0)).toBe(true);
  const found = Array.from({ length: 64 }, (_, index) => to.find("user", index + 1, 0) !== 0);
  expect(found).toEqual(found.map((_, index) => (index + 1) % 8 === 0));
});

test("who is no user any more makes room for others, who find none before", () => {
  const board = SharedEgressBoard.inMemory(smallShape);
  const take = (user: number): boolean => {
    board.open();
    const record = board.take("user", user, 0, nowMs);
    if (record !== 0) board.doubles[(record + recordWord.untilMs) / 2] = nowMs + 1000;
    board.close();
    return record !== 0;
  };
  for (let user = 1; user <= smallShape.users; user++) expect(take(user)).toBe(true);
  expect(take(9)).toBe(false);
  board.adoptUsers((first) => first !== 3);
  expect([take(9), board.find("user", 3, 0), board.find("user", 4, 0) > 0, take(10)]).toEqual([true, 0, true, false]);
  expect(checkBoard(board)).toEqual([]);
  board.open();
  const later = board.take("user", 10, 0, nowMs + 1000);
  board.close();
  expect(later).not.toBe(0);
});

test("what names records is drawn once, and goes with them", () => {
  const from = settled();
  from.words[header.nameSeed] = 77;
  const to = SharedEgressBoard.inMemory({ ...smallShape, members: 32 });
  expect(to.nameSeed).toBe(1);
  expect([to.carry(from), to.nameSeed]).toEqual([true, 77]);
});
