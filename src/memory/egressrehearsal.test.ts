import { expect, test } from "bun:test";
import { memberState, memberWord } from "./egress.ts";
import { smallShape } from "./egressboard/sample.fixture.ts";
import { SharedEgressBoard } from "./egressboard.ts";
import { rehearsedBoard } from "./egressrehearsal.ts";

test("a rehearsal knows what the board knows, and what is done to it is done to nothing else", () => {
  const actual = SharedEgressBoard.inMemory(smallShape);
  actual.adopt(["a", "b"], 0);
  const row = actual.memberOf("b");
  actual.words[row + memberWord.state] = memberState.banned;
  actual.words[row + memberWord.failures] = 2;
  const { version } = actual;
  const board = rehearsedBoard(actual)!;
  const copy = board.memberOf("b");
  expect([board.words[copy + memberWord.state], board.words[copy + memberWord.failures]]).toEqual([
    memberState.banned,
    2,
  ]);
  expect(board.hold(board.memberOf("a"), 0)).toBeGreaterThanOrEqual(0);
  board.words[copy + memberWord.failures] = 7;
  expect([actual.words[row + memberWord.failures], actual.words[actual.memberOf("a") + memberWord.active]]).toEqual([
    2, 0,
  ]);
  expect(actual.version).toBe(version);
});

test("the turn is that of the board in use, and stays so", () => {
  const actual = SharedEgressBoard.inMemory(smallShape);
  actual.adopt(["a", "b"], 0);
  for (let turn = 0; turn < 3; turn++) actual.nextTurn();
  const board = rehearsedBoard(actual)!;
  expect([board.nextTurn(), board.nextTurn(), actual.nextTurn()]).toEqual([3, 4, 3]);
});
