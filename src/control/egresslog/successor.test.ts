import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Positions } from "./positions.ts";
import { betweenFilesMax, isRotated, successorOf } from "./successor.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-successor-"));
  path = join(folder, "access.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Written at that second. */
function file(name: string, atS: number, text = name): string {
  const made = join(folder, name);
  writeFileSync(made, text);
  utimesSync(made, atS, atS);
  return made;
}

function after(former: string, mark = ""): string | null {
  const bytes = new Uint8Array(Positions.bytesFor(1));
  Positions.format(bytes, 1);
  const position = new Positions(bytes).adopt([path])[0]!;
  const of = statSync(former);
  position.begin(of.dev, of.ino);
  if (mark !== "") position.keepMark(Buffer.from(mark), 0, mark.length, mark.length);
  const names = readdirSync(folder).filter((name) => isRotated("access.log", name));
  const candidates = names.map((name) => join(folder, name));
  const current = statSync(path, { throwIfNoEntry: false });
  const found = successorOf({ path, candidates, former: of, current, position });
  if (found === null) return null;
  return basename(candidates.find((each) => statSync(each).ino === found.ino)!);
}

test("a log that was rotated has its name and a number or a date, before what it ends in or behind it", () => {
  const names = ["access.log.1", "access.log-20261122", "access.log.2026-11-22T09:06", "access-20261122.log"];
  expect(names.filter((name) => !isRotated("access.log", name))).toEqual([]);
  const others = ["access.log", "access.log.1.gz", "access.log.err", "access-2.log", "access-shop.log", "access.logs"];
  expect(others.filter((name) => isRotated("access.log", name))).toEqual([]);
  expect([isRotated("10.0.0.1", "10.0.0.10"), isRotated("10.0.0.1", "10.0.0.1.2")]).toEqual([false, true]);
});

test("the first that was written to later comes next, and nothing that is older, empty, or there now", () => {
  const former = file("access.log.4", 100);
  file("access.log.5", 90);
  file("access.log.3", 150, "");
  // As a log makes them: what was written to last was made last.
  file("access.log.2", 200);
  file("access.log.1", 300);
  file("access.log.0.gz", 110);
  file("access.log", 400);
  expect(after(former)).toBe("access.log.2");
  expect(after(join(folder, "access.log.2"))).toBe("access.log.1");
  expect(after(join(folder, "access.log.1"))).toBeNull();
});

test("one that was made before is none that comes after, however late somebody still wrote to it", () => {
  const before = statSync(file("access.log.3", 900));
  let former = file("access.log.2", 100);
  // The system's clock has ticked in between.
  while (statSync(former).birthtimeMs <= before.birthtimeMs) {
    rmSync(former);
    former = file("access.log.2", 100);
  }
  file("access.log.1", 300);
  expect(after(former)).toBe("access.log.1");
  expect(after(join(folder, "access.log.1"))).toBeNull();
});

test("a copy of what was read is not read again", () => {
  const former = file("access.log.2", 100, "one\ntwo\n");
  file("access.log.20261122", 200, "one\ntwo\n");
  file("access.log.1", 300, "three\n");
  expect(after(former, "one\ntwo\n")).toBe("access.log.1");
});

test("of more than are ever read the last are taken", () => {
  const former = file("access.log.1000", 1);
  for (let index = 0; index < betweenFilesMax + 3; index++) file(`access.log.${index}`, 100 + index);
  expect(after(former)).toBe("access.log.3");
});
