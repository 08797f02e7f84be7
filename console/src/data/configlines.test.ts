import { expect, test } from "bun:test";
import { configLines, valueText } from "./configlines.ts";

test("each value stands in a line with its place, as config problems name it", () => {
  const config = {
    workers: 2,
    pools: { app: { servers: [{ address: "10.0.0.1:80", weight: 1 }], cache: null, tags: ["a", "b"] } },
    empty: {},
  };
  expect(configLines(config)).toEqual([
    { path: "workers", depth: 0, key: "workers", value: "2" },
    { path: "pools", depth: 0, key: "pools", value: null },
    { path: "pools.app", depth: 1, key: "app", value: null },
    { path: "pools.app.servers", depth: 2, key: "servers", value: null },
    { path: "pools.app.servers[0]", depth: 3, key: "[0]", value: null },
    { path: "pools.app.servers[0].address", depth: 4, key: "address", value: "10.0.0.1:80" },
    { path: "pools.app.servers[0].weight", depth: 4, key: "weight", value: "1" },
    { path: "pools.app.cache", depth: 2, key: "cache", value: "null" },
    { path: "pools.app.tags", depth: 2, key: "tags", value: "[a, b]" },
    { path: "empty", depth: 0, key: "empty", value: "{}" },
  ]);
});

test("a long list stands in lines of its own", () => {
  expect(configLines({ list: [1, 2, 3, 4, 5, 6, 7] })).toHaveLength(8);
});

test("a text that could be read as something else has quotes", () => {
  expect(valueText("plain text")).toBe("plain text");
  expect(valueText("true")).toBe('"true"');
  expect(valueText("10")).toBe('"10"');
  expect(valueText("")).toBe('""');
  expect(valueText("a\nb")).toBe('"a\\nb"');
  expect(valueText(undefined)).toBe("");
});
