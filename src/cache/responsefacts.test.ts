import { expect, test } from "bun:test";
import { dateOf, latin1, nowMs, responseFacts, responseHead } from "../../test/cacheheads.ts";
import { noDate } from "./httpdate.ts";

const secondMs = Math.floor(nowMs / 1000) * 1000;

test("one pass reads dates, age, ETag and where the rest stands", () => {
  const head = responseHead(
    404,
    `Date: ${dateOf(0)}`,
    `Expires: ${dateOf(60)}`,
    `Last-Modified: ${dateOf(-60)}`,
    "Age: 7",
    'ETag: W/"x"',
    "Vary: a",
    "Set-Cookie: a=b",
    "Location: /a",
    "Content-Location: /b",
    "Content-Length: 2",
  );
  const facts = responseFacts(head);
  expect(facts).toMatchObject({
    status: 404,
    dateMs: secondMs,
    hasExpires: true,
    expiresMs: secondMs + 60_000,
    lastModifiedMs: secondMs - 60_000,
    ageS: 7,
    vary: 5,
    location: 7,
    contentLocation: 8,
    hasSetCookie: true,
    contentLength: 2,
  });
  expect(latin1(head.bytes, facts.etagStart, facts.etagEnd)).toBe('W/"x"');
  facts.read(responseHead(200), nowMs);
  expect(facts).toMatchObject({
    dateMs: noDate,
    hasExpires: false,
    lastModifiedMs: noDate,
    ageS: -1,
    etagEnd: 0,
    vary: -1,
    hasSetCookie: false,
    contentLength: -1,
  });
});

test("of a list of ages the first counts, and what is none is no age (RFC 9111 section 5.1)", () => {
  const ageOf = (...values: readonly string[]): number =>
    responseFacts(responseHead(200, ...values.map((value) => `Age: ${value}`))).ageS;
  expect(ageOf("7200,0")).toBe(7200);
  expect(ageOf("0 , 7200")).toBe(0);
  expect(ageOf("7200", "0")).toBe(7200);
  expect(ageOf("0", "7200")).toBe(0);
  expect(ageOf("abc", "5")).toBe(-1);
  for (const value of ["", "abc", "-7200", "7200.0", "+5", "1 2", '"5"'])
    expect([value, ageOf(value)]).toEqual([value, -1]);
});

test("of a field that ought to come once the first counts", () => {
  const facts = responseFacts(
    responseHead(200, `Expires: ${dateOf(5)}`, "Expires: 0", "Date: x", `Date: ${dateOf(0)}`, 'ETag: "a"', 'ETag: "b"'),
  );
  expect([facts.expiresMs, facts.dateMs, facts.etagEnd - facts.etagStart]).toEqual([secondMs + 5000, noDate, 3]);
});

test("Expires that is no date is there, and no date", () => {
  for (const value of ["0", "-1", "", "Thu 18 Aug 2050 02:01:18 GMT"]) {
    const facts = responseFacts(responseHead(200, `Expires: ${value}`));
    expect([value, facts.hasExpires, facts.expiresMs]).toEqual([value, true, noDate]);
  }
});
