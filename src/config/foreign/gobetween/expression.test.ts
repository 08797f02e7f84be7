import { expect, test } from "bun:test";
import { readGoExpression } from "./expression.ts";

test("what Go and JavaScript write alike stays, what differs is respelled", () => {
  const cases: [string, string][] = [
    ["^www\\.a\\.example$", "^www\\.a\\.example$"],
    ["\\Aa\\z", "^a$"],
    ["(?P<host>a|b)", "(?<host>a|b)"],
    ["\\Qa.b\\E+", "a\\.b+"],
    ["\\x{e9}", "\\u00e9"],
    ["\\\\A", "\\\\A"],
    ["(?i)^a$", "^(?i:a)$"],
    ["(?i)^a|b$", "(?i:^a|b$)"],
    ["(?is)a", "(?is:a)"],
  ];
  for (const [go, ours] of cases) expect([go, readGoExpression(go)]).toEqual([go, { ok: true, value: ours }]);
});

test("flags hold for the whole expression", () => {
  const reading = readGoExpression("(?i)^WWW\\.");
  expect(reading.ok && new RegExp(reading.value).test("www.a")).toBe(true);
});

test("what JavaScript would read as something else, or not at all, is told", () => {
  for (const text of ["[[:alpha:]]", "\\pL", "\\p{Greek}", "(?U)a", "\\C", "(", "a{2,1}", "\\x{1F600}"])
    expect([text, readGoExpression(text).ok]).toEqual([text, false]);
});
