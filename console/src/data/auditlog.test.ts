import { expect, test } from "bun:test";
import type { AuditRecord } from "../../../src/control/api/shape/audit.ts";
import { together } from "./auditlog.ts";

const record = (number: number, at = "2030-01-31T18:00:00.000Z"): AuditRecord => ({
  ...{ number, at, actor: "ann", peer: "127.0.0.1", operation: "setTableEntry", method: "PUT" },
  ...{ path: "/api/v1/tables/t/entries/1", body: "{}", status: 200, problem: null },
});
const numbers = (all: readonly AuditRecord[]): number[] => all.map(({ number }) => number);

test("a thousand records of one moment that are alike in all but their number are a thousand", () => {
  const known = Array.from({ length: 1000 }, (_, index) => record(1000 - index));
  expect(together([], known, 1000).length).toBe(1000);
});

test("one that came and is in the log too stands once, the newest first, and the oldest go", () => {
  expect(numbers(together([record(7), record(6)], [record(6), record(5), record(4)], 3))).toEqual([7, 6, 5]);
});

test("the order is that in which they came, though the clock was set back between them", () => {
  expect(numbers(together([record(2, "2029-01-01T00:00:00.000Z")], [record(1)], 9))).toEqual([2, 1]);
});
