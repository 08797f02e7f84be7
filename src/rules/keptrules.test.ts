import { expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { KeptRules } from "./keptrules.ts";

const names = { tables: [] as TablePlan[], lists: [], pools: [{ name: "a" }] };
const request = { phase: "request" } as const;

/** What each of the plans was given, by the order in which it was made. */
function stage() {
  let made = 0;
  const make = (): number => ++made;
  return (kept: KeptRules<number>, ...texts: string[]): number[] => {
    const rules = texts.map((text) => kept.take(request, { text }, make));
    kept.close();
    return rules;
  };
}

test("a rule that the plan before had too is taken from there, wherever it stands now", () => {
  const play = stage();
  const one = new KeptRules<number>(names);
  expect(play(one, "x", "y")).toEqual([1, 2]);
  expect(play(new KeptRules(names, one), "new", "y", "x")).toEqual([3, 2, 1]);
});

test("what a plan has not is forgotten", () => {
  const play = stage();
  const one = new KeptRules<number>(names);
  play(one, "x", "y");
  const two = new KeptRules(names, one);
  play(two, "y");
  expect(play(new KeptRules(names, two), "x", "y")).toEqual([3, 2]);
});

test("in another phase, or where a name leads elsewhere, it is another", () => {
  const play = stage();
  const one = new KeptRules<number>(names);
  play(one, "x");
  expect(new KeptRules(names, one).take({ phase: "response" }, { text: "x" }, () => 9)).toBe(9);
  expect(play(new KeptRules({ ...names, pools: [{ name: "b" }, { name: "a" }] }, one), "x")).toEqual([2]);
});

test("what rules are compiled with stays the same object, so that none of a former plan is kept by them", () => {
  const one = new KeptRules<number>(names);
  const two = new KeptRules({ ...names, pools: [{ name: "a" }] }, one);
  expect(two.scopes).toBe(one.scopes);
  expect(new KeptRules({ ...names, pools: [] }, two).scopes).not.toBe(one.scopes);
});
