import { expect, test } from "bun:test";
import { joined } from "./joined.ts";

test("the one stands before the other, in memory of its own", () => {
  const one = Uint8Array.of(1, 2);
  const whole = joined(one, Uint8Array.of(3));
  expect([...whole]).toEqual([1, 2, 3]);
  one[0] = 9;
  expect(whole[0]).toBe(1);
  expect([...joined(new Uint8Array(0), Uint8Array.of(3))]).toEqual([3]);
});
