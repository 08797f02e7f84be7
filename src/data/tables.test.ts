import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TablePlan } from "../config/plan.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { formatTable, tableBytes } from "../memory/sticktable/layout.ts";
import { othersPlan } from "../memory/sticktable/othersplan.ts";
import type { Table } from "../memory/table.ts";
import { Tables } from "./tables.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-worker-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan: TablePlan = {
  name: "marked",
  key: { kind: "integer" },
  entriesMax: 100,
  expireMs: 1000,
  isEvicting: true,
  share: null,
  store: ["gpc0"],
};

function made(name: string, of: TablePlan = plan): string {
  const path = join(folder, name);
  const bytes = new Uint8Array(tableBytes(of));
  formatTable(bytes, of, 1);
  writeFileSync(path, bytes);
  return path;
}

function stage(): Tables {
  return new Tables({ id: process.pid, startedAt: 1, isAlive: () => true, relax: () => {} });
}

test("a table that stays is the same object over plans, and obeys the newest", () => {
  const tables = stage();
  const files = { marked: made("a") };
  tables.adopt([plan], files);
  const table = tables.of(plan);
  table.key.setInteger(7);
  const held = table.track(0);
  tables.adopt([{ ...plan, expireMs: 5000 }], files);
  expect(tables.of(plan)).toBe(table);
  expect(table.plan.expireMs).toBe(5000);
  table.untrack(held, 0);
});

test("another file is another table, even behind the same path; what is held in the former one is still held there", () => {
  const tables = stage();
  const path = made("b");
  tables.adopt([plan], { marked: path });
  const former = tables.of(plan);
  former.key.setInteger(7);
  const held = former.track(0);
  renameSync(made("c"), path);
  tables.adopt([plan], { marked: path });
  expect(tables.of(plan)).not.toBe(former);
  expect(former.addTo(held, 0, 0, 1, 0)).toBe(1);
  former.untrack(held, 0);
});

test("what is held is held in another table once that is in force, as flows know it, and not before", () => {
  const tables = stage();
  const counting: TablePlan = { ...plan, store: ["conn_cur"] };
  const path = made("f", counting);
  tables.adopt([counting], { marked: path });
  tables.settle([counting], 0);
  const former = tables.of(counting);
  former.key.setInteger(7);
  const held = former.track(0);
  const countOf = (table: Table): number => {
    table.key.setInteger(7);
    return table.read(0, 0, 0);
  };
  // A plan that fails has not moved anything.
  tables.adopt([plan], { marked: made("g") });
  expect([former.successor, countOf(former)]).toEqual([null, 1]);
  const shared: TablePlan = { ...counting, entriesMax: 200, share: { staleMs: 1000, whenStale: "open" } };
  tables.adopt([shared], { marked: made("h", shared), "others:marked": made("i", othersPlan(shared)) });
  tables.settle([shared], 0);
  const next = tables.of(shared);
  expect([former.successor, countOf(former), countOf(next)]).toEqual([next, 0, 1]);
  next.untrack(former.heirOf(held), 0);
  expect([countOf(next), former.heirOf(held)]).toEqual([0, 0]);
  // And back: a reload that another worker could not follow.
  const again = next.track(0);
  tables.adopt([counting], { marked: path });
  tables.settle([counting], 0);
  expect([countOf(next), countOf(tables.of(counting)), countOf(former)]).toEqual([0, 1, 1]);
  tables.of(counting).untrack(next.heirOf(again), 0);
  expect(countOf(former)).toBe(0);
});

test("a table with another kind of keys takes nothing over", () => {
  const tables = stage();
  tables.adopt([plan], { marked: made("j") });
  tables.settle([plan], 0);
  const former = tables.of(plan);
  const other: TablePlan = { ...plan, key: { kind: "string", bytesMax: 16 } };
  tables.adopt([other], { marked: made("k", other) });
  tables.settle([other], 0);
  expect(former.successor).toBeNull();
});

test("a plan whose files cannot all be mapped changes nothing", () => {
  const tables = stage();
  const path = made("d");
  tables.adopt([plan], { marked: path });
  const table = tables.of(plan);
  const next = { ...plan, expireMs: 5000 };
  expect(() => tables.adopt([next, { ...plan, name: "shop" }], { marked: path })).toThrow("no file for it");
  expect(() => tables.adopt([next, { ...plan, name: "shop" }], { marked: path, shop: join(folder, "none") })).toThrow();
  expect(tables.of(plan)).toBe(table);
  expect(table.plan.expireMs).toBe(1000);
});

test("a table that nodes share is its own file and the one beside it, and stays the same object", () => {
  const tables = stage();
  const shared: TablePlan = { ...plan, share: { staleMs: 1000, whenStale: "closed" } };
  const files = { marked: made("d", shared), "others:marked": made("e", othersPlan(shared)) };
  tables.adopt([shared], files);
  const table = tables.of(shared);
  expect(table).toBeInstanceOf(SharedTable);
  table.key.setInteger(7);
  expect(table.read(0, 0, 5)).toBe(Number.POSITIVE_INFINITY);
  tables.adopt([{ ...shared, share: { staleMs: 1000, whenStale: "open" } }], files);
  expect(tables.of(shared)).toBe(table);
  expect(table.read(0, 0, 5)).toBe(0);
});
