// A budget that is used up, and what time gives back of it.

import { expect, test } from "bun:test";
import { Oddities } from "./oddities.ts";

const takenAtOnce = (oddities: Oddities, nowMs: number): number => {
  let count = 0;
  while (oddities.note(nowMs)) count++;
  return count;
};

test("a thousand at once are taken, and not one more", () => {
  expect(takenAtOnce(new Oddities(0), 0)).toBe(1000);
});

test("a hundred come back in a second, and never more than there were", () => {
  const oddities = new Oddities(0);
  takenAtOnce(oddities, 0);
  expect(takenAtOnce(oddities, 1000)).toBeWithin(98, 101);
  expect(takenAtOnce(oddities, 1_000_000)).toBe(1000);
});

test("a hundred a second are taken for ever", () => {
  const oddities = new Oddities(0);
  for (let nowMs = 0; nowMs < 600_000; nowMs += 10) expect(oddities.note(nowMs)).toBe(true);
});
