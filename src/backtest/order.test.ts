import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { Order, patienceMs, pop, push, stepLines } from "./order.ts";
import type { Recorded } from "./recorded.ts";

function recorded(atMs: number, durationMs: number): Recorded {
  return {
    ...{ atMs, durationMs, client: "192.0.2.1", connection: "", listener: "", method: "GET", target: "/", host: "" },
    ...{ fields: [], status: 200, bytesReceived: 0, bytesSent: 0 },
  };
}

interface Played {
  readonly starts: readonly number[];
  readonly late: number;
  readonly steps: number;
}

function played(all: readonly Recorded[]): Played {
  const order = new Order();
  const starts = [...all.flatMap((each) => [...order.take(each)]), ...order.rest()].map(({ atMs }) => atMs);
  return { starts, late: order.late, steps: order.steps };
}

const minuteMs = 60_000;

/** A request a second from then on. */
function seconds(fromMs: number, count: number): Recorded[] {
  return Array.from({ length: count }, (_, at) => recorded(fromMs + at * 1000, 0));
}

const startsOf = (all: readonly Recorded[]): number[] => all.map(({ atMs }) => atMs);

test("a log in the order of ends is played in the order of beginnings", () => {
  const all = [recorded(50, 10), recorded(0, 100), recorded(90, 20)];
  expect(played(all)).toEqual({ starts: [0, 50, 90], late: 0, steps: 0 });
});

test("one that took longer than others are waited for goes on late, and never back in time", () => {
  const all = [recorded(0, 1), recorded(10, 1), recorded(2 * patienceMs, 1), recorded(5, 3 * patienceMs)];
  expect(played(all)).toEqual({ starts: [0, 10, 10, 2 * patienceMs], late: 1, steps: 0 });
});

test("a log that goes back is played on from there, a second for each second", () => {
  const before = seconds(100 * minuteMs, 300);
  const after = seconds(40 * minuteMs, 300);
  const newest = before.at(-1)!.atMs;
  expect(played([...before, ...after])).toEqual({
    starts: [...startsOf(before), ...after.map((_, at) => newest + at * 1000)],
    ...{ late: 0, steps: 1 },
  });
});

test("a slow log that goes back keeps its pace", () => {
  const every = (fromMs: number): Recorded[] =>
    Array.from({ length: 20 }, (_, at) => recorded(fromMs + at * 3 * minuteMs, 0));
  const { starts, late, steps } = played([...every(500 * minuteMs), ...every(0)]);
  expect([late, steps]).toEqual([0, 1]);
  const pauses = starts.slice(1).map((ms, at) => ms - starts[at]!);
  expect(pauses).toEqual(pauses.map((_, at) => (at === 19 ? 0 : 3 * minuteMs)));
});

test("stragglers go on late, and what follows them when it was", () => {
  const all = seconds(100 * minuteMs, 600);
  const few = Array.from({ length: stepLines - 1 }, (_, at) => recorded(50 * minuteMs + at, 0));
  // Long requests that a restart ended together, in any order.
  const many = Array.from({ length: 40 }, (_, at) => recorded((80 - ((at * 7) % 40)) * minuteMs, 0));
  for (const stragglers of [few, many]) {
    const order = new Order();
    const lines = [...all.slice(0, 300), ...stragglers, ...all.slice(300)];
    const started = [...lines.flatMap((each) => [...order.take(each)]), ...order.rest()];
    expect([order.late, order.steps, started.length]).toEqual([stragglers.length, 0, lines.length]);
    expect(all.every((each) => started.includes(each))).toBe(true);
  }
});

test("a clock that is set back and then right again leaves no offset", () => {
  const [before, wrong, after] = [seconds(100 * minuteMs, 120), seconds(0, 60), seconds(103 * minuteMs, 60)];
  const { starts, late, steps } = played([...before, ...wrong, ...after]);
  expect([late, steps]).toEqual([0, 1]);
  expect(starts.slice(-60)).toEqual(startsOf(after));
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
});

test("of a heap the earliest comes first, whatever went in", () => {
  const prng = new Prng(11);
  for (let round = 0; round < 50; round++) {
    const heap: { atMs: number }[] = [];
    const times = Array.from({ length: prng.below(40) }, () => prng.below(20));
    for (const atMs of times) push(heap, { atMs });
    const out: number[] = [];
    while (heap.length > 0) out.push(pop(heap).atMs);
    expect(out).toEqual(times.sort((a, b) => a - b));
  }
});
