import { expect, test } from "bun:test";
import { didYouMean, nearest } from "./nearest.ts";

test("a slip of the fingers is near, another name is not", () => {
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

test("it is the end of a message", () => {
  expect(didYouMean("hots", ["host"])).toBe('; did you mean "host"?');
  expect(didYouMean("hots", [])).toBe("");
});

test("a word without end costs no more than a long one", () => {
  expect(nearest("a".repeat(1_000_000), ["b".repeat(1_000_000)])).toBeNull();
});
