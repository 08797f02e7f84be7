import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { SharedTable } from "../../memory/sharedtable.ts";
import { writeOthers } from "../../memory/sticktable/othersrow.ts";
import { keyName } from "../../memory/tablekey.ts";
import { carryOut, keysIn, type Order, orderOf, setShared } from "./orders.ts";

const plan: TablePlan = {
  ...{ name: "t", key: { kind: "integer" }, entriesMax: 64, expireMs: 60_000, isEvicting: true },
  store: ["gpc(2)", "gpt0", "conn_cur", "http_req_rate(10s)", "tokens(5,1s)"],
  share: { staleMs: 5000, whenStale: "open" },
};
const [gpc, gpt, current, , tokens] = [0, 1, 2, 3, 4];
const nowMs = 1000;

/** Client 7 has 3 here and 4 elsewhere. */
function stage(): SharedTable {
  const table = SharedTable.inMemory(plan);
  lay(table).add(gpc, 0, 3, nowMs);
  lay(table).assign(gpt, 0, 9, nowMs);
  const slots = [4, 0, 9, 0, 0, 0, 0];
  writeOthers(table.others, { key: keyName(lay(table).key), slots, ttlMs: 60_000, nowMs, ledgerMs: 1_790_000_000_000 });
  return table;
}

function lay(table: SharedTable, key = 7): SharedTable {
  table.key.setInteger(key);
  return table;
}

test("a count that is set is all ours, and others are told to have none", () => {
  const table = stage();
  expect(lay(table).read(gpc, 0, nowMs)).toBe(7);
  const order = setShared(lay(table), [{ column: gpc, element: 0, value: 5 }], "n1", nowMs);
  expect(order).toEqual({ table: "t", node: "n1", keys: [keyName(lay(table).key)], cells: [[gpc, 0]] });
  expect(lay(table).read(gpc, 0, nowMs)).toBe(5);
  const other = stage();
  carryOut(other, order as Order, nowMs);
  expect(lay(other).read(gpc, 0, nowMs)).toBe(0);
  expect(lay(other).read(gpt, 0, nowMs)).toBe(9);
});

test("a tag that is set needs no order: the last one counts", () => {
  const table = stage();
  expect(setShared(lay(table), [{ column: gpt, element: 0, value: 5 }], "n1", nowMs)).toBeNull();
  expect([lay(table).read(gpt, 0, nowMs), lay(table).read(gpc, 0, nowMs)]).toEqual([5, 7]);
});

test("what is cleared is nothing, but for who is there now, and buckets are full", () => {
  const table = stage();
  const entry = lay(table).track(nowMs);
  lay(table).take(tokens, 2, nowMs);
  carryOut(table, { table: "t", node: "n2", keys: [keyName(lay(table).key)], cells: null }, nowMs);
  const read = [gpc, gpt, current, tokens].map((column) => lay(table).read(column, 0, nowMs));
  expect(read).toEqual([0, 0, 1, 5]);
  table.untrack(entry, nowMs);
});

test("all keys are cleared, those that only others have too, and nothing is made for keys that nobody has", () => {
  const table = stage();
  lay(table, 8).add(gpc, 1, 1, nowMs);
  expect(keysIn(table, nowMs)).toHaveLength(2);
  carryOut(table, { table: "t", node: "n2", keys: null, cells: null }, nowMs);
  for (const key of [7, 8]) for (const element of [0, 1]) expect(lay(table, key).read(gpc, element, nowMs)).toBe(0);
  expect(table.others.figures().used).toBe(0);
  carryOut(table, { table: "t", node: "n2", keys: [":09000000", "nonsense"], cells: null }, nowMs);
  expect(table.own.figures().used).toBe(2);
});

test("orders are read as they are written, and what is none is nothing", () => {
  const order = { table: "t", node: "n1", keys: [":07"], cells: [[0, 1]] };
  expect(orderOf(`12 1790000000000 ${JSON.stringify(order)}`)).toEqual({ atMs: 1_790_000_000_000, order } as never);
  const all = { table: "t", node: "n1", keys: null, cells: null };
  expect(orderOf(`12 1 ${JSON.stringify(all)}`)?.order).toEqual(all);
  for (const text of ["", "12 x {}", "12 1 {}", "12 1 [", `12 1 ${JSON.stringify({ ...order, keys: [1] })}`])
    expect(orderOf(text)).toBeNull();
});
