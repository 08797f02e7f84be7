import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { Order, patienceMs, pop, push } from "./order.ts";
import type { Recorded } from "./recorded.ts";

function recorded(atMs: number, durationMs: number): Recorded {
  return {
    ...{ atMs, durationMs, client: "192.0.2.1", connection: "", listener: "", method: "GET", target: "/", host: "" },
    ...{ fields: [], status: 200, bytesReceived: 0, bytesSent: 0 },
  };
}

function played(all: readonly Recorded[]): { readonly starts: readonly number[]; readonly late: number } {
  const order = new Order();
  const starts = [...all.flatMap((each) => [...order.take(each)]), ...order.rest()].map(({ atMs }) => atMs);
  return { starts, late: order.late };
}

test("a log in the order of ends is played in the order of beginnings", () => {
  const all = [recorded(50, 10), recorded(0, 100), recorded(90, 20)];
  expect(played(all)).toEqual({ starts: [0, 50, 90], late: 0 });
});

test("one that took longer than others are waited for goes on late, and never back in time", () => {
  const all = [recorded(0, 1), recorded(10, 1), recorded(2 * patienceMs, 1), recorded(5, 3 * patienceMs)];
  expect(played(all)).toEqual({ starts: [0, 10, 10, 2 * patienceMs], late: 1 });
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
