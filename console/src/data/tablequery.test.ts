import { expect, test } from "bun:test";
import { askPath, isCondition, usualSort, valueText } from "./tablequery.ts";

test("those that are fastest come first where the table stores a rate, else those with most of the first column", () => {
  expect(usualSort({ store: ["http_req_cnt", "http_req_rate(10s)"] })).toBe("-http_req_rate(10s)");
  expect(usualSort({ store: ["gpc0", "conn_cnt"] })).toBe("-gpc0");
});

test("a table with nothing but arrays has no order of its own", () => {
  expect(usualSort({ store: ["gpc(3)"] })).toBe("");
  expect(usualSort({ store: [] })).toBe("");
  expect(usualSort({ store: ["gpc_rate(2,10s)", "gpt0"] })).toBe("-gpt0");
});

test("what is searched for is a part of a key, or a condition where it compares something", () => {
  expect(isCondition("10.0")).toBe(false);
  expect(askPath("c", { find: " 10.0 ", sort: "", limit: 5, cursor: "" })).toBe("/api/v1/tables/c?limit=5&find=10.0");
  expect(askPath("a b", { find: "gpc0 > 1", sort: "-gpc0", limit: 5, cursor: "7" })).toBe(
    "/api/v1/tables/a%20b?limit=5&where=gpc0+%3E+1&sort=-gpc0&cursor=7",
  );
});

test("bytes are told in their units, all else as a number", () => {
  expect(valueText("bytes_out_cnt", 1_500_000)).toBe("1.50 MB");
  expect(valueText("gpc0", 1_500_000)).toBe("1.50M");
});
