import { describe, expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { automatonOf } from "./automaton.ts";
import { parseRegex } from "./regex.ts";

function decide(source: string, text: string, flags = ""): boolean | null {
  const regex = parseRegex(source, flags);
  return regex === null ? null : (automatonOf(regex)?.test(text) ?? null);
}

describe("an automaton decides as RegExp does", () => {
  const texts = [
    "",
    "a",
    "ab",
    "foo bar",
    "FOO",
    "a\nb",
    "a\r\nb\r",
    "/shop/17?x=1",
    "\xe9\xc9\xff\xb5\xdf",
    "a1_-.z",
    "aaaab",
  ];
  const sources = [
    ...[
      "",
      "a",
      "^a",
      "b$",
      "^$",
      "^",
      "$",
      "a|b|",
      "^(?:a|b)+$",
      "\\bfoo\\b",
      "o\\B",
      "\\Ba",
      "[^a-z]",
      "[\\d_-]+\\.",
      ".",
    ],
    ...[
      "^/shop/[0-9]+",
      "a{2,3}b",
      "^a{4}b$",
      "(a+)+$",
      "(a|a)*b",
      "(?<n>a)b?",
      "\\x61\\u0062",
      "\\.",
      "[\\]^-]",
      "[a\\-z]",
    ],
    ...[
      "a.b",
      "^b",
      "a$",
      "[\\s\\S]b",
      "\\s",
      "\\W\\w",
      "[^\\W\\d]",
      "x*",
      "{",
      "a{",
      "a{,2}",
      "]",
      "\xe9",
      "[\xc0-\xd6]",
      "\\cJ",
    ],
  ];
  for (const flags of ["", "i", "m", "s", "ims", "u"])
    test(`with flags ${JSON.stringify(flags)}`, () => {
      for (const source of sources) {
        let pattern: RegExp;
        try {
          pattern = new RegExp(source, flags);
        } catch {
          continue;
        }
        for (const text of texts)
          expect([source, text, decide(source, text, flags)]).toEqual([source, text, pattern.test(text)]);
      }
    });

  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  test(`for any expression and any text (SEED=${seed})`, () => {
    const prng = new Prng(seed);
    const one = <T>(of: readonly T[]): T => of[prng.below(of.length)]!;
    const atoms = [
      "a",
      "b",
      "_",
      "\\n",
      ".",
      "[ab]",
      "[^a]",
      "\\w",
      "\\W",
      "\\d",
      "\\b",
      "\\B",
      "^",
      "$",
      "\xe9",
      "[^\\n\xe9]",
      "",
    ];
    const marks = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"];
    const make = (depth: number): string => {
      if (depth === 0) return one(atoms);
      const parts = Array.from({ length: 1 + prng.below(3) }, () => make(depth - 1));
      const inner = parts.join(one(["", "", "|"]));
      return prng.below(2) === 0 ? inner : `${one(["(", "(?:"])}${inner})${one(marks)}`;
    };
    let decided = 0;
    for (let round = 0; round < 1500; round++) {
      const source = make(3);
      const flags = one(["", "i", "m", "im", "s"]);
      const pattern = new RegExp(source, flags);
      for (let count = 0; count < 8; count++) {
        const text = Array.from({ length: prng.below(9) }, () =>
          one(["a", "b", "A", "_", "1", "\n", " ", "\xe9", "\xc9"]),
        ).join("");
        const found = decide(source, text, flags);
        if (found !== null) decided++;
        if (found !== null)
          expect({ source, flags, text, found }).toEqual({ source, flags, text, found: pattern.test(text) });
      }
    }
    expect(decided).toBeGreaterThan(8000);
  });
});

test("no text takes it longer than its length", () => {
  const evil: [string, string][] = [
    ["union.*select.*from", "union".repeat(6000) + "select".repeat(6000)],
    ["^(a+)+$", `${"a".repeat(60_000)}!`],
    ["^(\\d|\\w)+$", `${"1".repeat(60_000)}!`],
    ["\\s+$", `${" ".repeat(60_000)}x`],
    ["a.*b.*c.*d", "abc".repeat(20_000)],
    ["(x+x+)+y", "x".repeat(60_000)],
  ];
  for (const [source, text] of evil) {
    const startedMs = performance.now();
    expect([source, decide(source, text)]).toEqual([source, false]);
    expect(performance.now() - startedMs).toBeLessThan(500);
  }
});

test("however many states there are, some are kept and the answer is right", () => {
  const prng = new Prng(5);
  const source = "a[ab]{12}$";
  const automaton = automatonOf(parseRegex(source, "")!)!;
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 60 }, () => "ab"[prng.below(2)]!).join("");
    expect([text, automaton.test(text)]).toEqual([text, new RegExp(source).test(text)]);
  }
});

test("what would take too many steps is left to others, however it is nested", () => {
  for (const source of ["(a{100}){100}", "((a{1,30}){1,30}){1,30}", "a{1000,}"])
    expect([source, automatonOf(parseRegex(source, "")!)]).toEqual([source, null]);
  expect(automatonOf(parseRegex("((){99999}){99999}(){0,99999}", "")!)!.test("")).toBe(true);
});

test("what is no byte is none that was meant", () => {
  expect([decide("\\xff", "\u20ac"), decide("[^a]", "\u20ac"), decide("^a$", "a\u20ac")]).toEqual([
    false,
    false,
    false,
  ]);
});
