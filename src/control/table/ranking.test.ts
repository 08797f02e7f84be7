import { expect, test } from "bun:test";
import { readColumn } from "../../memory/column.ts";
import { type Field, fieldsOf } from "./query.ts";
import { type Criterion, type Ranked, Ranking, readCriteria } from "./ranking.ts";

const fields = fieldsOf(
  ["gpc0", "http_req_rate(10s)"].map((text) => {
    const column = readColumn(text);
    if (!column.ok) throw new Error(column.message);
    return column.value;
  }),
);

function criteria(text: string): readonly Criterion[] {
  const reading = readCriteria(text, fields, "seen");
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
}

function entry(gpc0: number, rate = 0, uses = 0, expiresMs: number | null = null): Ranked {
  return { uses, expiresMs, value: ({ column }: Field) => (column === 0 ? gpc0 : rate) };
}

test("the largest come first behind a minus, the smallest without one", () => {
  for (const [text, expected] of [
    ["-gpc0", [9, 7, 5]],
    ["gpc0", [1, 3, 5]],
  ] as const) {
    const ranking = new Ranking<number>(criteria(text), 3);
    for (const gpc0 of [5, 1, 9, 3, 7]) ranking.add(entry(gpc0), gpc0);
    expect(ranking.rows()).toEqual([...expected]);
  }
});

test("of those that are equal the next number decides, and then who was met first", () => {
  const ranking = new Ranking<string>(criteria("-http_req_rate, gpc0"), 4);
  ranking.add(entry(2, 50), "a");
  ranking.add(entry(1, 50), "b");
  ranking.add(entry(1, 50), "c");
  ranking.add(entry(0, 10), "d");
  ranking.add(entry(0, 10), "late");
  ranking.add(entry(9, 90), "first");
  expect(ranking.rows()).toEqual(["first", "b", "c", "a"]);
});

test("uses and expires are numbers to sort by too; what never expires is the last to", () => {
  const ranking = new Ranking<string>(criteria("-uses,expires"), 3);
  ranking.add(entry(0, 0, 1, null), "never");
  ranking.add(entry(0, 0, 1, 5), "soon");
  ranking.add(entry(0, 0, 2, 9), "used");
  expect(ranking.rows()).toEqual(["used", "soon", "never"]);
});

test("what does not come before the last that is kept is not wanted", () => {
  const ranking = new Ranking<number>(criteria("-gpc0"), 2);
  expect(ranking.isWanted(entry(0))).toBe(true);
  ranking.add(entry(5), 5);
  ranking.add(entry(3), 3);
  expect([2, 3, 4].map((gpc0) => ranking.isWanted(entry(gpc0)))).toEqual([false, false, true]);
});

test("of many the same are kept as by sorting them all", () => {
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (const most of [1, 2, 7, 100]) {
    const all = Array.from({ length: 1000 }, (_, order) => ({ order, gpc0: next() % 50, rate: next() % 5 }));
    const ranking = new Ranking<(typeof all)[number]>(criteria("-gpc0,http_req_rate"), most);
    for (const each of all) ranking.add(entry(each.gpc0, each.rate), each);
    const sorted = all.toSorted(
      (one, other) => other.gpc0 - one.gpc0 || one.rate - other.rate || one.order - other.order,
    );
    expect(ranking.rows()).toEqual(sorted.slice(0, most));
  }
});

test("what cannot be sorted by is refused with what can", () => {
  const refusal = (text: string): string => {
    const reading = readCriteria(text, fields, "seen");
    return reading.ok ? "" : reading.message;
  };
  expect(refusal("-gpc1")).toContain("table seen does not store");
  expect(refusal("-gpc1")).toContain("uses and expires too");
  expect(refusal("gpc0,,")).toContain("sort is written like -gpc0");
  expect(refusal("gpc0,".repeat(9))).toContain("at most 8");
});
