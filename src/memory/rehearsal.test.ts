import { expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { Rehearsal } from "./rehearsal.ts";
import { SharedTable } from "./sharedtable.ts";
import { noteHeard } from "./sticktable/othersrow.ts";
import { StickTable } from "./sticktable.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "string", bytesMax: 16 },
  entriesMax: 2,
  expireMs: 60_000,
  isEvicting: false,
  share: null,
  store: ["gpc0", "http_req_rate(10s)", "tokens(5,1s)", "conn_cur"],
};
const now = 5000;

function made(): { actual: StickTable; rehearsal: Rehearsal } {
  const actual = StickTable.inMemory(plan);
  return { actual, rehearsal: new Rehearsal(actual) };
}

test("what is counted in it goes on from what the table has, and is not counted there", () => {
  const { actual, rehearsal } = made();
  actual.key.setText("ann");
  actual.add(0, 0, 3, now);
  rehearsal.key.setText("ann");
  expect(rehearsal.add(0, 0, 1, now)).toBe(4);
  expect(rehearsal.read(0, 0, now)).toBe(4);
  actual.key.setText("ann");
  expect(actual.read(0, 0, now)).toBe(3);
});

test("a rate goes on as the table's own would, whenever its parts were counted", () => {
  const { actual, rehearsal } = made();
  actual.key.setText("ann");
  actual.add(1, 0, 8, now);
  actual.add(1, 0, 2, now + 11_000);
  const later = now + 15_000;
  rehearsal.key.setText("ann");
  expect(rehearsal.read(1, 0, later)).toBe(actual.read(1, 0, later));
  const counted = rehearsal.add(1, 0, 1, later);
  expect(counted).toBe(actual.add(1, 0, 1, later));
  expect(counted).toBeGreaterThan(3);
});

test("parts of tokens are kept, and taking one takes none from the table", () => {
  const { actual, rehearsal } = made();
  actual.key.setText("ann");
  actual.take(2, 5, now);
  const later = now + 700;
  rehearsal.key.setText("ann");
  expect(rehearsal.take(2, 1, later)).toBe(300);
  actual.key.setText("ann");
  expect(actual.take(2, 1, later)).toBe(300);
  expect(actual.take(2, 1, later + 300)).toBe(0);
});

test("tracking counts as it would, beside those who are there", () => {
  const { actual, rehearsal } = made();
  actual.key.setText("ann");
  const held = actual.track(now);
  rehearsal.key.setText("ann");
  const entry = rehearsal.track(now);
  expect(rehearsal.readOf(entry, 3, 0, now)).toBe(2);
  expect(actual.readOf(held, 3, 0, now)).toBe(1);
  rehearsal.untrack(entry, now);
  expect(rehearsal.read(3, 0, now)).toBe(1);
});

test("where the table has no room for another entry there is none in it", () => {
  const { actual, rehearsal } = made();
  for (const name of ["ann", "bob"]) {
    actual.key.setText(name);
    actual.add(0, 0, 1, now);
  }
  rehearsal.key.setText("eve");
  expect(rehearsal.track(now)).toBe(0);
  expect(rehearsal.add(0, 0, 1, now)).toBeNaN();
  rehearsal.key.setText("bob");
  expect(rehearsal.add(0, 0, 1, now)).toBe(2);
});

test("an entry that has expired is not there", () => {
  const { actual, rehearsal } = made();
  actual.key.setText("ann");
  actual.add(0, 0, 3, now);
  rehearsal.key.setText("ann");
  expect(rehearsal.has(now + 60_000)).toBe(false);
});

test("of a table that nodes share it goes on from what all of them have, and from how old that is", () => {
  const share = { staleMs: 5000, whenStale: "closed" } as const;
  const actual = SharedTable.inMemory({ ...plan, share });
  const rehearsal = new Rehearsal(actual);
  for (const [table, marks] of [
    [actual.own, 3],
    [actual.others, 4],
  ] as const) {
    table.key.setText("ann");
    table.add(0, 0, marks, now);
  }
  noteHeard(actual.others, now);
  rehearsal.key.setText("ann");
  expect(rehearsal.add(0, 0, 1, now)).toBe(8);
  rehearsal.key.setText("ann");
  expect(rehearsal.read(0, 0, now + 5000)).toBe(Number.POSITIVE_INFINITY);
  actual.key.setText("ann");
  expect(actual.read(0, 0, now)).toBe(7);
});
