import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { staleness, thisMachine, writeMark } from "./bootmark.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-bootmark-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "mark");
const day = 86_400;
const machine = (boot: string | null, uptimeS: number) => ({ boot, uptimeS: () => uptimeS });

test("what was kept is used on the same machine, until it is too old", () => {
  writeMark(path, machine("a", day));
  expect(staleness(path, machine("a", day))).toBeNull();
  expect(staleness(path, machine("a", 20 * day))).toBeNull();
  expect(staleness(path, machine("a", 22 * day))).toBe("Sluice has not run here for more than 20 days");
});

test("after another start of the machine it is not", () => {
  writeMark(path, machine("a", day));
  expect(staleness(path, machine("b", 2 * day))).toContain("from before this machine was started");
});

test("where nothing can be known of it, it is not", () => {
  expect(staleness(join(folder, "none"), machine("a", day))).toContain("from before");
  writeFileSync(path, "\n");
  expect(staleness(path, machine("a", day))).toContain("from before");
  writeMark(path, machine(null, day));
  expect(staleness(path, machine(null, day))).toContain("from before");
});

test.skipIf(process.platform !== "linux" && process.platform !== "darwin")("this machine is known", () => {
  const here = thisMachine();
  writeMark(path, here);
  expect(staleness(path, here)).toBeNull();
});

test("a folder in its place is none, and makes room for one", () => {
  const place = join(folder, "place");
  mkdirSync(join(place, "inside"), { recursive: true });
  mkdirSync(`${place}.draft`);
  expect(staleness(place, machine("a", day))).toContain("from before");
  writeMark(place, machine("a", day));
  expect(staleness(place, machine("a", day))).toBeNull();
});
