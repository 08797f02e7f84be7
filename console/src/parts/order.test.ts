import { describe, expect, test } from "bun:test";
import { compare, finder, held, ordered, sortAfter, sortOf } from "./order.ts";

interface Row {
  readonly key: string;
  readonly value: number | string | null;
}
const keyOf = ({ key }: Row): string => key;
const order = (rows: readonly Row[], isDown: boolean): string =>
  ordered(rows, { sortBy: ({ value }) => value, keyOf, isDown })
    .map(keyOf)
    .join("");

test("rows that are equal stand by their keys, so that they stay where they are from second to second", () => {
  const rows: Row[] = [..."dbca"].map((key) => ({ key, value: 1 }));
  expect(order(rows, false)).toBe("abcd");
  expect(order(rows.toReversed(), true)).toBe("abcd");
});

test("equal rows whose keys have numbers in them stand by those, and keys that only look alike have one order too", () => {
  const keys = ["app/10.0.0.10:80", "app/10.0.0.2:80", "App/10.0.0.2:80"];
  const sorted = (from: readonly string[]): string[] =>
    ordered(
      from.map((key) => ({ key, value: 1 })),
      { sortBy: ({ value }) => value, keyOf, isDown: false },
    ).map(keyOf);
  const wanted = ["App/10.0.0.2:80", "app/10.0.0.2:80", "app/10.0.0.10:80"];
  expect(sorted(keys)).toEqual(wanted);
  expect(sorted(keys.toReversed())).toEqual(wanted);
});

test("what has no value comes last, upwards and downwards", () => {
  const rows: Row[] = [
    { key: "a", value: null },
    { key: "b", value: 2 },
    { key: "c", value: 10 },
  ];
  expect(order(rows, false)).toBe("bca");
  expect(order(rows, true)).toBe("cba");
});

test("names with numbers in them go by those numbers", () => {
  expect(["node-10", "node-9", "Node-1"].sort((a, b) => compare(a, b, false))).toEqual(["Node-1", "node-9", "node-10"]);
});

test("a column's head sorts, and turns the sort around when it is pressed again", () => {
  expect(sortOf("-errors")).toEqual({ column: "errors", isDown: true });
  expect(sortAfter("name", "errors", true)).toBe("-errors");
  expect(sortAfter("-errors", "errors", true)).toBe("errors");
  expect(sortAfter("-errors", "name", false)).toBe("name");
  expect(sortAfter("name", "name", false)).toBe("-name");
});

test("an order that is held keeps its rows in their places; new ones come behind them", () => {
  const rows: Row[] = [..."xcba"].map((key) => ({ key, value: 0 }));
  expect(held(rows, keyOf, ["a", "gone", "b", "c"]).map(keyOf).join("")).toBe("abcx");
});

describe("a search", () => {
  test("wants every word, in any case and anywhere", () => {
    const matches = finder("  App 10.0 ")!;
    expect(matches("s1 app 10.0.0.7")).toBe(true);
    expect(matches("s1 app 10.1.0.7")).toBe(false);
  });

  test("refuses what has a word behind a minus", () => {
    const matches = finder("app -down")!;
    expect(matches("app up")).toBe(true);
    expect(matches("app down")).toBe(false);
  });

  test("for nothing leaves everything", () => {
    expect(finder("   ")).toBeNull();
    expect(finder(" - ")).toBeNull();
  });
});
