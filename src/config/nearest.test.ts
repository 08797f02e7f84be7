import { expect, test } from "bun:test";
import { didYouMean, levenshtein, nearest } from "./nearest.ts";
import { balancePolicies } from "./poolschema.ts";

test("another house's spelling is found whatever its dashes and capitals", () => {
  for (const name of balancePolicies) {
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const spelling of [snake, snake.toUpperCase(), snake.replaceAll("_", "-"), name.toLowerCase()])
      expect(nearest(spelling, balancePolicies)).toBe(name);
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
