import { expect, test } from "bun:test";
import { figuresOf } from "./testing.ts";
import { cacheLine, cacheTrails, ruleTrails, Trails, take } from "./trails.ts";

test("what a second does not name is absent in it, and what comes later was absent before", () => {
  const trails = new Trails(10, 0);
  trails.push(1, { a: 5 });
  trails.push(2, { b: 7 });
  trails.push(3, { a: 1, b: 2 });
  expect(trails.times).toEqual([1, 2, 3]);
  expect(trails.line("a")).toEqual([5, 0, 1]);
  expect(trails.line("b")).toEqual([0, 7, 2]);
  expect(trails.line("unknown")).toEqual([0, 0, 0]);
});

test("seconds of which nothing was heard are gaps, never zeros", () => {
  const trails = new Trails(10, 0);
  trails.push(1, { a: 5 });
  trails.push(4, { a: 6 });
  expect(trails.times).toEqual([1, 2, 3, 4]);
  expect(trails.line("a")).toEqual([5, null, null, 6]);
});

test("no more seconds are kept than asked for, and no name that has told nothing for so long", () => {
  const trails = new Trails(3, 0);
  trails.push(1, { gone: 1 });
  for (let second = 2; second <= 5; second++) trails.push(second, { a: second });
  expect(trails.times).toEqual([3, 4, 5]);
  expect(trails.line("a")).toEqual([3, 4, 5]);
  expect(trails.line("gone")).toEqual([0, 0, 0]);
});

test("a second that is told twice counts once; a clock that was set back begins anew", () => {
  const trails = new Trails(10, null);
  trails.push(100, { a: 1 });
  trails.push(100, { a: 2 });
  expect(trails.line("a")).toEqual([1]);
  trails.push(50, { a: 3 });
  expect(trails.times).toEqual([50]);
  expect(trails.line("a")).toEqual([3]);
});

test("figures leave what caches and rules did", () => {
  const cache = { name: "main", hits: 8, misses: 2, hitRatio: 0.8, entries: 1, bytes: 5, bytesMax: 10 };
  take(figuresOf(1000, { caches: [cache], rules: [{ id: "listeners.web.rules[0]", hits: 3 }] }));
  take(figuresOf(1001, { caches: [{ ...cache, hits: 0, misses: 0, hitRatio: null }] }));
  expect(cacheTrails.line(cacheLine("main", "ratio"))).toEqual([0.8, null]);
  expect(cacheTrails.line(cacheLine("main", "fill"))).toEqual([0.5, 0.5]);
  expect(ruleTrails.line("listeners.web.rules[0]")).toEqual([3, 0]);
});
