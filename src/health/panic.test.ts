import { expect, test } from "bun:test";
import { isPanic } from "./panic.ts";

test("ejections hold while the threshold's share of the pool is left, and are ignored below", () => {
  expect(isPanic(10, 10, 5, 0.5)).toBe(false);
  expect(isPanic(10, 10, 6, 0.5)).toBe(true);
  expect(isPanic(10, 10, 3, 0.7)).toBe(false);
  expect(isPanic(3, 3, 2, 0.34)).toBe(true);
});

test("servers that are down anyway count against the share, but are no panic by themselves", () => {
  expect(isPanic(10, 6, 2, 0.5)).toBe(true);
  expect(isPanic(10, 2, 0, 0.5)).toBe(false);
});

test("threshold 0 lets even the last server be ejected, and threshold 1 none", () => {
  expect(isPanic(2, 2, 2, 0)).toBe(false);
  expect(isPanic(2, 2, 1, 1)).toBe(true);
});
