import { expect, test } from "bun:test";
import { textLengthMax } from "./limits.ts";
import { readPattern, readReplacement, replacePattern } from "./pattern.ts";

function isSlow(text: string): boolean {
  const read = readPattern(text, "");
  if (!read.ok) throw new Error(read.message);
  return read.isSlow.toReplace;
}

test.each([
  "(a+)+",
  "(a*)*$",
  "(?:a|b+)*",
  "(\\w+\\s?)*",
  "([a-z]+)*",
  "((a+)b?)+",
  "(a{2,})+",
  "(.*,?){20}",
  "(a[a-z]+)+",
  "(?i:(a+)+)",
  "(?<x>a+)+",
])("%s is warned of", (text) => expect(isSlow(text)).toBe(true));

test.each([
  "a+",
  "(a+)",
  "(a+)?",
  "(/[a-z]+)+",
  "([^/]+/)*",
  "(ab)+",
  "(a{2,3})+",
  "a+b+",
  "[(a+)+]",
  "\\(a+\\)+",
  "(?:\\d+\\.)*",
  "(a+){2}",
  "^/(api|shop)/.*$",
])("%s is not", (text) => expect(isSlow(text)).toBe(false));

test("what is warned of is slow indeed, and what is not is not", () => {
  const time = (pattern: string, text: string): number => {
    const regex = new RegExp(pattern);
    const startedNs = Bun.nanoseconds();
    regex.test(text);
    return Bun.nanoseconds() - startedNs;
  };
  // Twenty characters more: a million times the work against a little more of it.
  const growth = (pattern: string, part: string): number =>
    time(pattern, `${part.repeat(22)}!`) / Math.max(time(pattern, `${part.repeat(6)}!`), 1000);
  expect(growth("^(a+)+$", "a")).toBeGreaterThan(growth("^(/a+)+$", "/a"));
});

test("a pattern that is none says so", () => {
  expect(readPattern("(", "")).toMatchObject({ ok: false });
  expect(readPattern("a", "g")).toMatchObject({ ok: false });
  expect(readPattern("(?i)A", "")).toMatchObject({ ok: true, pattern: /A/i });
});

test("replacements take groups as JavaScript and as HAProxy write them", () => {
  const replace = (text: string, pattern: RegExp, by: string, isAll = false): string | null =>
    replacePattern(text, { pattern, finder: pattern }, readReplacement(by)!, isAll);
  expect(replace("ab", /(a)(b)/, "$2$1-\\1-$&-$$-\\\\")).toBe("ba-a-ab-$-\\");
  expect(replace("ab", /(x)?a/, "[$1]")).toBe("[]b");
  expect(replace("aaa", /a/, "b")).toBe("baa");
  expect(replace("aaa", /a/, "b", true)).toBe("bbb");
  expect(replace("abc", /x*/, "-", true)).toBe("-a-b-c-");
  expect(replace("abc", /z/, "-", true)).toBe("abc");
  expect(readReplacement("$`")).toBeNull();
});

test("a replaced text may be as long as the limit, and is absent beyond", () => {
  const parts = readReplacement("bb")!;
  const half = "a".repeat(textLengthMax / 2);
  const a = { pattern: /a/, finder: /a/ };
  expect(replacePattern(half, a, parts, true)?.length).toBe(textLengthMax);
  expect(replacePattern(`${half}a`, a, parts, true)).toBeNull();
});

test("what an automaton can decide is never slow to find, and RegExp is asked only where there is something to replace", () => {
  const read = readPattern("^(a+)+$", "");
  if (!read.ok) throw new Error(read.message);
  expect(read.isSlow).toEqual({ toFind: false, toReplace: true });
  const text = `${"a".repeat(10_000)}!`;
  const startedMs = performance.now();
  expect(read.finder.test(text)).toBe(false);
  expect(replacePattern(text, read, ["b"], true)).toBe(text);
  expect(performance.now() - startedMs).toBeLessThan(500);
  expect(readPattern("(?=a)(a+)+$", "")).toMatchObject({ isSlow: { toFind: true, toReplace: true } });
});
