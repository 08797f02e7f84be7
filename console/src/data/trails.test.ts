import { expect, test } from "bun:test";
import { figuresOf } from "./testing.ts";
import { cacheLine, cacheTrails, ruleTrails, Trails, take, takePast } from "./trails.ts";

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

test("what was before is filled in from means, so far back as is kept, and in gaps only", () => {
  const trails = new Trails(8, null);
  trails.push(100, { a: 1 });
  trails.push(103, { a: 4 });
  const means = new Map([
    [94, { a: 7 }],
    [98, { a: 8, b: 2 }],
    [102, { a: 9 }],
  ]);
  trails.fill(means, 2);
  expect(trails.times).toEqual([97, 98, 99, 100, 101, 102, 103]);
  expect(trails.line("a")).toEqual([8, 8, null, 1, 9, 9, 4]);
  expect(trails.line("b")).toEqual([2, 2, null, null, null, null, null]);
  // Told again with the mean that was missing.
  trails.fill(new Map([[99, { a: 5 }]]), 1);
  expect(trails.line("a")).toEqual([8, 8, 5, 1, 9, 9, 4]);
  const empty = new Trails(5, null);
  empty.fill(means, 2);
  expect([empty.times, empty.line("a")]).toEqual([
    [98, 99, 100, 101, 102],
    [8, null, null, 9, 9],
  ]);
});

test("what Sluice remembers of caches is there before the first second of the console", () => {
  const cache = { name: "old", hits: 6, misses: 2, hitRatio: 0.75, entries: 1, bytes: 5, bytesMax: 10 };
  take(figuresOf(5000, { caches: [{ ...cache, hitRatio: 1 }] }));
  takePast({ everySeconds: 10, moments: [figuresOf(4999, { caches: [cache] })] });
  expect(cacheTrails.line(cacheLine("old", "ratio"))).toEqual([...Array.from({ length: 10 }, () => 0.75), 1]);
  takePast({ everySeconds: 10, moments: [] });
  expect(cacheTrails.times.length).toBe(11);
});

test("figures leave what caches and rules did", () => {
  const cache = { name: "main", hits: 8, misses: 2, hitRatio: 0.8, entries: 1, bytes: 5, bytesMax: 10 };
  take(figuresOf(1000, { caches: [cache], rules: [{ id: "listeners.web.rules[0]", hits: 3 }] }));
  take(figuresOf(1001, { caches: [{ ...cache, hits: 0, misses: 0, hitRatio: null }] }));
  expect(cacheTrails.line(cacheLine("main", "ratio"))).toEqual([0.8, null]);
  expect(cacheTrails.line(cacheLine("main", "fill"))).toEqual([0.5, 0.5]);
  expect(ruleTrails.line("listeners.web.rules[0]")).toEqual([3, 0]);
});
