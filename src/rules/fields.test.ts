import { expect, test } from "bun:test";
import { field, fields, isThereIn } from "./fields.ts";

test("the rows of the catalogue stand in the order of their numbers, each number once", () => {
  expect(fields.map(({ number }) => number)).toEqual(fields.map((_, index) => index));
  const numbers: number[] = Object.values(field);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(fields.map(({ number }) => number));
});

test("no two rows are written alike, and each is described by whole sentences", () => {
  const written = fields.map(({ name, form }) => `${name} ${form}`);
  expect(new Set(written).size).toBe(written.length);
  for (const { about } of fields) expect(about).toMatch(/^[A-Z].*\.$/);
});

test("what has come stays for the phases that follow", () => {
  expect(isThereIn("response", "connection")).toBe(true);
  expect(isThereIn("request", "request")).toBe(true);
  expect(isThereIn("connection", "request")).toBe(false);
});
