import { afterEach, describe, expect, test } from "bun:test";
import {
  ago,
  anyServer,
  bytes,
  clock,
  count,
  dateTime,
  iso,
  plural,
  serverTitle,
  share,
  span,
  took,
  whole,
  zone,
} from "./format.ts";

test("numbers have three digits that say something, and no decimals that do not", () => {
  const pairs: [number, string][] = [
    [0, "0"],
    [0.4, "0.40"],
    [0.949, "0.95"],
    [0.96, "1"],
    [3, "3"],
    [3.456, "3.5"],
    [9.96, "10"],
    [33.97, "34"],
    [1234, "1,234"],
    [9999.6, "10,000"],
    [45_678, "45.7k"],
    [999_499, "999k"],
    [999_501, "1.00M"],
    [1_234_567, "1.23M"],
    [2.5e9, "2.50G"],
    [-12_345, "-12.3k"],
  ];
  for (const [value, text] of pairs) expect([value, count(value)]).toEqual([value, text]);
});

test("what is not known is a dash, and never a zero", () => {
  for (const text of [count, bytes, took, share]) {
    expect(text(null)).toBe("–");
    expect(text(undefined)).toBe("–");
    expect(text(Number.NaN)).toBe("–");
  }
  expect(clock("soon")).toBe("–");
  expect(dateTime("")).toBe("–");
  expect(iso("")).toBe("–");
  expect(ago("never", 0)).toBe("–");
});

test("bytes go by thousands, and change their unit before they have four digits", () => {
  expect([0, 512, 999, 1000, 1536, 999_499, 999_600, 5e9, 3e18].map(bytes)).toEqual([
    ...["0 B", "512 B", "999 B", "1.00 kB", "1.54 kB", "999 kB", "1.00 MB", "5.00 GB", "3000 PB"],
  ]);
});

test("times go from microseconds to days", () => {
  expect([0, 0.04, 0.42, 1, 12.34, 123.4, 999.6, 1234, 59_900, 65_000, 3_720_000].map(took)).toEqual([
    ...[
      "0 ms",
      "0.04 ms",
      "0.42 ms",
      "1.00 ms",
      "12.3 ms",
      "123 ms",
      "1.00 s",
      "1.23 s",
      "59.9 s",
      "1 min 5 s",
      "1 h 2 min",
    ],
  ]);
  expect(span(0)).toBe("0 s");
  expect(span(86_400_000 * 4 + 7_200_000)).toBe("4 d 2 h");
  expect(span(3_600_000)).toBe("1 h");
});

test("how long ago is told as exactly as somebody would say it", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");
  const before = (ms: number): string => ago(new Date(now - ms).toISOString(), now);
  expect([200, 42_000, 5 * 60_000 + 17_000, 3 * 3_600_000 + 20 * 60_000, 4.9 * 86_400_000].map(before)).toEqual([
    ...["now", "42 s ago", "5 min ago", "3 h 20 min ago", "4 d ago"],
  ]);
});

describe("shares", () => {
  test("are percents, with as many digits as they need", () => {
    expect([0, 0.000_01, 0.0003, 0.0421, 0.5, 0.995, 1].map(share)).toEqual([
      ...["0%", "<0.01%", "0.03%", "4.2%", "50%", "99.5%", "100%"],
    ]);
  });

  test("that are nearly all are not called all", () => {
    expect(share(0.9999)).toBe(">99.9%");
  });
});

test("counted things have every digit, and their plural", () => {
  expect(whole(12_345_678)).toBe("12,345,678");
  expect([plural(1, "server"), plural(0, "server"), plural(2, "entry", "entries")]).toEqual([
    "1 server",
    "0 servers",
    "2 entries",
  ]);
});

test("times of day are those where the browser is", () => {
  const at = new Date(2026, 10, 22, 3, 4, 5, 67);
  expect(clock(at.toISOString())).toBe("03:04:05");
  expect(clock(at.getTime(), true)).toBe("03:04:05.067");
  expect(dateTime(at.toISOString())).toBe(`2026-11-22 03:04:05 ${zone(at.getTime())}`);
});

describe("the zone of a time is named with it", () => {
  const former = process.env["TZ"];
  afterEach(() => {
    process.env["TZ"] = former ?? "UTC";
  });

  test.each([
    ["UTC", "2026-11-22 03:04:05 UTC", "2026-11-22T03:04:05+00:00"],
    ["Europe/Berlin", "2026-11-22 04:04:05 UTC+1", "2026-11-22T04:04:05+01:00"],
    ["Asia/Kolkata", "2026-11-22 08:34:05 UTC+5:30", "2026-11-22T08:34:05+05:30"],
    ["America/St_Johns", "2026-11-21 23:34:05 UTC-3:30", "2026-11-21T23:34:05-03:30"],
  ])("in %s", (name, text, whole) => {
    process.env["TZ"] = name;
    expect(dateTime("2026-11-22T03:04:05.999Z")).toBe(text);
    expect(iso("2026-11-22T03:04:05.999Z")).toBe(whole);
  });

  test("as it is at that time, and not as it is now", () => {
    process.env["TZ"] = "Europe/Berlin";
    expect([zone("2026-01-10T12:00:00Z"), zone("2026-07-10T12:00:00Z")]).toEqual(["UTC+1", "UTC+2"]);
  });
});

test("the server that stands for all targets is called so, and others by their names", () => {
  expect([serverTitle(anyServer), serverTitle("10.0.0.1:80")]).toEqual(["any target", "10.0.0.1:80"]);
});
