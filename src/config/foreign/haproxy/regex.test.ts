import { describe, expect, test } from "bun:test";
import { type Pattern, readPattern } from "../../../rules/expression/pattern.ts";
import { eachPart, hasAll, literally, readRegex, replacement, whole } from "./regex.ts";

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

/** As rules read it, which is not as RegExp does. */
function patternOf(expression: string): Pattern {
  const read = readPattern(expression, "");
  if (!read.ok) throw new Error(read.message);
  return read.pattern;
}

function filled(by: string, found: RegExpMatchArray): string {
  return by.replaceAll(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? "");
}

describe("whole", () => {
  /** As exp_replace of HAProxy: the first match, with its groups, takes the place of all. */
  const replaced = (expression: string, text: string, by: string): string => {
    const found = patternOf(whole(expression)).exec(text);
    return found === null ? text : filled(by, found);
  };
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

describe("each value of a list", () => {
  const replaced = (expression: string, text: string, by: string): string => {
    const each = eachPart(expression, by)!;
    let [out, at] = ["", 0];
    for (const found of patternOf(each.pattern).matchAll(text)) {
      out += text.slice(at, found.index) + filled(each.by, found);
      at = found.index! + found[0].length;
    }
    return out + text.slice(at);
  };
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["b", "ab, b ,c", "x", "x,x,c"],
    ["^b", "ab, bc ,b", "x", "ab,x,x"],
    ["b$", "ab , bc,b", "x", "x, bc,x"],
    ["(.*)b(.*)", "a , cb , d", String.raw`\1Z\2`, "a ,cZ, d"],
    ["^(.*)$", "a , b , c", String.raw`<\1>`, "<a>,<b>,<c>"],
    ["a ", "a b, a ,c", "x", "x, a ,c"],
    ["^(.)b$", "ab,cb", String.raw`b\1\0`, "baab,bccb"],
    ["[^a]+", "abc, de", String.raw`\0`, "bc,de"],
    ["(?i)B|c", "ab,C,d", "x", "x,x,d"],
    [String.raw`\S(\d)`, "a,1,b2", String.raw`\1`, "a,1,2"],
    // As haproxy 2.6 has them: a group that there is not is nothing, and blanks in front of a value are none of it.
    ["foo$", "foo, bar", String.raw`<\1>`, "<>, bar"],
    ["^(.*)$", "foo, bar", String.raw`[\2\1]`, "[foo],[bar]"],
    [String.raw`[\s]+`, "foo, bar", "R", "foo, bar"],
    [String.raw`\h+`, "foo, bar", "R", "foo, bar"],
  ];
  for (const [expression, text, by, expected] of cases)
    test(`${expression} in ${text}`, () => expect(replaced(expression, text, by)).toBe(expected));

  for (const beyond of ["a,b", "^a|b", "a(?=b)", "[ -~]", String.raw`[\S]`, String.raw`(a)\1`, "a^b"])
    test(`${beyond} looks beyond one`, () => expect(eachPart(beyond, "x")).toBeNull());
});

test("all that matched is held by a group of its own", () => {
  expect([hasAll(String.raw`a\0`), hasAll(String.raw`a\\0`), hasAll("0")]).toEqual([true, false, false]);
  expect(whole(String.raw`(.)\1\\1`, true)).toBe(String.raw`^[\s\S]*?((.)\2\\1)[\s\S]*$`);
  expect(whole("(b)c", true)).toBe("^[\\s\\S]*?((b)c)[\\s\\S]*$");
  expect(replacement(String.raw`\0\1`, true)).toBe("$1$2");
});

test("a replacement has JavaScript's groups, and no others by chance", () => {
  expect(replacement(String.raw`\1-\0-$1-\\`)).toBe("$1-$&-$$1-\\");
});

test("a text matches itself and nothing else", () => {
  expect(new RegExp(`^${literally("a.b*(c)|$")}$`).test("a.b*(c)|$")).toBe(true);
  expect(new RegExp(`^${literally("a.b")}$`).test("axb")).toBe(false);
});

test("what is not had here is told of the engine that it is", () => {
  for (const [written, strange] of [
    ["a++", "++"],
    [String.raw`\p{L}x`, "\\\\p"],
  ] as const)
    expect(readRegex(written)).toEqual({
      ok: false,
      message: `has "${strange}", which regular expressions here (RE2) do not have, or mean otherwise: write it in another way`,
    });
});
