import { expect, test } from "bun:test";
import { leastOf } from "./least.ts";
import { SampleView } from "./sample.fixture.ts";

test("the least load wins, and loads of ineligible servers are not looked at", () => {
  const view = new SampleView([1, 1, 1]);
  view.set(1, false);
  expect(leastOf(view, Float64Array.of(3, 0, 2))).toBe(2);
});

test("without eligible servers there is no least", () => {
  expect(leastOf(new SampleView([]), new Float64Array(0))).toBe(-1);
});
