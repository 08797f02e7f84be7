import { expect, test } from "bun:test";
import { Unanswered } from "./datagramunanswered.ts";

const sizes = (unanswered: Unanswered, nowMs: number): number[] =>
  unanswered.recent(nowMs).map((bytes) => bytes.length);

test("what was sent in the last second comes back in order", () => {
  const unanswered = new Unanswered();
  unanswered.add(new Uint8Array(1), 0);
  unanswered.add(new Uint8Array(2), 500);
  unanswered.add(new Uint8Array(3), 1_400);
  expect(sizes(unanswered, 1_500)).toEqual([2, 3]);
  expect(sizes(unanswered, 5_000)).toEqual([]);
});

test("only the last few are kept, and only so many bytes", () => {
  const unanswered = new Unanswered();
  for (let size = 1; size <= 10; size++) unanswered.add(new Uint8Array(size), 0);
  expect(sizes(unanswered, 0)).toEqual([7, 8, 9, 10]);
  unanswered.add(new Uint8Array(4_080), 0);
  expect(sizes(unanswered, 0)).toEqual([10, 4_080]);
  unanswered.add(new Uint8Array(4_097), 0);
  expect(sizes(unanswered, 0)).toEqual([]);
  unanswered.add(new Uint8Array(1), 0);
  expect(sizes(unanswered, 0)).toEqual([1]);
});

test("an answer clears them", () => {
  const unanswered = new Unanswered();
  unanswered.add(new Uint8Array(4_096), 0);
  unanswered.clear();
  unanswered.add(new Uint8Array(4_096), 0);
  expect(sizes(unanswered, 0)).toEqual([4_096]);
});
