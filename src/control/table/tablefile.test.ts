import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TablePlan } from "../../config/plan.ts";
import { fullBytes, isTableOf, tableBytes } from "../../memory/sticktable/layout.ts";
import { bytesFree, bytesTaken, filesIn, removeDrafts } from "../sharedfile.ts";
import { makeTable, mapAny, mapTable, pathOf } from "./tablefile.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-tablefile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan: TablePlan = {
  name: "listener web/limit 1",
  key: { kind: "integer" },
  entriesMax: 1_000_000,
  expireMs: 0,
  isEvicting: true,
  share: null,
  store: ["gpc0"],
};

test("a table's file is as large as it may become and has memory for its entries from the beginning, under a name that can be read back", () => {
  const path = pathOf(folder, plan);
  makeTable(path, plan, () => expect(existsSync(path)).toBe(false));
  expect(statSync(path).size).toBe(tableBytes(plan));
  // All but what is held: for that a process asks when it comes to hold it.
  expect(bytesTaken(path)).toBeGreaterThanOrEqual(fullBytes(plan));
  expect(bytesTaken(path)).toBeLessThan(fullBytes(plan) + 100_000);
  expect(filesIn(folder)).toEqual([{ name: plan.name, path }]);
  expect(isTableOf(mapTable(path, plan)!, plan)).toBe(true);
  expect(mapAny(path)?.plan).toEqual(plan);
  expect(bytesTaken(join(folder, "none"))).toBe(0);
  expect(bytesFree(folder)).toBeGreaterThan(0);
});

test("what is no table of the plan is removed where one should be", () => {
  const path = pathOf(folder, { ...plan, store: ["gpc1"] });
  expect(mapTable(path, plan)).toBeNull();
  writeFileSync(path, "no table");
  expect(mapAny(path)).toBeNull();
  expect(mapTable(path, plan)).toBeNull();
  expect(existsSync(path)).toBe(false);
});

test("a file that could not be filled has no name, and goes with the other drafts", () => {
  const path = pathOf(folder, { ...plan, name: "half" });
  const fill = () => {
    throw new Error("no");
  };
  expect(() => makeTable(path, plan, fill)).toThrow("no");
  expect(existsSync(path)).toBe(false);
  removeDrafts(folder);
  expect(readdirSync(folder).filter((entry) => entry.startsWith("half"))).toEqual([]);
});
