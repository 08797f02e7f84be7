import { expect, test } from "bun:test";
import { timeOf } from "./time.ts";

const at = Date.parse("2026-11-22T09:06:03Z");

test("times as logs write them", () => {
  expect(timeOf("22/Nov/2026:09:06:03 +0000")).toBe(at);
  expect(timeOf("22/Nov/2026:10:06:03 +0100")).toBe(at);
  expect(timeOf("2026-11-22T09:06:03Z")).toBe(at);
  expect(timeOf("2026-11-22T09:06:03.250Z")).toBe(at + 250);
  expect(timeOf(`${at / 1000}.250`)).toBe(at + 250);
  expect(timeOf("22/Nov/2026:09:06:03.655")).toBe(at + 655);
});

test("what is none", () => {
  for (const text of ["", "yesterday", "31/Feb/2026:09:06:03 +0000", "99/Nov/2026:09:06:03.655"])
    expect(timeOf(text)).toBeNaN();
});
