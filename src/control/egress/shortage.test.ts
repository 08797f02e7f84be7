import { expect, test } from "bun:test";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { Shortage } from "./shortage.ts";

const shape = { members: 4, entriesMax: 0, changesMax: 0, pairs: 16, hosts: 16, sessions: 4, users: 4, texts: 64 };

test("what found no room is told at once, and every ten minutes as long as it goes on", () => {
  const board = SharedEgressBoard.inMemory(shape, "scrape");
  const said: string[] = [];
  const take = (kind: "session" | "user" | "pair", from: number, count: number): void => {
    board.open();
    for (let first = from; first < from + count; first++) {
      const record = board.take(kind, first, 1, first);
      // A period that does not end.
      if (kind === "user" && record !== 0) board.doubles[(record + 8) / 2] = 1e12;
    }
    board.close();
  };
  take("session", 1, 5);
  const shortage = new Shortage(board, { warn: (text: string) => void said.push(text) });
  shortage.look(0);
  expect(said).toEqual([]);
  take("session", 10, 3);
  take("user", 1, 6);
  shortage.look(1000);
  expect(said).toEqual([
    "egress pool scrape: 3 sessions were given up for those of other keys: there is room for 4 (docs/EGRESS.md)",
    "egress pool scrape: 2 times a user was refused or its bytes not counted, for its quota found no room beside those of 4 others (docs/EGRESS.md)",
  ]);
  take("session", 20, 7);
  shortage.look(600_999);
  expect(said).toHaveLength(2);
  shortage.look(601_000);
  expect(said[2]).toContain("7 sessions");
  shortage.look(9_000_000);
  expect(said).toHaveLength(3);
  take("pair", 1, 18);
  shortage.look(9_000_001);
  expect(said[3]).toBe(
    "egress pool scrape: what was known of addresses at hosts (their pace, their cool-downs) was given up 2 times for others: there is room for 16; give a pool to each group of hosts (docs/EGRESS.md)",
  );
});
