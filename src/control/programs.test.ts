import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program } from "../config/materials.ts";
import { Programs } from "./programs.ts";

let folder = "";
let programs: Programs;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-programs-"));
  programs = new Programs(join(folder, "programs"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (digest: string): Program => ({
  path: "/x.ts",
  text: `// ${digest}`,
  digest,
  names: { listeners: {}, pools: {} },
});
const files = (): string[] => readdirSync(join(folder, "programs"));

test("a copy is there before its plan is in force, and the former one until then", () => {
  const one = programs.prepare(program("one"));
  expect(readFileSync(one.file!, "utf8")).toBe("// one");
  one.keep();
  const two = programs.prepare(program("two"));
  expect(files().sort()).toEqual(["one.mjs", "two.mjs"]);
  two.keep();
  expect(files()).toEqual(["two.mjs"]);
});

test("what a refused plan has brought goes; what is in force stays, though it was prepared again", () => {
  programs.prepare(program("one")).keep();
  programs.prepare(program("two")).undo();
  programs.prepare(program("one")).undo();
  expect(files()).toEqual(["one.mjs"]);
});

test("without hooks there is no file, and no folder", () => {
  programs.prepare(program("one")).keep();
  const none = programs.prepare(null);
  expect(none.file).toBeNull();
  none.keep();
  expect(existsSync(join(folder, "programs"))).toBe(false);
  programs.close();
});

test("a copy that somebody has taken away is missed, and made anew with the next plan, which is the same", () => {
  expect(programs.isWhole).toBe(true);
  programs.prepare(program("one")).keep();
  expect(programs.isWhole).toBe(true);
  rmSync(folder, { recursive: true });
  expect(programs.isWhole).toBe(false);
  programs.prepare(program("one")).keep();
  expect([programs.isWhole, files()]).toEqual([true, ["one.mjs"]]);
});
