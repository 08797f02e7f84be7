import { expect, test } from "bun:test";
import { Settling } from "./settling.ts";

test("a change is believed when a later look finds the same", () => {
  const settling = new Settling(5000);
  expect(settling.isSettled("a", "1", 0, 250)).toBe(false);
  expect(settling.isSettled("a", "1", 249, 250)).toBe(false);
  expect(settling.isSettled("a", "2", 250, 250)).toBe(false);
  expect(settling.isSettled("b", "2", 400, 250)).toBe(false);
  expect(settling.isSettled("a", "2", 500, 250)).toBe(true);
});

test("one that never stands still is believed after a while, and one that went back is forgotten", () => {
  const settling = new Settling(1000);
  const answers = Array.from({ length: 11 }, (_, look) => settling.isSettled("a", String(look), look * 100, 250));
  expect(answers.indexOf(true)).toBe(10);
  expect(settling.isSettled("a", "1", 1100, 250)).toBe(false);
  settling.forget("a");
  expect(settling.isSettled("a", "1", 2200, 250)).toBe(false);
});

test("how long it is to wait is told: from when it changed last, and no longer than for one that never stands still", () => {
  const settling = new Settling(1000);
  settling.isSettled("a", "1", 0, 250);
  expect([0, 100, 250, 300].map((nowMs) => settling.restMs("a", nowMs, 250))).toEqual([250, 150, 0, 0]);
  settling.isSettled("a", "2", 900, 250);
  expect(settling.restMs("a", 900, 250)).toBe(100);
  expect(settling.restMs("b", 900, 250)).toBe(250);
});
