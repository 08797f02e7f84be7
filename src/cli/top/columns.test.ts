import { expect, test } from "bun:test";
import { widthOf } from "../paint.ts";
import { type Column, columnsText, cut } from "./columns.ts";

const columns: readonly Column[] = [
  { heading: "NAME" },
  { heading: "RATE", isNumeric: true },
  { heading: "MODE", isSpare: true },
  { heading: "WHY", paint: (text) => `<${text}>` },
];
const rows = [
  ["a", "1", "http", "because of a very long reason"],
  ["a long name", "1000", "tcp", ""],
];

test("cells stand below each other, numbers to the right", () => {
  expect(columnsText(columns, rows, 80)).toEqual({
    head: "NAME         RATE  MODE  WHY",
    lines: ["a               1  http  <because of a very long reason>", "a long name  1000  tcp   <>"],
  });
});

test("where there is no room, what can be spared goes first, then what is long is cut", () => {
  expect(columnsText(columns, rows, 50).head).toBe("NAME         RATE  WHY");
  const { lines } = columnsText(columns, rows, 36);
  expect(lines[0]).toContain("…");
  for (const line of lines) expect(widthOf(line.replaceAll(/[<>]/g, ""))).toBeLessThanOrEqual(36);
});

test("what is cut is cut between characters, as wide as they are", () => {
  expect([cut("abc", 3), cut("abcd", 3), cut("日本語", 4)]).toEqual(["abc", "ab…", "日…"]);
});
