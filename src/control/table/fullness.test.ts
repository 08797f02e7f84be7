import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { openLog } from "../log.ts";
import { Fullness } from "./fullness.ts";

const plan: TablePlan = {
  name: "marked",
  key: { kind: "integer" },
  entriesMax: 100,
  expireMs: 0,
  isEvicting: true,
  share: null,
  store: ["gpc0"],
};

function stage() {
  const lines: string[] = [];
  const log = openLog({ level: "debug", format: "json", isColored: false, write: (line) => lines.push(line) });
  const fullness = new Fullness(log);
  /** How many lines there were. */
  const look = (used: number, evictions = 0, refusals = 0): number => {
    fullness.look(plan, { capacity: 100, used, evictions, refusals });
    return lines.splice(0).length;
  };
  return { fullness, look, lines };
}

test("what it has crowded out before it was looked at first does not make a table full", () => {
  const { fullness, look } = stage();
  expect(look(50, 10, 10)).toBe(0);
  expect(fullness.isFull("marked")).toBe(false);
});

test("an entry that had to make room makes it full, below its size too, until it is clearly below", () => {
  const { fullness, look } = stage();
  look(90);
  expect(look(97, 1)).toBe(1);
  expect(look(96, 1)).toBe(0);
  expect(look(95, 5)).toBe(0);
  expect(fullness.isFull("marked")).toBe(true);
  expect(look(94, 5)).toBe(1);
  expect(fullness.isFull("marked")).toBe(false);
});

test("a key that found no room makes it full", () => {
  const { look } = stage();
  look(90);
  expect(look(90, 0, 1)).toBe(1);
});

test("a table that is gone is forgotten, and told anew when it is there again", () => {
  const { fullness, look } = stage();
  expect(look(100)).toBe(1);
  fullness.forget(() => true);
  expect(look(100)).toBe(0);
  fullness.forget(() => false);
  expect(fullness.isFull("marked")).toBe(false);
  expect(look(100)).toBe(1);
});
