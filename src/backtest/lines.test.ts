import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { lineBytesMax, linesOf, sizeOf } from "./lines.ts";

async function linesIn(
  name: string,
  content: string | Uint8Array,
): Promise<{ lines: string[]; bytes: number; long: number }> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-lines-"));
  try {
    const path = join(folder, name);
    writeFileSync(path, content);
    let [bytes, long] = [0, 0];
    const took = (count: number): void => void (bytes += count);
    const lines: string[] = [];
    for await (const piece of linesOf({ path, took, tooLong: () => void long++ })) lines.push(...piece);
    expect(sizeOf([path])).toBe(bytes);
    return { lines, bytes, long };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("lines end at LF or CRLF or with the file, empty ones are none", async () => {
  expect((await linesIn("a.log", "a\r\nb\n\nc")).lines).toEqual(["a", "b", "c"]);
});

test("a file of several pieces gives every line whole, also where a character lies across two", async () => {
  const all = Array.from({ length: 60_000 }, (_, index) => `${index} über ${"x".repeat(index % 50)}`);
  expect((await linesIn("a.log", all.join("\n"))).lines).toEqual(all);
});

test("gzip is opened, and what is told is the size on the disk", async () => {
  const content = gzipSync("a\nb\n");
  expect(await linesIn("a.log.gz", content)).toEqual({ lines: ["a", "b"], bytes: content.length, long: 0 });
});

test("a line that is too long is passed over and counted once, at its edge and beyond any piece", async () => {
  const edge = "e".repeat(lineBytesMax);
  for (const long of ["e".repeat(lineBytesMax + 1), "e".repeat(5 << 20)])
    expect(await linesIn("a.log", `a\n${long}\n${edge}\nb`)).toMatchObject({ lines: ["a", edge, "b"], long: 1 });
});

test("of standard input there is no size", () => {
  expect(sizeOf(["-"])).toBeNull();
});
