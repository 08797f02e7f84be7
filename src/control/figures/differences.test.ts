import { expect, test } from "bun:test";
import { addTo, Differences, perSecond } from "./differences.ts";

test("at the first look nothing has been added; then what was added since the look before", () => {
  const differences = new Differences();
  differences.begin();
  expect(differences.of("a", [5, 7])).toEqual([0, 0]);
  differences.begin();
  expect(differences.of("a", [6, 7])).toEqual([1, 0]);
  differences.begin();
  expect(differences.of("a", [16, 9])).toEqual([10, 2]);
});

test("a name that is new has counted all it has, also where the first look saw nothing at all", () => {
  const differences = new Differences();
  differences.begin();
  differences.begin();
  expect(differences.of("late", [3])).toEqual([3]);
});

test("a row that has another owner began at nothing", () => {
  const differences = new Differences();
  differences.begin();
  differences.of("a", [100]);
  differences.begin();
  expect(differences.of("a", [4])).toEqual([4]);
});

test("a name that was away for a look is new again", () => {
  const differences = new Differences();
  differences.begin();
  differences.of("a", [100]);
  differences.begin();
  differences.begin();
  expect(differences.of("a", [101])).toEqual([101]);
});

test("rates have three digits after the point, sums are place by place", () => {
  expect(perSecond(1, 3)).toBe(0.333);
  const sums: number[] = [];
  addTo(sums, [1, 2]);
  addTo(sums, [10, 20, 30]);
  expect(sums).toEqual([11, 22, 30]);
});
