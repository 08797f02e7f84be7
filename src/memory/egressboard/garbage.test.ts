import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import type { EgressShape } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import { header, kinds, kindWord } from "./layout.ts";

const shape: EgressShape = {
  ...{ members: 16, entriesMax: 4, changesMax: 4 },
  ...{ pairs: 64, hosts: 16, sessions: 16, users: 16, texts: 64 },
};
const ids = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const nowMs = Date.UTC(2026, 6, 1);

function use(board: SharedEgressBoard, prng: Prng): void {
  for (let times = 0; times < 40; times++) {
    if (!board.open()) continue;
    for (const kind of kinds) {
      const first = 1 + Math.floor(prng.next() * 40);
      const record = board.take(kind, first, 7, nowMs);
      expect(record).toBeLessThan(board.words.length);
      if (prng.next() < 0.3 && record !== 0) board.drop(kind, record);
      board.find(kind, first, 7);
    }
    board.close();
    board.letGo(board.hold(board.memberOf(ids[0]!), 0));
  }
  board.adopt(ids, nowMs);
}

test("whatever stands in the words that say what is free, in force or in use, nothing is written outside, and all comes to an end", () => {
  const words = [
    ...[header.index, header.rows, header.turn, header.interned],
    ...kinds.flatMap((_, kind) => Object.values(kindWord).map((word) => header.kinds + kind * 16 + word)),
  ];
  const values = [-1, 1, 2, 0x7fff_ffff, -0x8000_0000, 1000];
  for (const word of words)
    for (const value of values) {
      const prng = new Prng(word * 31 + value);
      const board = SharedEgressBoard.inMemory(shape);
      board.adopt(ids, nowMs);
      use(board, prng);
      board.words[word] = value;
      use(board, prng);
    }
});
