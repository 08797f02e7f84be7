import { describe, expect, test } from "bun:test";
import { literally, readRegex, replacement, whole } from "./regex.ts";

const spelled: readonly (readonly [string, string])[] = [
  ["^/a(b|c)$", "^/a(b|c)$"],
  ["(?i)a", "(?i)a"],
  [String.raw`\Aa\z`, "^a$"],
  ["[[:alpha:]_]+", "[a-zA-Z_]+"],
  ["[[:digit:]]{2}", "[0-9]{2}"],
  ["(?P<name>a)", "(?<name>a)"],
  ["(?<=a)b", "(?<=a)b"],
  [String.raw`\Qa.b\Ec`, String.raw`a\.bc`],
];

describe("a regular expression of PCRE", () => {
  for (const [written, expected] of spelled)
    test(`${written} is ${expected}`, () => expect(readRegex(written)).toEqual({ ok: true, value: expected }));

  test("without regard to case has the flag in front, once", () => {
    expect(readRegex("a", true)).toEqual({ ok: true, value: "(?i)a" });
    expect(readRegex("(?i)a", true)).toEqual({ ok: true, value: "(?i)a" });
  });

  for (const strange of ["(?>a)", "a++", String.raw`\p{L}`, String.raw`\R`, "(?x)a", "[[:nosuch:]]"])
    test(`${strange} is told, not guessed`, () => expect(readRegex(strange)).toMatchObject({ ok: false }));

  test("that is none is told", () => {
    expect(readRegex("(")).toEqual({ ok: false, message: 'must be a regular expression, not "("' });
  });
});

describe("whole", () => {
  /** As exp_replace of HAProxy: the first match, with its groups, takes the place of all. */
  const replaced = (expression: string, text: string, by: string): string =>
    text.replace(new RegExp(whole(expression).replace(/^\(\?i\)/, ""), expression.startsWith("(?i)") ? "i" : ""), by);
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["(.*)", "/a/b", "/x$1", "/x/a/b"],
    ["^/a/(.*)$", "/a/b", "/$1", "/b"],
    ["b", "/abc", "x", "x"],
    ["/(.)", "/a/b", "$1", "a"],
    ["a|^/c", "/cab", "x", "x"],
    ["(b+)$", "/abb", "$1", "bb"],
    [".*b", "abcb-d", "x", "x"],
    [String.raw`a\.*`, "xa..y", "x", "x"],
    ["(.*)b", "abcbd", "$1", "abc"],
    ["(?i)B(.*)", "abc", "$1", "c"],
    ["nothing", "abc", "x", "abc"],
  ];
  for (const [expression, text, by, expected] of cases)
    test(`${expression} in ${text}`, () => expect(replaced(expression, text, by)).toBe(expected));
});

test("a replacement has JavaScript's groups, and no others by chance", () => {
  expect(replacement(String.raw`\1-\0-$1-\\`)).toBe("$1-$&-$$1-\\");
});

test("a text matches itself and nothing else", () => {
  expect(new RegExp(`^${literally("a.b*(c)|$")}$`).test("a.b*(c)|$")).toBe(true);
  expect(new RegExp(`^${literally("a.b")}$`).test("axb")).toBe(false);
});
