import { expect, test } from "bun:test";
import { rowWindow, scrollTo } from "./window.ts";

test("of 10,000 rows only those that are seen, and some around them, are drawn", () => {
  expect(rowWindow(10_000, 28, 0, 700)).toEqual({ from: 0, to: 33 });
  expect(rowWindow(10_000, 28, 140_000, 700)).toEqual({ from: 4992, to: 5033 });
  expect(rowWindow(10_000, 28, 279_300, 700)).toEqual({ from: 9967, to: 10_000 });
});

test("every row that is seen is drawn, wherever one scrolls to", () => {
  for (let top = 0; top < 3000; top += 7) {
    const { from, to } = rowWindow(100, 28, top, 300);
    expect(from * 28).toBeLessThanOrEqual(Math.max(0, Math.min(top, 99 * 28)));
    expect(to === 100 || to * 28 >= top + 300).toBe(true);
  }
});

test("no rows, fewer than fit, and a scroll beyond the end are no trouble", () => {
  expect(rowWindow(0, 28, 0, 700)).toEqual({ from: 0, to: 0 });
  expect(rowWindow(3, 28, 0, 700)).toEqual({ from: 0, to: 3 });
  expect(rowWindow(3, 28, 9000, 700)).toEqual({ from: 3, to: 3 });
  expect(rowWindow(3, 28, -50, 700)).toEqual({ from: 0, to: 3 });
});

test("a row is scrolled to only when it is not seen whole, and then just so far", () => {
  const seen = { scrollTop: 280, height: 308, headHeight: 28 };
  expect(scrollTo(12, 28, seen)).toBeNull();
  expect(scrollTo(9, 28, seen)).toBe(252);
  expect(scrollTo(20, 28, seen)).toBe(308);
});
