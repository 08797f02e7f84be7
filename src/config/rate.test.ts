import { expect, test } from "bun:test";
import { readRate } from "./rate.ts";

test("a rate is a count over a time, whose number may be left out", () => {
  const rates: [string, number, number, number][] = [
    ["2/s", 2, 1000, 500],
    ["100/m", 100, 60_000, 600],
    ["10/30s", 10, 30_000, 3000],
    ["1 / h", 1, 3_600_000, 3_600_000],
    ["1000/s", 1000, 1000, 1],
    ["3/s", 3, 1000, 333],
    ["5/1m30s", 5, 90_000, 18_000],
  ];
  for (const [text, count, overMs, periodMs] of rates)
    expect(readRate(text)).toEqual({ ok: true, value: { count, overMs, periodMs } });
});

test("what is no rate, lets nothing through, or comes more often than is counted is refused", () => {
  for (const text of ["", "2", "2/", "/s", "2/0s", "0/s", "1001/s", "2/x", "2.5/s", "-1/s", "2/s/s", "1/25d"])
    expect([text, readRate(text).ok]).toEqual([text, false]);
  expect(readRate("5000/s")).toMatchObject({ message: 'must be at most 1000 a second, not "5000/s"' });
});
