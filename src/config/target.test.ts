import { expect, test } from "bun:test";
import { columnsOf, readTarget, tableTerm, usualMark } from "./target.ts";

const columns = columnsOf({
  marked: { store: ["gpc0"] },
  "a-b": { store: ["gpt(2)", "nonsense"] },
  src: { store: [] },
});
const shown = (text: string): (string | null)[] => {
  const { table, entry, column } = readTarget(text, columns);
  return [table, entry, column];
};

test("a table alone, or with a counter, is its entry of src", () => {
  expect(shown("marked")).toEqual(["marked", "marked[src]", null]);
  expect(shown("a-b.gpt[1]")).toEqual(["a-b", 'tables["a-b"][src]', "gpt[1]"]);
  expect(readTarget("marked", columns, "peer").entry).toBe("marked[peer]");
});

test("what is written out is taken apart at its last bracket", () => {
  expect(shown(" marked[headers['x.y']] ")).toEqual(["marked", "marked[headers['x.y']]", null]);
  expect(shown("marked[src].gpc0")).toEqual(["marked", "marked[src]", "gpc0"]);
  expect(shown("tables['a-b'][src].gpt[1]")).toEqual(["a-b", "tables['a-b'][src]", "gpt[1]"]);
  expect(shown("tracked[0].gpc1")).toEqual([null, "tracked[0]", "gpc1"]);
  expect(shown("other[src]")).toEqual([null, "other[src]", null]);
  expect(shown("1 + 2")).toEqual([null, "1 + 2", null]);
});

test("a table that has a field's name is written out", () => {
  expect([tableTerm("marked"), tableTerm("src"), tableTerm("in"), tableTerm("limit:web/a")]).toEqual([
    "marked",
    'tables["src"]',
    'tables["in"]',
    'tables["limit:web/a"]',
  ]);
});

test("a counter marks before a tag does", () => {
  expect(usualMark(columns.get("marked")!)).toBe("gpc0");
  expect(usualMark(columns.get("a-b")!)).toBe("gpt0");
  expect(usualMark(columns.get("src")!)).toBeNull();
});
