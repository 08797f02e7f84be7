import { expect, test } from "bun:test";
import { memberTimesMax, memberWord, pairTimesMax, recordWord } from "../memory/egress.ts";
import { smallShape } from "../memory/egressboard/sample.fixture.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { Standing } from "./standing.ts";

function boardOf(...ids: string[]): SharedEgressBoard {
  const board = SharedEgressBoard.inMemory({ ...smallShape, members: 64 });
  board.adopt(ids, 0);
  return board;
}

test("times of failures are the last ones that were told, of each member its own", () => {
  const board = boardOf("a", "b");
  const [a, b] = [board.memberOf("a"), board.memberOf("b")];
  const standing = Standing.ofMembers(board);
  for (let time = 1; time <= memberTimesMax + 3; time++) {
    standing.at(a).run.addTime(time);
    standing.at(b).run.addTime(1000 + time);
  }
  expect(standing.at(a).run.timesCount).toBe(memberTimesMax);
  expect([standing.run.timeS(0), standing.run.timeS(memberTimesMax - 1)]).toEqual([memberTimesMax + 3, 4]);
  standing.run.dropTimes(2);
  expect([standing.run.timesCount, standing.run.timeS(0)]).toEqual([memberTimesMax - 2, memberTimesMax + 1]);
  expect(standing.at(b).run.timeS(0)).toBe(1000 + memberTimesMax + 3);
});

test("whatever stands in the file where the next time goes, it goes into the member's own ring", () => {
  for (const damage of [-32, -1, memberTimesMax, -(2 ** 31), 2 ** 31 - 1]) {
    const board = boardOf("a");
    const a = board.memberOf("a");
    const { run } = Standing.ofMembers(board).at(a);
    run.addTime(1);
    board.words[a + memberWord.timesNext] = damage;
    const before = board.words.slice();
    run.addTime(7);
    expect(run.timeS(0)).toBe(7);
    const changed = [...before.keys()].filter((word) => board.words[word] !== before[word]);
    const ring = board.timesOf(a);
    const isInRow = (word: number): boolean => word >= a && word < a + memberWord.strategy;
    const isInRing = (word: number): boolean => word >= ring && word < ring + memberTimesMax;
    expect(changed.every((word) => isInRow(word) || isInRing(word))).toBe(true);
    expect(changed.filter(isInRing)).toHaveLength(1);
  }
  const board = boardOf("a");
  const record = board.open() ? board.take("pair", board.memberOf("a"), 1, 0) : 0;
  const { run } = Standing.ofPairs(board).at(record);
  board.words[record + recordWord.timesNext] = -5;
  run.addTime(7);
  expect([run.timeS(0), run.timesMax]).toEqual([7, pairTimesMax]);
  board.close();
});
