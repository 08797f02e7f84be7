import { expect, test } from "bun:test";
import { Portions } from "./portions.ts";

function keysOf(portions: Portions): string[] {
  const keys: string[] = [];
  portions.each((key, nodes) => keys.push(`${key}=${nodes}`));
  return keys.sort();
}

test("the latest number of a key counts, and what is deleted is gone", () => {
  const portions = new Portions(4);
  for (const [key, nodes] of [
    ["a", 2],
    ["b", 2],
    ["c", 2],
    ["a", 3],
  ] as const)
    portions.set(key, nodes);
  expect(keysOf(portions)).toEqual(["a=3", "b=2", "c=2"]);
  portions.delete("a");
  portions.delete("b");
  expect([keysOf(portions), portions.size]).toEqual([["c=2"], 1]);
});

test("of more than there is room for those heard of longest ago go, and a key that is heard of again stays", () => {
  const portions = new Portions(10);
  for (let index = 0; index < 1000; index++) {
    portions.set(`k${index}`, 2);
    if (index % 3 === 0) portions.set("busy", 5);
    expect(portions.size).toBeLessThanOrEqual(10);
  }
  const keys = keysOf(portions);
  expect(keys).toContain("busy=5");
  for (const index of [997, 998, 999]) expect(keys).toContain(`k${index}=2`);
});
