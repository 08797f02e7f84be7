import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Retired } from "./retired.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-retired-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("files that were replaced stay for a while, but not many of them", () => {
  const retired = new Retired(2);
  for (const [name, atMs] of [
    ["a", 0],
    ["b", 1],
    ["c", 10_000],
  ] as const) {
    writeFileSync(join(folder, name), "");
    retired.add(join(folder, name), atMs);
  }
  expect(readdirSync(folder).sort()).toEqual(["b", "c"]);
  retired.sweep(15_002);
  expect(readdirSync(folder)).toEqual(["c"]);
  retired.clear();
  expect(readdirSync(folder)).toEqual([]);
});
