import { expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { StickTable } from "../memory/sticktable.ts";
import { Witness } from "./witness.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "string", bytesMax: 8 },
  entriesMax: 4,
  expireMs: 0,
  isEvicting: true,
  share: null,
  store: ["gpc0", "tokens(2,1s)"],
};

test("every call by key is told first, and then done by the table itself", () => {
  const table = StickTable.inMemory(plan);
  const before: number[] = [];
  const witness = new Witness(table, (seen, nowMs) => before.push(seen.read(0, 0, nowMs)));
  witness.key.setText("a");
  expect(witness.has(1)).toBe(false);
  expect(witness.add(0, 0, 2, 1)).toBe(2);
  expect(witness.assign(0, 0, 5, 1)).toBe(true);
  expect(witness.read(0, 0, 1)).toBe(5);
  expect(witness.clear(0, 0, 1)).toBe(5);
  expect(witness.take(1, 2, 1)).toBe(0);
  const entry = witness.track(1);
  expect(before).toEqual([0, 0, 2, 5, 5, 0, 0]);
  expect(table.readOf(entry, 0, 0, 1)).toBe(0);
});

test("held entries are the table's own, and told of no more", () => {
  const table = StickTable.inMemory(plan);
  let told = 0;
  const witness = new Witness(table, () => told++);
  witness.key.setText("a");
  const entry = witness.track(1);
  expect(witness.addTo(entry, 0, 0, 1, 1)).toBe(1);
  witness.assignTo(entry, 0, 0, 7, 1);
  expect(witness.clearOf(entry, 0, 0, 1)).toBe(7);
  expect(witness.takeOf(entry, 1, 1, 1)).toBe(0);
  witness.note(entry, "request", 1, 1);
  expect(witness.isSame(entry, entry)).toBe(true);
  witness.copyKey(entry, witness.key);
  witness.untrack(entry, 1);
  expect([told, witness.readOf(0, 0, 0, 1), witness.columnOf("gpc", 0), witness.plan]).toEqual([
    1,
    Number.NaN,
    0,
    plan,
  ]);
});
