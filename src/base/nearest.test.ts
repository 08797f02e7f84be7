import { expect, test } from "bun:test";
import { didYouMean, levenshtein, nearest } from "./nearest.ts";

const policies = ["random", "roundRobin", "weightedRoundRobin", "leastConnections", "p2c", "peakEwma", "ipHash"];

test("another house's spelling is found whatever its dashes and capitals", () => {
  for (const name of policies) {
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const spelling of [snake, snake.toUpperCase(), snake.replaceAll("_", "-"), name.toLowerCase()])
      expect(nearest(spelling, policies)).toBe(name);
  }
});

test("a slip of the fingers is found, a different word is not", () => {
  const keys = ["listen", "use", "timeouts", "via"];
  expect(["lisetn", "listn", "litsen", "timeout", "uses", "vai"].map((word) => nearest(word, keys))).toEqual([
    "listen",
    "listen",
    "listen",
    "timeouts",
    "use",
    "via",
  ]);
  for (const word of ["certificate", "x", "", "tls", "a".repeat(10_000)]) expect(nearest(word, keys)).toBeNull();
  expect(nearest("a", [])).toBeNull();
  expect(didYouMean("nothing like it", keys)).toBe("");
});

test("distances count insertions, deletions, replacements and swaps", () => {
  expect(levenshtein("", "abc")).toBe(3);
  expect(levenshtein("abc", "")).toBe(3);
  expect(levenshtein("kitten", "sitting")).toBe(3);
  expect(levenshtein("ab", "ba")).toBe(1);
  expect(levenshtein("same", "same")).toBe(0);
});

test("of words that are too far apart only that is told", () => {
  expect(levenshtein("kitten", "sitting", 3)).toBe(3);
  expect(levenshtein("kitten", "sitting", 4)).toBe(3);
  expect(levenshtein("abcdefgh", "hgfedcba", 2)).toBe(2);
  // A swap takes from the row before the last: one row that is too far is not the end.
  expect(levenshtein("abcd", "badc", 3)).toBe(2);
  const words = ["round", "rnoud", "", "roundrobin", "random", "robin", "bround", "dnuor", "least", "leats"];
  for (const from of words)
    for (const to of words)
      for (const most of [1, 2, 3, 5]) expect(levenshtein(from, to, most)).toBe(Math.min(levenshtein(from, to), most));
});

test("what is meant is found among ten thousand addresses", () => {
  const addresses = Array.from({ length: 10_000 }, (_, index) => `10.32.${index >> 8}.${index & 255}`);
  expect(nearest("10.32.3.20x", addresses)).toBe("10.32.3.20");
  expect(nearest("10.32.39.51", addresses)).toBe("10.32.3.51");
  expect(nearest("proxy.example:3128", addresses)).toBeNull();
});

test("a name of an expression is near by a slip of the fingers, another name is not", () => {
  const names = ["host", "path", "port", "src", "startsWith"];
  expect(["hots", "HOST", "startWith", "ptah", "hst", "scr"].map((word) => nearest(word, names))).toEqual([
    "host",
    "host",
    "startsWith",
    "path",
    "host",
    "src",
  ]);
  expect(["whatever", "x", "", "q1"].map((word) => nearest(word, names))).toEqual([null, null, null, null]);
});
