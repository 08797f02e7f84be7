import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { cellName } from "../column.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";
import { copyTable, listRows, removeAll, removeKey, rowOfKey } from "./rows.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "string", bytesMax: 8 },
  entriesMax: 100,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "gpt(2)", "conn_cur", "http_req_rate(10s)"],
};
const start = 1_000_000;
const all = { cursor: 0, rowsMax: 1000, looksMax: 1000 };

function lay(table: StickTable, text: string): StickTable {
  table.key.setText(text);
  return table;
}

function filled(count: number, more: Partial<TablePlan> = {}): StickTable {
  const table = StickTable.inMemory({ ...plan, ...more });
  for (let index = 0; index < count; index++) lay(table, `k${index}`).add(0, 0, index, start + index);
  return table;
}

const keysOf = (table: StickTable, nowMs: number): string[] => listRows(table, nowMs, all).rows.map((row) => row.key);

test("a row tells the key, who holds it, what is left of its time, and every number by its name", () => {
  const table = filled(0);
  const hold = lay(table, "a\u00e9").track(start);
  table.assignTo(hold, 1, 1, 7, start);
  table.note(hold, "request", 3, start);
  const row = {
    key: "a\u00e9",
    refs: 1,
    expiresInMs: 9000,
    values: { gpc0: 0, "gpt[0]": 0, "gpt[1]": 7, conn_cur: 1, "http_req_rate(10s)": 3 },
  };
  expect(listRows(table, start + 1000, all)).toEqual({ rows: [row], cursor: null });
  expect(rowOfKey(lay(table, "a\u00e9"), start + 1000)).toEqual(row);
  expect(rowOfKey(lay(table, "a"), start + 1000)).toBeNull();
  expect(listRows(table, start + 11_000, all).rows[0]).toMatchObject({ expiresInMs: -1000 });
  expect(table.columns.map((column) => cellName(column, column.first))).toEqual([
    "gpc0",
    "gpt[0]",
    "conn_cur",
    "http_req_rate(10s)",
  ]);
  const forever = filled(1, { expireMs: 0 });
  expect(listRows(forever, start, all).rows[0]).toMatchObject({ expiresInMs: null });
});

test.each([
  [64, "203.0.113.9", "2001:db8:0:7::/64"],
  [128, "203.0.113.9", "2001:db8:0:7:8:9:a:b"],
  [48, "203.0.113.9", "2001:db8::/48"],
])("keys with %d bits of IPv6 are written as addresses", (prefix6, ipv4, ipv6) => {
  const table = StickTable.inMemory({ ...plan, key: { kind: "ip", prefix6 } });
  table.key.setAddress(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 9]), 0);
  table.add(0, 0, 1, start);
  table.key.setAddress(new Uint8Array([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 7, 0, 8, 0, 9, 0, 10, 0, 11]), 0);
  table.add(0, 0, 1, start);
  expect(keysOf(table, start)).toEqual([ipv4, ipv6]);
});

test("integers are written in digits, binary in hexadecimal", () => {
  const integers = StickTable.inMemory({ ...plan, key: { kind: "integer" } });
  integers.key.setText("-1");
  integers.add(0, 0, 1, start);
  expect(keysOf(integers, start)).toEqual(["4294967295"]);
  const binary = StickTable.inMemory({ ...plan, key: { kind: "binary", bytesMax: 3 } });
  binary.key.setBytes(new Uint8Array([1, 0xab]), 0, 2);
  binary.add(0, 0, 1, start);
  expect(keysOf(binary, start)).toEqual(["01ab00"]);
});

test("a listing goes by pages, each bounded in rows and in looks, and tells every entry once", () => {
  for (const [rowsMax, looksMax] of [
    [7, 1000],
    [1000, 7],
    [1, 1],
  ] as const) {
    const table = filled(50);
    const keys: string[] = [];
    let cursor: number | null = 0;
    while (cursor !== null) {
      const page = listRows(table, start + 100, { cursor, rowsMax, looksMax });
      expect(page.rows.length).toBeLessThanOrEqual(rowsMax);
      keys.push(...page.rows.map((row) => row.key));
      cursor = page.cursor;
    }
    expect(keys).toEqual(Array.from({ length: 50 }, (_, index) => `k${index}`));
  }
});

test("a listing of a table in shards comes to all of them", () => {
  const table = filled(3000, { entriesMax: 70_000 });
  const { rows } = listRows(table, start + 3000, { cursor: 0, rowsMax: 10_000, looksMax: 100_000 });
  expect(new Set(rows.map((row) => row.key)).size).toBe(3000);
});

test("only what is accepted is told; what has expired is not", () => {
  const table = filled(10);
  const isLarge = listRows(
    table,
    start + 100,
    all,
    (view) => view.read(0, 0) >= 8 && view.key !== "k9" && view.refs === 0,
  );
  expect(isLarge.rows.map((row) => row.key)).toEqual(["k8"]);
  expect(keysOf(table, start + 10_006)).toEqual(["k7", "k8", "k9"]);
});

test("a key is removed; one that is held is cleared, but for who is there", () => {
  const table = filled(3);
  const hold = lay(table, "k1").track(start + 10);
  table.note(hold, "request", 5, start + 10);
  expect(removeKey(lay(table, "k0"), start + 10)).toBe("removed");
  expect(removeKey(lay(table, "k0"), start + 10)).toBe("absent");
  expect(removeKey(lay(table, "k1"), start + 10)).toBe("cleared");
  expect(rowOfKey(lay(table, "k1"), start + 10)).toMatchObject({
    refs: 1,
    values: { gpc0: 0, conn_cur: 1, "http_req_rate(10s)": 0 },
  });
  expect(removeAll(table)).toBe(2);
  expect(keysOf(table, start + 10)).toEqual(["k1"]);
  table.untrack(hold, start + 10);
  expect(checkTable(table)).toEqual([]);
  expect(removeAll(table)).toBe(1);
  expect(table.figures().used).toBe(0);
});

test("a copy has the entries in their order and with their times, in columns that are equal", () => {
  const from = filled(5, { store: ["gpc0", "gpt(2)", "conn_cur", "http_req_rate(1m)"] });
  const hold = lay(from, "k0").track(start + 5000);
  from.note(hold, "request", 4, start + 5000);
  const to = StickTable.inMemory({
    ...plan,
    entriesMax: 4,
    store: ["http_req_rate(60s)", "conn_cur", "gpc0", "gpt(3)", "gpc_rate(1,1s)"],
  });
  expect(copyTable(from, to, start + 5000)).toBe(5);
  expect(checkTable(to)).toEqual([]);
  expect(rowOfKey(lay(to, "k0"), start + 6000)).toEqual({
    key: "k0",
    refs: 0,
    expiresInMs: 9000,
    values: { gpc0: 0, "gpt[0]": 0, "gpt[1]": 0, "gpt[2]": 0, conn_cur: 0, "http_req_rate(1m)": 4, "gpc_rate[0]": 0 },
  });
  // There was room for four: the oldest went.
  expect([...keysOf(to, start + 5000)].sort()).toEqual(["k0", "k2", "k3", "k4"]);
  expect(to.sweep(start + 10_002, 100)).toBe(1);
  expect([...keysOf(to, start + 5000)].sort()).toEqual(["k0", "k3", "k4"]);
});

test("what has expired is not copied, nor what cannot be a key there; of keys that become one the newest counts", () => {
  const from = filled(5);
  expect(copyTable(from, StickTable.inMemory(plan), start + 10_002)).toBe(2);
  expect(copyTable(from, StickTable.inMemory({ ...plan, key: { kind: "ip", prefix6: 64 } }), start + 5)).toBe(0);
  const short = StickTable.inMemory({ ...plan, key: { kind: "string", bytesMax: 1 } });
  copyTable(from, short, start + 5);
  expect(listRows(short, start + 5, all).rows.map((row) => [row.key, row.values["gpc0"]])).toEqual([["k", 4]]);
  expect(checkTable(short)).toEqual([]);
});
