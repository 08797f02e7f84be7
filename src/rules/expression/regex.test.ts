import { expect, test } from "bun:test";
import { parseRegex, waysOf } from "./regex.ts";

test("what looks around or back, or is rarely written, is not understood", () => {
  for (const source of [
    "(?=a)",
    "a(?!b)",
    "(?<=a)b",
    "(?<!a)b",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "(?i:a)",
    "\\01",
    "\\e",
    "\u20ac",
    "\\u20ac",
  ])
    expect([source, parseRegex(source, "")]).toEqual([source, null]);
  expect([parseRegex("a", "iu"), parseRegex("\\p{L}", "u")]).toEqual([null, null]);
});

test("quantifiers stand on what is before them, and braces that are none are letters", () => {
  const a = parseRegex("a", "")!;
  const repeat = (min: number, max: number) => ({ kind: "repeat" as const, part: a, min, max });
  expect(["a*", "a+?", "a?", "a{2}", "a{2,}", "a{2,3}"].map((source) => parseRegex(source, ""))).toEqual([
    repeat(0, Number.POSITIVE_INFINITY),
    repeat(1, Number.POSITIVE_INFINITY),
    repeat(0, 1),
    repeat(2, 2),
    repeat(2, Number.POSITIVE_INFINITY),
    repeat(2, 3),
  ]);
  expect(parseRegex("a{x}", "")).toMatchObject({ kind: "all", parts: { length: 4 } });
});

test("the ways to meet a text are counted, however they come about", () => {
  const ways = (source: string): number => waysOf(parseRegex(source, "")!);
  expect(["abc", "a|b|c", "(a|b)(c|d|e)", "jpe?g", "a{3}", "(a|b){3}", "a{0,3}", "(a|b){1,2}"].map(ways)).toEqual([
    1, 3, 6, 2, 1, 8, 4, 6,
  ]);
  expect(["a*", "a+", "(?:a{2,})b", "a{0,999999}", "((a|b){99}){99}"].map(ways).every((count) => count > 1e9)).toBe(
    true,
  );
});
