import { expect, test } from "bun:test";
import { gathered, someNumber } from "./remotecommand.ts";

test("numbers are whole, from 1 to as many as nine digits can say, and what is refused is told the bounds", () => {
  expect([someNumber("1"), someNumber("999999999")]).toEqual([1, 999_999_999]);
  for (const text of ["0", "-1", "1.5", "1000000000", "x", ""])
    expect(() => someNumber(text)).toThrow("it must be a whole number from 1 to 999999999.");
});

test("an option that is given several times has all of its values", () => {
  expect(gathered("b", gathered("a"))).toEqual(["a", "b"]);
});
