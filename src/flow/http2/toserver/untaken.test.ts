import { expect, test } from "bun:test";
import { Untaken, untakenBytesMax } from "./untaken.ts";

test("who waits is told once, when half of it was taken", () => {
  const untaken = new Untaken();
  let told = 0;
  untaken.add(untakenBytesMax);
  expect(untaken.isTooMuch).toBe(false);
  untaken.add(10);
  expect(untaken.isTooMuch).toBe(true);
  untaken.enlist({ relieved: () => told++ });
  untaken.take(untakenBytesMax / 2);
  expect([told, untaken.isTooMuch]).toEqual([0, false]);
  untaken.take(10);
  expect(told).toBe(1);
  untaken.take(10);
  expect([told, untaken.bytes]).toEqual([1, untakenBytesMax / 2 - 10]);
});
