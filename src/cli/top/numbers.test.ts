import { expect, test } from "bun:test";
import { amountText, bar, bytesRate, msText, shareText, sparkline } from "./numbers.ts";

test("amounts have three digits that count", () => {
  expect([0, 0.01, 0.4, 9.94, 9.95, 999.4, 999.5, 1234, 45_600_000, 999_999].map(amountText)).toEqual([
    ...["0", "<0.1", "0.4", "9.9", "10", "999", "1.00k", "1.23k", "45.6M", "1.00M"],
  ]);
});

test("bytes a second, shares and durations", () => {
  expect([0, 500, 1023.6, 3e6, 5e9].map(bytesRate)).toEqual([
    "0 B/s",
    "500 B/s",
    "1.0 KiB/s",
    "2.9 MiB/s",
    "4.7 GiB/s",
  ]);
  expect([0, 0.0001, 0.034, 0.5, 1].map(shareText)).toEqual(["0 %", "<0.1 %", "3.4 %", "50 %", "100 %"]);
  expect([null, 1.26].map(msText)).toEqual(["-", "1.3 ms"]);
});

test("pictures of the last values", () => {
  expect(sparkline([0, 1, 4, 8], 3)).toBe("▁▄█");
  expect(sparkline([0, 0], 5)).toBe("▁▁");
  expect(sparkline([], 5)).toBe("");
  expect([bar(0, 4), bar(0.5, 4), bar(7, 4), bar(-1, 2)]).toEqual(["░░░░", "██░░", "████", "░░"]);
});
