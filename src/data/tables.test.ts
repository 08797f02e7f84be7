import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TablePlan } from "../config/plan.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { formatTable, tableBytes } from "../memory/sticktable/layout.ts";
import { othersPlan } from "../memory/sticktable/othersplan.ts";
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
