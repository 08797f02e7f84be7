import { expect, test } from "bun:test";
import { readStatusRanges } from "./statusrange.ts";

test("statuses and ranges of them, between commas", () => {
  expect(readStatusRanges("200")).toEqual({ ok: true, value: [{ from: 200, to: 200 }] });
  expect(readStatusRanges("200-299, 401")).toEqual({
    ok: true,
    value: [
      { from: 200, to: 299 },
      { from: 401, to: 401 },
    ],
  });
  expect(readStatusRanges("100-599").ok).toBe(true);
});

test("what is no status is refused, a range from high to low with its remedy", () => {
  for (const text of ["", "20", "600", "099", "2xx", "200,", "200-", "-200", "200 300", "2000"])
    expect([text, readStatusRanges(text).ok]).toEqual([text, false]);
  expect(readStatusRanges("299-200")).toMatchObject({
    message: 'must have its ranges from low to high: write "200-299"',
  });
});
