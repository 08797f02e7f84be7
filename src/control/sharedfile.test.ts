import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesFree, makeShared } from "./sharedfile.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-sharedfile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "keys.0123456789abcdef");

test("where there is no room for what is written at once nothing is made, and it is told what to do", () => {
  let isFilled = false;
  const make = (): Uint8Array => makeShared(path, 4096, () => (isFilled = true), [[0, 2 * bytesFree(folder)]]);
  expect(make).toThrow(
    /keys\.\w+ would need \d+\.\d MiB of memory at once and .* has \d+\.\d MiB free: make .* \(size\)/,
  );
  expect([isFilled, readdirSync(folder)]).toEqual([false, []]);
});

test("a file is filled before it has its name", () => {
  let names: string[] = [];
  const bytes = makeShared(path, 4096, (made) => {
    made[0] = 7;
    names = readdirSync(folder);
  });
  expect([bytes[0], names, readdirSync(folder)]).toEqual([
    7,
    ["keys.0123456789abcdef.draft"],
    ["keys.0123456789abcdef"],
  ]);
});
