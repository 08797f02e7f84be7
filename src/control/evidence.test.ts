import { expect, test } from "bun:test";
import { Arena } from "../memory/arena.ts";
import { serverCell, Tally, Totals } from "../memory/tally.ts";
import { evidence } from "./evidence.ts";

test("attempts that are under way prove nothing, and failures of both kinds count", () => {
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  const row = tally.serverRow(3);
  for (const [cell, count] of [
    [serverCell.calls, 10],
    [serverCell.connectFailures, 2],
    [serverCell.responseFailures, 1],
    [serverCell.durationSum, 1.5],
  ] as const)
    tally.cells[row + cell] = count;
  tally.words[tally.activeWord(3)] = 4;
  expect(evidence(new Totals(arena, 1), 3)).toEqual({
    ...{ consecutiveFailures: 0, requests: 6, failures: 3, durationMs: 1500 },
  });
});
