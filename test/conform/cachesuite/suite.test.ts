import { expect, test } from "bun:test";
import { judge, type Played, sum } from "./suite.ts";

const passed = (id: string, ...needs: readonly string[]): Played => ({
  ...{ id, needs, kind: "required", group: "g", result: true },
});
const failed = (id: string, ...needs: readonly string[]): Played => ({
  ...passed(id, ...needs),
  result: ["Assertion", "no"],
});

test("what needs something that is not passed is not passed either, however far away that is", () => {
  const judged = judge([
    passed("a"),
    failed("b"),
    passed("c", "a"),
    passed("d", "a", "b"),
    passed("e", "d"),
    passed("f", "x"),
  ]);
  expect(judged.map(({ id, isPassed, detail }) => [id, isPassed, detail])).toEqual([
    ["a", true, ""],
    ["b", false, "Assertion: no"],
    ["c", true, ""],
    ["d", false, "it needs b"],
    ["e", false, "it needs d"],
    ["f", false, "it needs x"],
  ]);
  expect(sum(judged, "required")).toEqual({ passed: 2, all: 6 });
  expect(sum(judged, "optimal")).toEqual({ passed: 0, all: 0 });
});
