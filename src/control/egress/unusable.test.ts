import { expect, test } from "bun:test";
import { changeCause, memberState, memberWord } from "../../memory/egress.ts";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { openLog } from "../log.ts";
import { Unusable } from "./unusable.ts";

test("members that cannot be used are warned of at the first, at ten times as many, and anew once there were none", () => {
  const shape = { members: 20, entriesMax: 0, changesMax: 0, pairs: 16, hosts: 16, sessions: 16, users: 16, texts: 64 };
  const board = SharedEgressBoard.inMemory(shape);
  const ids = Array.from({ length: 16 }, (_, index) => `203.0.113.${index}`);
  board.adopt(ids, 1000);
  const rows = Int32Array.from(ids, (id) => board.memberOf(id));
  const lines: string[] = [];
  const log = openLog({ level: "warn", format: "json", isColored: false, write: (line) => lines.push(line) });
  const unusable = new Unusable("scrape", log);
  /** So many, of those from 3 on. */
  const look = (count: number, cause: number = changeCause.unusable): string[] => {
    for (const [index, row] of rows.entries()) {
      const isIll = index >= 3 && index < 3 + count;
      board.words[row + memberWord.state] = isIll ? memberState.coolingDown : memberState.available;
      board.words[row + memberWord.cause] = isIll ? cause : changeCause.over;
    }
    unusable.look(board, rows, (index) => ids[index]!);
    return lines.splice(0).map((line) => (JSON.parse(line) as { msg: string }).msg);
  };
  const told = (count: number): string[] => [
    `egress pool scrape: ${count} of its 16 addresses cannot be used, 203.0.113.3 the first: this machine does not have it, or the proxy refuses`,
  ];
  expect(look(5, changeCause.failures)).toEqual([]);
  expect([look(1), look(1), look(9)]).toEqual([told(1), [], []]);
  expect([look(10), look(12)]).toEqual([told(10), []]);
  expect([look(0), look(2)]).toEqual([[], told(2)]);
});
