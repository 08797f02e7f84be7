import { describe, expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { textLengthMax } from "./limits.ts";
import { type Pattern, readPattern, readReplacement, replacePattern } from "./pattern.ts";

function patternOf(text: string, flags = ""): Pattern {
  const read = readPattern(text, flags);
  if (!read.ok) throw new Error(read.message);
  return read.pattern;
}

/** With something that only RegExp knows, which is warned of where it can be slow. */
function isSlow(text: string): boolean {
  expect(readPattern(text, "")).toMatchObject({ ok: true, isSlow: false });
  return (readPattern(`(?=)${text}`, "") as { readonly isSlow: boolean }).isSlow;
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
])("%s is warned of, where RegExp must decide it", (text) => expect(isSlow(text)).toBe(true));

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
  const messageOf = (text: string, flags = ""): string => {
    const read = readPattern(text, flags);
    return read.ok ? "" : read.message;
  };
  expect(messageOf("(")).toBe("is no regular expression: missing closing ): `(`");
  expect(messageOf("(?=a")).toMatch(/^is no regular expression: ./);
  expect(messageOf("a{1001}")).toBe("is no regular expression: invalid repeat count: `{1001}`");
  expect(messageOf("a", "g")).toBe('must have flags of "i", "m", "s" and "u" only');
});

test("what counts make of a pattern is bounded, and what is written out is not", () => {
  expect(readPattern("((a|b){30}){30}", "")).toMatchObject({ ok: false });
  expect(readPattern("(a|b){30}", "")).toMatchObject({ ok: true });
  const names = Array.from({ length: 900 }, (_, index) => `n${index}`).join("|");
  expect(patternOf(names).test("xxn899")).toBe(true);
});

test("flags stand beside it or in front, as RE2 writes them", () => {
  expect([patternOf("(?i)A").test("a"), patternOf("A", "i").test("a"), patternOf("A", "u").test("a")]).toEqual([
    true,
    true,
    false,
  ]);
  expect([patternOf("(?s)a.b").test("a\nb"), patternOf("a.b").test("a\nb")]).toEqual([true, false]);
  expect([patternOf("^b$", "m").test("a\nb"), patternOf("^b$").test("a\nb")]).toEqual([true, false]);
  expect(patternOf("a(?i:B)").test("ab")).toBe(true);
});

test("where RE2 and JavaScript mean different things, RE2 is right, whoever decides", () => {
  for (const [text, by, isFound] of [
    ["^a.b$", "a\rb", true],
    ["(?:^a.b)+$", "a\rb", true],
    ["a\\sb", "a\xa0b", false],
    ["(?:a\\sb)+", "a\xa0b", false],
    ["a\\Sb", "a\xa0b", true],
    ["a[\\s]b", "a\vb", false],
    ["(?m)^b", "a\rb", false],
    ["\\Aa\\z", "a", true],
    ["^[[:alpha:]]+$", "abc", true],
    ["\\Qa.b\\E", "axb", false],
  ] as const)
    expect([text, patternOf(text).test(by)]).toEqual([text, isFound]);
});

test("what RE2 spells otherwise may be written as JavaScript does", () => {
  for (const [text, by] of [
    ["^[^]*b$", "a\nb"],
    ["\\u0041+", "A"],
    ["\\cJ", "\n"],
    ["(?<n>a)b", "ab"],
    ["\\/", "/"],
  ] as const)
    expect([text, patternOf(text).test(by)]).toEqual([text, true]);
});

test("what looks around or back is decided too", () => {
  for (const [text, by, isFound] of [
    ["a(?=b)", "ab", true],
    ["a(?!b)", "ab", false],
    ["(?<=a)b", "ab", true],
    ["(?<!a)b", "ab", false],
    ["(.)\\1", "abb", true],
    ["(?<n>.)\\k<n>", "ab", false],
  ] as const)
    expect([text, patternOf(text).test(by)]).toEqual([text, isFound]);
});

test("replacements take groups as JavaScript and as HAProxy write them", () => {
  const replace = (text: string, pattern: string, by: string, isAll = false): string | null =>
    // Once by RegExp, and once by what is not plain to it.
    [pattern, `(?:${pattern})(?:)*`]
      .map((each) => replacePattern(text, patternOf(each), readReplacement(by)!, isAll))
      .reduce((one, other) => (one === other ? one : `${one} or ${other}`));
  expect(replace("ab", "(a)(b)", "$2$1-\\1-$&-$$-\\\\")).toBe("ba-a-ab-$-\\");
  expect(replace("ab", "(x)?a", "[$1]")).toBe("[]b");
  expect(replace("aaa", "a", "b")).toBe("baa");
  expect(replace("aaa", "a", "b", true)).toBe("bbb");
  expect(replace("abc", "x*", "-", true)).toBe("-a-b-c-");
  expect(replace("abc", "z", "-", true)).toBe("abc");
  expect(replace("abc", "(b)", "$2$9")).toBe("ac");
  expect(readReplacement("$`")).toBeNull();
});

test("a replaced text may be as long as the limit, and is absent beyond", () => {
  const parts = readReplacement("bb")!;
  const half = "a".repeat(textLengthMax / 2);
  expect(replacePattern(half, patternOf("a"), parts, true)?.length).toBe(textLengthMax);
  expect(replacePattern(`${half}a`, patternOf("a"), parts, true)).toBeNull();
});

/** The processor's time: that of others on this machine is not in it. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("no text takes long", () => {
  const evil: [string, string][] = [
    ["union.*select.*from", "union".repeat(6000) + "select".repeat(6000)],
    ["^(a+)+$", `${"a".repeat(60_000)}!`],
    ["^(\\d|\\w)+$", `${"1".repeat(60_000)}!`],
    ["\\s+$", `${" ".repeat(60_000)}x`],
    ["a.*b.*c.*d", "abc".repeat(20_000)],
    ["(x+x+)+y", "x".repeat(60_000)],
    ["^a[ab]*[bc]*$", `${"ab".repeat(30_000)}!`],
    ["^/(.*)/x$", "/".repeat(60_000)],
  ];
  for (const [source, text] of evil)
    test(`${source}`, () => {
      const pattern = patternOf(source);
      const startedMs = workedMs();
      expect(pattern.test(text)).toBe(false);
      expect(replacePattern(text, pattern, ["b"], true)).toBe(text);
      expect(workedMs() - startedMs).toBeLessThan(500);
    });

  test("nor does replacing all that is found, where each time the rest must be looked at", () => {
    const startedMs = workedMs();
    expect(replacePattern("a".repeat(60_000), patternOf("(a.*[bc])|a"), ["x"], true)).toBeNull();
    expect(workedMs() - startedMs).toBeLessThan(2000);
    expect(replacePattern("a".repeat(1400), patternOf("(a.*[bc])|a"), ["x"], true)).toBe("x".repeat(1400));
  });
});

test("however many states there are, some are kept and the answer is right", () => {
  const prng = new Prng(5);
  const source = "a[ab]{12}$";
  const pattern = patternOf(`(?:${source})+`);
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 60 }, () => "ab"[prng.below(2)]!).join("");
    expect([text, pattern.test(text)]).toEqual([text, new RegExp(source).test(text)]);
  }
});

test("what clients can make it remember is bounded", () => {
  const prng = new Prng(7);
  const patterns = [30, 31, 32, 33].map((count) => patternOf(`(a[ab]{${count}}b)+$`));
  const texts = [0, 1].map(() => Array.from({ length: 50_000 }, () => "ab"[prng.below(2)]!).join(""));
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  for (const text of texts) for (const pattern of patterns) pattern.test(text);
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
  expect(patterns.length).toBe(4);
});

test("the same expression is compiled once while somebody has it, slow ones are told each time", () => {
  const read = (text: string, flags = "") => {
    const one = readPattern(text, flags);
    return one.ok ? one : null;
  };
  const one = read("^/a+(b|c)$");
  expect([read("^/a+(b|c)$")?.pattern === one?.pattern, read("^/a+(b|c)$", "i")?.pattern === one?.pattern]).toEqual([
    true,
    false,
  ]);
  const slow = read("(?=x)(a+)+$");
  expect([slow?.isSlow, read("(?=x)(a+)+$")?.isSlow, read("(?=x)(a+)+$") !== null]).toEqual([true, true, true]);
  expect([read("a{2,1}"), read("a{2,1}")]).toEqual([null, null]);
});

test.each(["secret", "(s|S)ecret", "(?i:s)ecret"])(
  "a search in one text begins at its start, wherever another one has stood: %s",
  (source) => {
    const read = (): Pattern => {
      const result = readPattern(source, "");
      if (!result.ok) throw new Error(result.message);
      return result.pattern;
    };
    const [one, other] = [read(), read()];
    expect(one.execFrom("xxxxxxxxxxsecret", 0)?.index).toBe(10);
    expect([...other.matchAll("secret secret")].map(({ index }) => index)).toEqual([0, 7]);
    expect(replacePattern("secret secret", other, readReplacement("*")!, true)).toBe("* *");
  },
);

test("two that go through one text with the same expression do not disturb each other", () => {
  const read = readPattern("a+(b|c)", "");
  if (!read.ok) throw new Error(read.message);
  const { pattern } = read;
  const found: string[] = [];
  for (const [one] of pattern.matchAll("ab aac ab")) {
    found.push(one, ...[...pattern.matchAll("aab ac")].map(([other]) => other));
    pattern.execFrom("xxxxab", 0);
  }
  expect(found).toEqual(["ab", "aab", "ac", "aac", "aab", "ac", "ab", "aab", "ac"]);
});
