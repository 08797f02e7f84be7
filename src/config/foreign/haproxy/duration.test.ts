import { expect, test } from "bun:test";
import { durationOf } from "./duration.ts";
import { partsOf } from "./translated.fixture.ts";

test.each([
  ["5", 5, ""],
  ["5us", 1, ""],
  ["5ms", 5, ""],
  ["5s", 5000, ""],
  ["5d", 432_000_000, ""],
  ["5min", 300_000, "in"],
  ["30sec", 30_000, "ec"],
  ["10msx", 10, "x"],
])("%s is a time", (text, ms, rest) => {
  expect(durationOf(text, "ms")).toEqual({ ms, rest });
});

test.each(["5y", "2.5s", "", "s", "-1s", "5 s", "5u"])("%s is none, as in HAProxy", (text) => {
  expect(durationOf(text, "ms")).toBeNull();
});

test("what stands behind the letter of a unit is passed over, and told", () => {
  const { input, told } = partsOf(["timeout client 5min"]);
  expect(input.timeouts).toMatchObject({ tunnel: "30s" });
  expect(input.listeners["web"]?.timeouts ?? input.timeouts).toMatchObject({ read: "5m" });
  expect(told).toEqual(["warning 5min is read as 5m, as HAProxy 2.6 does; later ones refuse it"]);
  expect(partsOf([], ["stick-table type ip size 1k expire 5min store http_req_rate(10sec)"]).told).toEqual([]);
});
