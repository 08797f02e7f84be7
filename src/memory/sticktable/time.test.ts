// What a table makes of times: words of 32 bits that wrap, clocks that differ between processes or are set back, fractions.

import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 100,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "conn_rate(10s)", "conn_cur"],
};
const start = 1_000_000;

function lay(table: StickTable, client: number): StickTable {
  table.key.setInteger(client);
  return table;
}

/** Which of the clients have an entry. */
function there(table: StickTable, nowMs: number, clients: number): number[] {
  return Array.from({ length: clients }, (_, client) => client).filter((client) => lay(table, client).has(nowMs));
}

test.each([2 ** 31, 2 ** 32])(
  "everything is the same over the clock's wrap, of signed words and of others: %d",
  (wrap) => {
    const table = StickTable.inMemory({ ...plan, entriesMax: 3 });
    for (let client = 0; client < 3; client++) lay(table, client).add(0, 0, 1, wrap - 5000 + client * 4000);
    // The third was touched 3 s behind the wrap.
    expect(there(table, wrap + 4000, 3)).toEqual([0, 1, 2]);
    lay(table, 3).add(0, 0, 1, wrap + 4500);
    expect(there(table, wrap + 4999, 4)).toEqual([1, 2, 3]);
    expect(there(table, wrap + 9000, 4)).toEqual([2, 3]);
    expect(table.sweep(wrap + 9000, 10)).toBe(1);
    const hold = lay(table, 3).track(wrap + 9001);
    expect(table.readOf(hold, 1, 0, wrap + 9001)).toBe(1);
    table.untrack(hold, wrap + 9001);
    expect(checkTable(table)).toEqual([]);
  },
);

test("a clock that was set back by far is a new time: what is touched then lives on from there", () => {
  const table = lay(StickTable.inMemory(plan), 1);
  table.add(0, 0, 1, start + 120_000);
  table.add(0, 0, 1, start);
  expect([table.has(start + 9999), table.has(start + 10_000)]).toEqual([true, false]);
});

test("a process whose clock is a little behind does not make an entry older", () => {
  const table = lay(StickTable.inMemory(plan), 1);
  table.add(0, 0, 1, start);
  table.add(0, 0, 1, start - 50);
  expect([table.has(start - 40), table.has(start + 9999), table.has(start + 10_000)]).toEqual([true, true, false]);
});

test("times with fractions are taken as whole", () => {
  const table = lay(StickTable.inMemory(plan), 1);
  const hold = table.track(start + 0.75);
  table.note(hold, "request", 1, start + 1.5);
  expect(table.readOf(hold, 1, 0, start + 1.9)).toBe(1);
  table.untrack(hold, start + 2.25);
  expect([table.has(start + 10_001.9), table.has(start + 10_002)]).toEqual([true, false]);
});

test("what is held for longer than a word can tell is past its time still, and keeps nobody from being swept", () => {
  const table = lay(StickTable.inMemory({ ...plan, store: ["gpc0"] }), 1);
  const hold = table.track(start);
  const dayMs = 86_400_000;
  for (let day = 1; day <= 30; day++) table.sweep(start + day * dayMs, 10);
  const late = start + 30 * dayMs;
  lay(table, 2).add(0, 0, 1, late);
  expect(there(table, late, 3)).toEqual([1, 2]);
  table.untrack(hold, late);
  expect(there(table, late, 3)).toEqual([2]);
  table.sweep(late + 10_000, 10);
  expect([table.figures().used, checkTable(table)]).toEqual([0, []]);
});
