import { expect, test } from "bun:test";
import { decimal, LogTimes } from "./logtime.ts";

const times = new LogTimes();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const any = (text: string): number => {
  const bytes = bytesOf(`xx${text}yy`);
  return times.any(bytes, 2, bytes.length - 2);
};

test("times are read as nginx writes them", () => {
  const ms = Date.UTC(2026, 10, 22, 9, 6, 3);
  expect(any("22/Nov/2026:09:06:03 +0000")).toBe(ms);
  expect(any("22/Nov/2026:11:36:03 +0230")).toBe(ms);
  expect(any("21/Nov/2026:23:06:03 -1000")).toBe(ms);
  expect(any("2026-11-22T09:06:03+00:00")).toBe(ms);
  expect(any("2026-11-22T10:06:03+01:00")).toBe(ms);
  expect(any("2026-11-22T10:06:03+0100")).toBe(ms);
  expect(any("2026-11-22T09:06:03Z")).toBe(ms);
  expect(any("2026-11-22T09:06:03.25Z")).toBe(ms + 250);
  expect(any("2026-11-22 09:06:03.123456+00:00")).toBe(ms + 123);
  expect(any(`${ms / 1000}.123`)).toBe(ms + 123);
  expect(any(`${ms / 1000}`)).toBe(ms);
  expect(any(`${ms + 7}`)).toBe(ms + 7);
});

test("the same time again, and another after it, are told apart", () => {
  const at = (second: number): number => any(`22/Nov/2026:09:06:0${second} +0000`);
  expect([at(1), at(1), at(2), at(1)].map((ms) => ms % 60_000)).toEqual([1000, 1000, 2000, 1000]);
  expect(any("22/Nov/2026:09:06:01 +0100")).toBe(at(1) - 3_600_000);
});

test("the second that is put in now and then is the next one", () => {
  expect(any("31/Dec/2016:23:59:60 +0000")).toBe(Date.UTC(2017, 0, 1));
});

test("what is no time is none", () => {
  for (const text of [
    "",
    "-",
    "31/Feb/2026:09:06:03 +0000",
    "00/Nov/2026:09:06:03 +0000",
    "22/Nox/2026:09:06:03 +0000",
    "22/anF/2026:09:06:03 +0000",
    "22/Nov/2026:24:06:03 +0000",
    "22/Nov/2026:09:60:03 +0000",
    "22/Nov/2026:09:06:03 0000x",
    "22/Nov/2026:09:06:03",
    "2026-13-22T09:06:03Z",
    "2026-11-22T09:06:03",
    "2026-11-22T09:06:03Zx",
    "12.34.56",
    ".5",
    "yesterday",
  ])
    expect([text, any(text)]).toEqual([text, Number.NaN]);
});

test("numbers have digits and one point at most", () => {
  const of = (text: string): number => decimal(bytesOf(text), 0, text.length);
  expect([of("0"), of("12"), of("0.004"), of("60.000")]).toEqual([0, 12, 0.004, 60]);
  for (const text of ["", "-", "1.", ".1", "1,2", "0.1, 0.2", "123456789012345678"]) expect(of(text)).toBeNaN();
});
