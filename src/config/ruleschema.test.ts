import { expect, test } from "bun:test";
import { findings } from "./issues.ts";
import { rule, rules } from "./ruleschema.ts";

const complaints = (value: unknown): string[] => {
  const parsed = rule.safeParse(value, { reportInput: true });
  return parsed.success ? [] : findings(parsed.error.issues).map(({ path, message }) => `${path.join(".")} ${message}`);
};

test("rules stand in rules, however deep, and each is looked at", () => {
  expect(complaints({ rules: [{ rules: [{ rules: [{ deny: 403 }] }] }] })).toEqual([]);
  expect(complaints({ rules: [{ rules: [{ deny: 99 }] }] })).toEqual([
    "rules.0.rules.0.deny must be a whole number from 200 to 599, not 99",
  ]);
  expect(complaints({ rules: [] })).toEqual(["rules must not be empty: name its rules"]);
});

test("a rate alone is no limit, and what to write is told", () => {
  expect(complaints({ limit: "2/s" })).toEqual(['limit must be a section: write limit: { rate: "2/s" }']);
  expect(complaints({ limit: "clients" })).toEqual([]);
});

test("a list is the same as a section that leaves the other phases empty", () => {
  expect(rules.parse([])).toEqual([]);
  expect(rules.parse({ request: [{ deny: true }] })).toEqual({
    connection: [],
    request: [{ mode: "enforce", deny: true }],
    response: [],
    afterResponse: [],
  });
});

test("the bounds of what rules say", () => {
  const good = [
    { slowDown: "1kb" },
    { slowDown: "2mb/s" },
    { tarpit: "1h" },
    { setStatus: "{response.status}" },
    { setMethod: "{method}" },
    { name: "a b.c_d:e-9" },
    { increment: { "a[src].gpc0": 1.5 } },
    { track: { table: "a", slot: 15 } },
    { set: { "vars.x": true } },
  ];
  const bad = [
    { slowDown: "1023b" },
    { slowDown: "2mb/m" },
    { tarpit: "61m" },
    { setStatus: 199 },
    { setMethod: "A B" },
    { name: "[0]" },
    { name: "x".repeat(65) },
    { if: " " },
    { if: "x".repeat(4097) },
    { mark: "" },
    { track: { table: "a", slot: 16 } },
    { accept: false },
    { set: [] },
    { removeHeader: "a b" },
  ];
  for (const value of good) expect({ value, count: complaints(value).length }).toEqual({ value, count: 0 });
  for (const value of bad) expect({ value, count: complaints(value).length }).toEqual({ value, count: 1 });
});
