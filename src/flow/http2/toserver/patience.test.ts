import { expect, test } from "bun:test";
import { Patience } from "./patience.ts";

test("there is much of it at once, it comes back with time, and with what is of use", () => {
  const patience = new Patience(0);
  for (let count = 0; count < 10_000; count++) expect(patience.note(0)).toBe(true);
  expect(patience.note(0)).toBe(false);
  expect(patience.note(100)).toBe(true);
  for (let count = 0; count < 200; count++) patience.note(100);
  expect(patience.note(100)).toBe(false);
  for (let count = 0; count < 200; count++) patience.earn();
  expect(patience.note(100)).toBe(true);
});

test("whoever pings with each piece of content is borne for ever", () => {
  const patience = new Patience(0);
  for (let count = 0; count < 100_000; count++) {
    patience.earn();
    expect(patience.note(0)).toBe(true);
  }
});
