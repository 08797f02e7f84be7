import { expect, test } from "bun:test";
import { History } from "./history.ts";
import { figuresOf } from "./testing.ts";

test("no more seconds are kept than are shown, and each line is as long as time is", () => {
  const history = new History(600);
  for (let second = 1000; second < 2000; second++) history.push(figuresOf(second, { requests: second }));
  expect(history.times.length).toBe(600);
  expect([history.times[0], history.times.at(-1)]).toEqual([1400, 1999]);
  expect(history.line("requests").length).toBe(600);
  expect(history.line("requests").at(-1)).toBe(1999);
});

test("seconds of which nothing was heard are gaps, not zeros", () => {
  const history = new History();
  history.push(figuresOf(100, { requests: 7 }));
  history.push(figuresOf(104, { requests: 9 }));
  expect(history.times).toEqual([100, 101, 102, 103, 104]);
  expect(history.line("requests")).toEqual([7, null, null, null, 9]);
  expect(history.recent("requests", 5)).toEqual([7, 9]);
});

test("a gap longer than what is shown leaves one behind that is as long", () => {
  const history = new History(60);
  history.push(figuresOf(100));
  history.push(figuresOf(10_000));
  expect(history.times.length).toBe(60);
  expect(history.line("requests").filter((value) => value !== null)).toEqual([100]);
});

test("two figures of one second are one, the later", () => {
  const history = new History();
  history.push(figuresOf(100.2, { requests: 1 }));
  history.push(figuresOf(100.4, { requests: 2 }));
  expect(history.line("requests")).toEqual([2]);
});

test("a clock that was set back begins anew", () => {
  const history = new History();
  history.push(figuresOf(5000));
  history.push(figuresOf(100));
  expect(history.times).toEqual([100]);
});

test("a second without requests has no latency, which is no latency of zero", () => {
  const history = new History();
  history.push(figuresOf(1, { latency: null }));
  expect(history.line("p99")).toEqual([null]);
});

test("what was before the first second is filled in by its means, and only that", () => {
  const history = new History(60);
  history.push(figuresOf(1005, { requests: 5 }));
  history.fill(
    [figuresOf(990, { requests: 1 }), figuresOf(1000, { requests: 2 }), figuresOf(1010, { requests: 9 })],
    10,
  );
  expect([history.times[0], history.times.at(-1), history.times.length]).toEqual([981, 1005, 25]);
  const line = history.line("requests");
  expect([line[0], line[9], line[10], line[19], line[20], line[23], line[24]]).toEqual([1, 1, 2, 2, 9, 9, 5]);
  for (let second = 1006; second < 1100; second++) history.push(figuresOf(second));
  expect(history.times.length).toBe(60);
});

test("no more is filled in than is shown, gaps stay gaps, and nothing is nothing", () => {
  const history = new History(20);
  history.push(figuresOf(1000, { requests: 5 }));
  history.fill([figuresOf(900), figuresOf(990, { requests: 1 })], 10);
  expect([history.times[0], history.times.length]).toEqual([981, 20]);
  expect(history.line("requests").slice(9, 20)).toEqual([1, ...Array.from({ length: 9 }, () => null), 5]);
  history.fill([], 10);
  expect(history.times.length).toBe(20);
  const empty = new History();
  empty.fill([figuresOf(100, { requests: 3 })], 10);
  expect(empty.line("requests")).toHaveLength(10);
});

test("a gap is filled in when its means are known, and what was heard of stays", () => {
  const history = new History(60);
  history.push(figuresOf(1002, { requests: 5 }));
  history.push(figuresOf(1006, { requests: 6 }));
  history.fill([figuresOf(1000, { requests: 1 })], 2);
  expect([history.times[0], history.line("requests")]).toEqual([999, [1, 1, null, 5, null, null, null, 6]]);
  history.fill([figuresOf(1004, { requests: 2, latency: null })], 4);
  expect(history.line("requests")).toEqual([1, 1, 2, 5, 2, 2, null, 6]);
  expect(history.line("p99").slice(2, 6)).toEqual([null, 4, null, null]);
});
