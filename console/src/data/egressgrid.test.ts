import { expect, test } from "bun:test";
import type { MemberSummary } from "../../../src/control/egress/answer.ts";
import { chosen, countsOf, gridOf, looks, memberAt, moved, tagsOf, withUnavailable } from "./egressgrid.ts";

const member = (id: string, state: MemberSummary["state"], more: Partial<MemberSummary> = {}): MemberSummary => ({
  ...{ id, state, door: "source", weight: 1, tags: {}, cause: "none", why: "", since: null, until: null, failures: 0 },
  ...{ level: 0, hostsUnavailable: 0, active: 0, requests: 0, succeeded: 0, failed: 0, unanswered: 0 },
  ...{ bytesUp: 0, bytesDown: 0, used: null },
  ...more,
});

test("squares are as large as fit, few of them not larger than a thumb", () => {
  expect(gridOf(10, 1000, 600, 7)).toMatchObject({ step: 30, columns: 33, rows: 1 });
  const hundreds = gridOf(300, 1000, 200, 7);
  expect(hundreds.rows * hundreds.step).toBeLessThanOrEqual(200);
  expect(hundreds.columns * hundreds.step).toBeLessThanOrEqual(1000);
  expect(hundreds.rows * hundreds.columns).toBeGreaterThanOrEqual(300);
  const thousands = gridOf(10_000, 1100, 700, 7);
  expect(thousands.step).toBe(8);
  expect(thousands.rows * thousands.step).toBeLessThanOrEqual(700);
});

test("where they do not fit they keep a size that can be hit, and the grid is higher than its place", () => {
  const grid = gridOf(10_000, 370, 600, 11);
  expect(grid.step).toBe(11);
  expect(grid.rows * grid.step).toBeGreaterThan(600);
});

test("a place without any width has one column", () => {
  expect(gridOf(3, 0, 0, 7)).toMatchObject({ columns: 1, rows: 3 });
});

test("a point is in the square of a member, or in none", () => {
  const grid = { step: 10, gap: 1, columns: 4, rows: 2 };
  expect(memberAt(grid, 6, 5, 5)).toBe(0);
  expect(memberAt(grid, 6, 39, 9)).toBe(3);
  expect(memberAt(grid, 6, 15, 15)).toBe(5);
  expect(memberAt(grid, 6, 25, 15)).toBe(-1);
  expect(memberAt(grid, 6, 41, 5)).toBe(-1);
  expect(memberAt(grid, 6, 5, -1)).toBe(-1);
});

test("arrows lead from square to square and stay at the border", () => {
  expect(moved(-1, "down", 6, 4)).toBe(0);
  expect(moved(0, "left", 6, 4)).toBe(0);
  expect(moved(0, "down", 6, 4)).toBe(4);
  expect(moved(3, "down", 6, 4)).toBe(3);
  expect(moved(5, "up", 6, 4)).toBe(1);
  expect(moved(0, "right", 0, 4)).toBe(-1);
});

test("those that are unavailable now replace what was known, and who is so no longer is available", () => {
  const all = [member("a", "available", { requests: 7 }), member("b", "banned", { why: "by an operator" })];
  const now = withUnavailable(all, [member("a", "coolingDown")]);
  expect(now.map(({ state }) => state)).toEqual(["coolingDown", "available"]);
  expect(now[1]).toMatchObject({ why: "", until: null });
  expect(withUnavailable(all, [all[1]!])[0]).toBe(all[0]!);
  expect(countsOf(now)).toEqual({ available: 1, coolingDown: 1, trial: 0, banned: 0 });
});

test("members are chosen by state, tag and text", () => {
  const all = [
    member("10.0.0.1", "available", { tags: { country: "de" } }),
    member("10.0.0.2", "banned", { tags: { country: "fr", batch: "a=b" }, why: "by an operator: noisy" }),
  ];
  const ids = (wanted: Partial<Parameters<typeof chosen>[1]>): string[] =>
    chosen(all, { state: "", tag: "", matches: null, ...wanted }).map(({ id }) => id);
  expect(ids({})).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(ids({ state: "unavailable" })).toEqual(["10.0.0.2"]);
  expect(ids({ state: "available" })).toEqual(["10.0.0.1"]);
  expect(ids({ tag: "country=de" })).toEqual(["10.0.0.1"]);
  expect(ids({ tag: "batch=a=b" })).toEqual(["10.0.0.2"]);
  expect(ids({ matches: (text) => text.includes("noisy") })).toEqual(["10.0.0.2"]);
  expect(tagsOf(all)).toEqual(["batch=a=b", "country=de", "country=fr"]);
});

test("no two states look the same without their colours", () => {
  const shapes = Object.values(looks).map(({ shape, ground }) => `${shape} ${ground}`);
  expect(new Set(shapes).size).toBe(shapes.length);
});
