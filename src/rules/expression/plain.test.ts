import { describe, expect, test } from "bun:test";
import { RE2JS } from "re2js";
import { Prng } from "../../base/prng.ts";
import { readPattern, replacePattern } from "./pattern.ts";
import { plainRegex, shortRegex } from "./plain.ts";

test.each([
  ["^/shop/[0-9]+$", "^\\/shop\\/[0-9]+$"],
  ["\\.(php|asp|jsp)$", "\\.(php|asp|jsp)$"],
  ["^/api(/.*)?$", "^\\/api(\\/[^\\n]*)?$"],
  ["^(?<sub>www\\.)?example\\.com$", "^(www\\.)?example\\.com$"],
  ["curl|wget|python", "curl|wget|python"],
  ["\\d{1,3}(?:\\.\\d{1,3}){0}", null],
  ["[\\\\s]", "[\\\\s]"],
  ["^\\s[\\s,]\\S$", "^[\\t\\n\\f\\r ][\\t\\n\\f\\r ,][^\\t\\n\\f\\r ]$"],
  ["/+", "\\/+"],
  ["^/api/[a-z]+/[0-9]+$", "^\\/api\\/[a-z]+\\/[0-9]+$"],
  ["^([^/]*)/(?:v\\d+?/)?(.*)x", "^([^/]*)\\/(?:v\\d+?\\/)?([^\\n]*)x"],
  ["a{2,}", "a{2,}"],
  ["a{0,99}b", "a{0,99}b"],
])("%s is plain: %s", (source, spelled) => expect(plainRegex(source, "")?.source ?? null).toBe(spelled));

test.each([
  // Slow, or it may be.
  ...[
    "a+b",
    "[/]+$",
    "^a*a+",
    "^a+|b+c",
    "union.*select",
    "(a+)+",
    "^(a|b)+$",
    "a?a?a?a?a?a?a?a?a?",
    "[^a]{999}b",
    "^[^a]+b?c+$",
    "^.*b[a-z]+/",
    "^[a-z]*(/)[0-9]*$",
    "[a-z]+/",
  ],
  ...["(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)", "(|)(|)(|)(|)(|)(|)(|)(|)", "x".repeat(300)],
  // Meaning something else, or not known.
  ...[
    "(|a)?b",
    "(a?)?",
    "(a|b){2}",
    "[\\S]",
    "[[:alpha:]]",
    "[]a]",
    "[^]",
    "[^^]",
    "\\Aa",
    "\\pL",
    "\\Qa\\E",
    "(?i:a)",
  ],
  ...["(?=a)", "(?<=a)b", "(a)\\1", "\\u0041", "\\b?", "^*", "a{,2}", "a{x}", "]", "\xe9", "\u212a", "a)", "(a", "("],
])("%s is not plain", (source) => expect(plainRegex(source, "")).toBeNull());

test("flags are part of it", () => {
  expect(plainRegex("a", "i")).toEqual(/a/i);
  expect([plainRegex("^[a-z]+A[a-z]+A", "")?.flags, plainRegex("^[a-z]+A[a-z]+A", "i")]).toEqual(["", null]);
  expect(plainRegex("a.b", "s")?.source).toBe("a[^]b");
  expect(plainRegex("a.b", "m")).toEqual(/a[^\n]b/);
  expect([plainRegex("^a", "m"), plainRegex("a$", "m")]).toEqual([null, null]);
});

test("every byte is the same character, in one case or the other, in classes and out of them", () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const sources = bytes.flatMap((_, byte) => {
    const hex = `\\x${byte.toString(16).padStart(2, "0")}`;
    return [hex, `[${hex}]`, `[^${hex}]`];
  });
  sources.push(
    ...bytes,
    ...["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", ".", "\\b", "\\B", "[a-z]", "[^\\W_]", "[\\D]", "[\\W]"],
  );
  sources.push(
    ...bytes.map((byte) => `\\${byte}`),
    ...bytes.map((byte) => `[${byte}]`),
    ...bytes.map((byte) => `[a-${byte}-z]`),
  );
  let known = 0;
  for (const source of sources)
    for (const flags of ["", "i", "s"]) {
      const plain = plainRegexOf(source, flags);
      if (plain === null) continue;
      known++;
      const other = RE2JS.compile(`${flags === "" ? "" : `(?${flags})`}${source}`);
      const differing = bytes.filter((byte) => plain.test(byte) !== other.test(byte));
      expect([source, flags, differing]).toEqual([source, flags, []]);
    }
  expect(known).toBeGreaterThan(2500);
});

/** Null where RE2 would not have taken it. */
function plainRegexOf(source: string, flags: string): RegExp | null {
  try {
    RE2JS.compile(source);
  } catch {
    return null;
  }
  return plainRegex(source, flags);
}

// Not all is marked where RegExp must decide everything: past a million steps Bun's gives up, and says there is nothing.
describe("RE2, RegExp and what is plain find the same", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
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
    "[^\\n_]",
    "\\s",
    "",
  ];
  const letters = ["a", "b", "A", "_", "1", "\n", " ", "\xe9", "\xc9"];
  const one = <T>(prng: Prng, of: readonly T[]): T => of[prng.below(of.length)]!;
  const make = (prng: Prng, depth: number, marks: readonly string[], isMarked: boolean): string => {
    if (depth === 0) {
      const atom = one(prng, atoms);
      return !isMarked || /^(?:|[$^]|\\[bB])$/.test(atom) ? atom : atom + one(prng, marks);
    }
    const parts = Array.from({ length: 1 + prng.below(3) }, () => make(prng, depth - 1, marks, isMarked));
    const inner = parts.join(one(prng, ["", "", "|"]));
    return prng.below(2) === 0 ? inner : `${one(prng, ["(", "(?:"])}${inner})${one(prng, marks)}`;
  };
  const textOf = (prng: Prng): string => Array.from({ length: prng.below(9) }, () => one(prng, letters)).join("");

  test(`whether there is anything, for any expression and any text (SEED=${seed})`, () => {
    const prng = new Prng(seed);
    const marks = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"];
    for (let round = 0; round < 1500; round++) {
      const source = make(prng, 3, marks, false);
      const flags = one(prng, ["", "i", "m", "im", "s"]);
      const read = readPattern(source, flags);
      if (!read.ok) throw new Error(`${source} ${read.message}`);
      for (let count = 0; count < 8; count++) {
        const text = textOf(prng);
        const found = read.pattern.test(text);
        expect({ source, flags, text, found }).toEqual({
          source,
          flags,
          text,
          found: new RegExp(source, flags).test(text),
        });
      }
    }
  });

  test(`and what there is, and in which groups, for what is plain (SEED=${seed})`, () => {
    const prng = new Prng(seed);
    const marks = ["", "", "", "", "?", "{2}", "{0,2}", "??", "*"];
    let plains = 0;
    for (let round = 0; round < 6000; round++) {
      const source = `${one(prng, ["^", ""])}${make(prng, 2, marks, true)}${one(prng, ["$", "", "a+", "b*?"])}`;
      const flags = one(prng, ["", "i", "s"]);
      const plain = plainRegex(source, flags);
      if (plain === null) continue;
      plains++;
      const other = RE2JS.compile(flags === "" ? source : `(?${flags})${source}`);
      for (let count = 0; count < 6; count++) {
        const text = textOf(prng);
        const finds = (all: Iterable<RegExpMatchArray>): unknown =>
          [...all].map((found) => [found.index, ...Array.from(found, (group) => group ?? "")]);
        expect({ source, flags, text, finds: finds(text.matchAll(new RegExp(plain, `${plain.flags}g`))) }).toEqual({
          source,
          flags,
          text,
          finds: finds(other.matchAll(text)),
        });
      }
    }
    expect(plains).toBeGreaterThan(1000);
  });
});

test("the costliest that is plain is quick at any text", () => {
  const as = "a".repeat(60_000);
  const costly: [source: string, text: string, rest: string][] = [
    ["^(a?a?a?a?a?a?a*b)", as, "b"],
    ["(a|aa|aaa)(a|aa|aaa)(a|aa|aaa)b", as, "b"],
    ["a{0,99}b", as, "b"],
    ["^a.*(b|c|d|e|f)(g|h)", "ab".repeat(30_000), "bg"],
    ["^.*?x", as, "x"],
    ["[^/]{200}//", as, "//"],
    ["^[^b]*b[^c]*c[^d]*d(?:[a-c]*d)?[^e]*e$", `${"abcd".repeat(15_000)}`, "e"],
    ["^(?:([a-z]+)/)?([a-z]+/)?[a-z]+/[a-z]*b$", `${as}/`.repeat(3), "b"],
    ["^[a-z]+/[a-z]+$", `${as}/${as}!`.repeat(2), ""],
  ];
  for (const [source, text, rest] of costly) {
    const plain = plainRegex(source, "");
    if (plain === null) throw new Error(`${source} is not plain`);
    const startedMs = performance.now();
    // Bun's RegExp says that there is nothing when it has tried too often, so what is there must be found, too.
    expect([source, plain.test(text), plain.test(text + rest)]).toEqual([source, false, rest !== ""]);
    const read = readPattern(source, "");
    expect(read.ok && replacePattern(text, read.pattern, [], true)).toBe(text);
    expect([source, performance.now() - startedMs < 500]).toEqual([source, true]);
  }
});

test("of short texts RegExp may decide what takes their cube, and no more", () => {
  for (const source of ["a[^b]*b c+ d", ".*x", "^.*a.*b", "(?<k>a+)b+c", "(?:a|b*)c"]) {
    expect([source, plainRegex(source, "")]).toEqual([source, null]);
    expect([source, shortRegex(source)?.source ?? null]).not.toEqual([source, null]);
  }
  for (const source of [".*a.*b", "^.*a.*b.*c", "a*a*a*b", "(a+)+b"])
    expect([source, shortRegex(source)]).toEqual([source, null]);
  expect(shortRegex("a+")?.source).toBe("a+");
});
