import { expect, test } from "bun:test";
import { nowMs } from "../../test/cacheheads.ts";
import { noDate, parseDate } from "./httpdate.ts";

function parse(text: string, now = nowMs): number {
  const bytes = Buffer.from(`"${text}"`, "latin1");
  return parseDate(bytes, 1, bytes.length - 1, now);
}

const nov1994 = Date.UTC(1994, 10, 6, 8, 49, 37);

test("the three forms of RFC 9110 section 5.6.7 say the same", () => {
  expect(parse("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(nov1994);
  expect(parse("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(nov1994);
  expect(parse("Sun Nov  6 08:49:37 1994")).toBe(nov1994);
  expect(parse("Wed Nov 16 08:49:37 1994")).toBe(Date.UTC(1994, 10, 16, 8, 49, 37));
});

test("the runtime writes what is read, on every kind of day", () => {
  for (let day = 0; day < 60_000; day += 29) {
    const timeMs = day * 86_400_000 + ((day * 7919) % 86_400) * 1000;
    expect(parse(new Date(timeMs).toUTCString())).toBe(timeMs);
  }
});

test("letters have no case and UTC is GMT, as RFC 9111 section 4.2 has it", () => {
  for (const text of [
    "SUN, 06 NOV 1994 08:49:37 gmt",
    "sun, 06 nov 1994 08:49:37 UTC",
    "SUNDAY, 06-nov-94 08:49:37 Gmt",
  ])
    expect(parse(text)).toBe(nov1994);
});

test("two digits of a year are at most 50 years ahead", () => {
  const in2033 = Date.UTC(2033, 0, 1);
  expect(parse("Sunday, 06-Nov-83 08:49:37 GMT", in2033)).toBe(Date.UTC(2083, 10, 6, 8, 49, 37));
  expect(parse("Sunday, 06-Nov-84 08:49:37 GMT", in2033)).toBe(Date.UTC(1984, 10, 6, 8, 49, 37));
  expect(parse("Sunday, 06-Nov-05 08:49:37 GMT", Date.UTC(2090, 0, 1))).toBe(Date.UTC(2105, 10, 6, 8, 49, 37));
});

test("a leap day is one only in a leap year, and a leap second is the last of its minute", () => {
  expect(parse("Thu, 29 Feb 2024 00:00:00 GMT")).toBe(Date.UTC(2024, 1, 29));
  for (const year of ["2023", "2100"]) expect(parse(`Thu, 29 Feb ${year} 00:00:00 GMT`)).toBe(noDate);
  expect(parse("Thu, 29 Feb 2000 00:00:00 GMT")).toBe(Date.UTC(2000, 1, 29));
  expect(parse("Sat, 31 Dec 2016 23:59:60 GMT")).toBe(Date.UTC(2016, 11, 31, 23, 59, 59));
});

test("a time before 1970 is its beginning", () => {
  expect(parse("Wed, 01 Jan 1969 00:00:00 GMT")).toBe(0);
  expect(parse("Sat, 01 Jan 0000 00:00:00 GMT")).toBe(0);
});

test("all else is no date", () => {
  for (const text of [
    "",
    "0",
    "-1",
    "now",
    "Sun, 06 Nov 1994 08:49:37 PST",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun 06 Nov 1994 08:49:37 GMT",
    "Sun,  06 Nov 1994 08:49:37 GMT",
    "Sun, 06-Nov-1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08.49.37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nev 1994 08:49:37 GMT",
    "Son, 06 Nov 1994 08:49:37 GMT",
    "Sundae, 06-Nov-94 08:49:37 GMT",
    "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Sun Nov 6 08:49:37 1994",
    "Sun Nov  6 08:49:37 19x4",
    "784111777",
    "Sun, 06 Nov 1994 08:49:37 GXX",
    "Sun, 06 Nov 1994 08:49:37 XMT",
    "Sun, 06 Nov 1994 08:49:37 GMX",
    "Sun, 06 Nov 1994 08:49:37 UTX",
    "Sun, 06 Nov 1994 08:49:37xGMT",
    "Sun,x06 Nov 1994 08:49:37 GMT",
    "Sun, 06xNov 1994 08:49:37 GMT",
    "Sun, 06 Novx1994 08:49:37 GMT",
    "Sun, 06 Nov 1994x08:49:37 GMT",
    "Sunday,x06-Nov-94 08:49:37 GMT",
    "Sunday, 06xNov-94 08:49:37 GMT",
    "Sunday, 06-Novx94 08:49:37 GMT",
    "Sunday, 06-Nov-94x08:49:37 GMT",
    "SunxNov  6 08:49:37 1994",
    "Sun Novx 6 08:49:37 1994",
    "Sun Nov  6x08:49:37 1994",
    "Sun Nov  6 08:49:37x1994",
  ])
    expect([text, parse(text)]).toEqual([text, noDate]);
});
