import { expect, test } from "bun:test";
import { formerNowMs, formerPlan, formerTable } from "../../../test/formertable.ts";
import type { TablePlan } from "../../config/plan.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";
import { entryBytes, formatTable, fullBytes, isTableOf, planOf, shapeOf, smallRoom, tableBytes } from "./layout.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 1000,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "conn_rate(10s)", "bytes_out_rate(1m)"],
};
const owner = { id: 1, startedAt: 0, isAlive: () => true, relax() {} };

function formatted(of: TablePlan): Uint8Array {
  const bytes = new Uint8Array(tableBytes(of));
  formatTable(bytes, of, 7, smallRoom);
  return bytes;
}

test("an entry with gpc0 and two rates takes at most 64 bytes of a large table, all in all", () => {
  for (const entriesMax of [204_800, 1_000_000, 1_048_576, 4_000_000]) {
    const large = { ...plan, entriesMax };
    expect(entryBytes(large)).toBeLessThanOrEqual(62);
    expect(fullBytes(large) / entriesMax).toBeLessThanOrEqual(62.2);
  }
});

test("what a full table takes is counted in whole pages, as the system does", () => {
  for (const entriesMax of [1, 10, 1000, 204_800]) {
    const bytes = fullBytes({ ...plan, entriesMax });
    expect([entriesMax, bytes % 4096]).toEqual([entriesMax, 0]);
    expect(bytes).toBeGreaterThan(entryBytes({ ...plan, entriesMax }) * entriesMax);
  }
});

test("a table is one of its own plan, whatever its expiry, and of no other", () => {
  const bytes = formatted(plan);
  const same: Partial<TablePlan>[] = [{ expireMs: 0 }, { isEvicting: false, share: null }, { name: "other" }];
  for (const more of same) {
    expect(shapeOf({ ...plan, ...more })).toBe(shapeOf(plan));
    expect(isTableOf(bytes, { ...plan, ...more })).toBe(true);
  }
  const others: Partial<TablePlan>[] = [
    { key: { kind: "ip", prefix6: 48 } },
    { key: { kind: "integer" } },
    { entriesMax: 1001 },
    { store: ["gpc0", "conn_rate(11s)", "bytes_out_rate(1m)"] },
    { store: ["conn_rate(10s)", "gpc0", "bytes_out_rate(1m)"] },
  ];
  for (const more of others) {
    expect(shapeOf({ ...plan, ...more })).not.toBe(shapeOf(plan));
    expect(isTableOf(bytes, { ...plan, ...more })).toBe(false);
  }
  expect(shapeOf(plan)).toMatch(/^[0-9a-f]{16}$/);
});

test("a table tells the plan that it was made for", () => {
  expect(planOf(formatted(plan))).toEqual(plan);
});

test.each([
  ["empty", () => new Uint8Array(0)],
  ["zeros", () => new Uint8Array(tableBytes(plan))],
  ["cut off in its header", () => formatted(plan).slice(0, 1000)],
  ["cut off behind its header", () => formatted(plan).slice(0, 8192)],
  ["of another layout", () => formatted(plan).fill(9, 4, 8)],
  ["without a plan that can be read", () => formatted(plan).fill(0x7b, 1024, 1200)],
])("a file that is %s is no table, and nothing breaks by asking", (_, make) => {
  expect(planOf(make())).toBeNull();
});

test("only a table of its plan can be opened", () => {
  const bytes = new Uint8Array(tableBytes(plan));
  expect(() => new StickTable(bytes, plan, owner)).toThrow("these bytes are no table clients");
});

test("a table that nobody has touched is the same for all who open it", () => {
  const bytes = formatted(plan);
  const [one, other] = [new StickTable(bytes, plan, owner), new StickTable(bytes, { ...plan, expireMs: 5 }, owner)];
  one.key.setAddress(new Uint8Array(16), 0);
  other.key.setAddress(new Uint8Array(16), 0);
  one.add(0, 0, 3, 1000);
  expect([other.read(0, 0, 1004), other.read(0, 0, 1005), one.read(0, 0, 1005)]).toEqual([3, 0, 3]);
});

test("a table of texts of the first layout is one of its plan, to be copied from: its entries are where they were", () => {
  const bytes = formerTable();
  expect(planOf(bytes)).toEqual(formerPlan);
  expect(isTableOf(bytes, { ...formerPlan, key: { kind: "string", bytesMax: 17 } })).toBe(false);
  const table = new StickTable(bytes, formerPlan, owner);
  table.recover();
  expect(checkTable(table)).toEqual([]);
  table.key.setText("user 7");
  expect(table.read(0, 0, formerNowMs)).toBe(8);
});
