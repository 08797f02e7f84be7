import { expect, test } from "bun:test";
import { sampleLists, sampleTables } from "./sample.fixture.ts";
import { scopeOf } from "./scope.ts";

test("a scope keeps the order of the plan", () => {
  const scope = scopeOf({ tables: sampleTables, lists: sampleLists, pools: [{ name: "a" }, { name: "b" }] }, "request");
  expect(scope.phase).toBe("request");
  expect(scope.tables.map(({ name }) => name)).toEqual(sampleTables.map(({ name }) => name));
  expect(scope.tables[2]!.columns.map(({ name }) => name)).toEqual(["gpc(3)", "gpt(2)", "http_req_cnt"]);
  expect(scope.pools).toEqual(["a", "b"]);
});

test("a column that cannot be read is none, so that a config under review has a scope too", () => {
  const table = { ...sampleTables[0]!, store: ["gpc0", "gcp1"] };
  const scope = scopeOf({ tables: [table], lists: [], pools: [] }, "connection");
  expect(scope.tables[0]!.columns.map(({ name }) => name)).toEqual(["gpc0"]);
});
