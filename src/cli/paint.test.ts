import { expect, test } from "bun:test";
import { colored, paintOf, plain, widthOf } from "./paint.ts";

test("colors are for terminals whose user wants them", () => {
  expect(paintOf(true, {})).toBe(colored);
  expect(paintOf(true, { NO_COLOR: "" })).toBe(colored);
  for (const [isTerminal, environment] of [
    [false, {}],
    [true, { NO_COLOR: "1" }],
    [true, { TERM: "dumb" }],
  ] as const)
    expect(paintOf(isTerminal, environment)).toBe(plain);
});

test("painted, a text is as wide as before, and nothing stays nothing", () => {
  expect(widthOf(colored.bad("down"))).toBe(4);
  expect(colored.bad("")).toBe("");
  expect(plain.bad("x")).toBe("x");
});
