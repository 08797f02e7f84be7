import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Files } from "../loadfiles.ts";
import { filesFor } from "./included.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-included-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of [
  "b.conf",
  "a.conf",
  "a.conf.bak",
  ".hidden.conf",
  "x[1].conf",
  "sites/1/s.conf",
  "sites/2/s.conf",
  "sites/3/t.conf",
]) {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), "");
}
mkdirSync(join(folder, "folder.conf"));

const found = (pattern: string): string[] | null =>
  filesFor(join(folder, pattern), new Files())?.map((path) => path.slice(folder.length + 1)) ?? null;

test("a file is itself, and one that is not there is none", () => {
  expect(found("a.conf")).toEqual(["a.conf"]);
  expect(found("c.conf")).toBeNull();
});

test("patterns mean files in the order of their names, in any part of a path", () => {
  expect(found("*.conf")).toEqual(["a.conf", "b.conf", "x[1].conf"]);
  expect(found("?.conf")).toEqual(["a.conf", "b.conf"]);
  expect(found("[!a].conf")).toEqual(["b.conf"]);
  expect(found("[a-b].conf*")).toEqual(["a.conf", "a.conf.bak", "b.conf"]);
  expect(found("x[[]1].conf")).toEqual(["x[1].conf"]);
  expect(found(".h*")).toEqual([".hidden.conf"]);
  expect(found("sites/*/s.conf")).toEqual(["sites/1/s.conf", "sites/2/s.conf"]);
  expect(found("sites/*/*")).toEqual(["sites/1/s.conf", "sites/2/s.conf", "sites/3/t.conf"]);
  expect(found("[z-a].conf")).toEqual([]);
  expect(found("*.none")).toEqual([]);
  expect(found("nowhere/*")).toEqual([]);
});

test("where a pattern is only sought, that nothing fits it is said", () => {
  expect(filesFor(join(folder, "*.none"), new Files(), true)).toBeNull();
});

test("folders that were listed are remembered, so that a file more is seen", () => {
  const files = new Files();
  filesFor(join(folder, "sites/*/s.conf"), files);
  expect([...files.stamps.keys()]).toEqual(
    expect.arrayContaining([join(folder, "sites"), join(folder, "sites/3/s.conf")]),
  );
});
