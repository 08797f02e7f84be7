import { expect, test } from "bun:test";
import {
  Collecting,
  easyBytes,
  type Heap,
  mostBytes,
  ownHeap,
  pauseMs,
  restMs,
  soonMs,
  stepBytes,
} from "./collecting.ts";

function world(): Heap & { bytes: number; calls: string[] } {
  return {
    bytes: 2 * easyBytes,
    calls: [],
    residentBytes() {
      return this.bytes;
    },
    collectYoung() {
      this.calls.push("young");
    },
    collectAll() {
      this.calls.push("all");
      this.bytes -= stepBytes;
    },
    shrink() {
      this.calls.push("shrink");
    },
  };
}

test("what has grown by a step is collected, once for each step", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.look(0);
  heap.bytes += stepBytes - 1;
  for (let time = 0; time < 3; time++) collecting.look(0);
  expect(heap.calls).toEqual([]);
  heap.bytes += 1;
  for (let time = 0; time < 3; time++) collecting.look(0);
  expect(heap.calls).toEqual(["young"]);
});

test("memory that was given back is counted anew when it is taken again", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.look(0);
  heap.bytes -= 3 * stepBytes;
  collecting.look(0);
  heap.bytes += stepBytes;
  collecting.look(0);
  expect(heap.calls).toEqual(["young"]);
});

test("while there is little of it nobody is hurried, but a plan's is collected all the same", () => {
  const heap = world();
  heap.bytes = easyBytes - 4 * mostBytes;
  const collecting = new Collecting(heap);
  collecting.look(0);
  heap.bytes = easyBytes - 1;
  collecting.look(1000);
  expect(heap.calls).toEqual([]);
  heap.bytes = easyBytes;
  collecting.look(2000);
  expect(heap.calls).toEqual(["all"]);
  heap.bytes = easyBytes - 4 * mostBytes;
  collecting.soon(20_000);
  collecting.look(20_000 + soonMs);
  expect(heap.calls).toEqual(["all", "shrink"]);
});

test("what has grown by more, and is old, is collected with all, but not all the time", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.look(0);
  heap.bytes += stepBytes;
  collecting.look(100);
  heap.bytes += stepBytes;
  collecting.look(200);
  expect(heap.calls).toEqual(["young", "all"]);
  // All that was given back is one step of two.
  heap.bytes += mostBytes;
  collecting.look(200 + pauseMs - 1);
  expect(heap.calls).toEqual(["young", "all", "young"]);
  collecting.look(200 + pauseMs);
  expect(heap.calls).toEqual(["young", "all", "young", "all"]);
});

test("a plan is over soon, and memory is given back once; where one follows the other, now and then", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.soon(5000);
  collecting.look(5000 + soonMs - 1);
  expect(heap.calls).toEqual([]);
  for (let time = 0; time < 3; time++) collecting.look(5000 + soonMs + time);
  expect(heap.calls).toEqual(["shrink"]);
  const sinceMs = 5000 + soonMs;
  for (let nowMs = sinceMs + 100; nowMs < sinceMs + restMs; nowMs += 100) {
    collecting.soon(nowMs);
    collecting.look(nowMs);
  }
  expect(heap.calls).toEqual(["shrink"]);
  collecting.look(sinceMs + restMs);
  collecting.look(sinceMs + 2 * restMs);
  expect(heap.calls).toEqual(["shrink", "shrink"]);
});

test("where it stays large code is dropped too, once in a while and not before there is a plan", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  // As much as all is collected for, and it does not help.
  const grow = (nowMs: number): void => {
    heap.bytes += mostBytes + stepBytes;
    collecting.look(nowMs);
  };
  collecting.look(0);
  grow(1000);
  collecting.soon(2000);
  grow(2500);
  expect(heap.calls).toEqual(["all", "all"]);
  collecting.look(2000 + soonMs);
  collecting.look(2000 + soonMs);
  expect(heap.calls.splice(0)).toEqual(["all", "all", "shrink"]);
  for (let nowMs = 4000; nowMs < 2000 + soonMs + restMs; nowMs += 1000) grow(nowMs);
  expect(heap.calls.splice(0)).toEqual(Array.from({ length: 9 }, () => "all"));
  grow(2000 + soonMs + restMs);
  expect(heap.calls).toEqual(["shrink"]);
  // As much as ever: that is what it needs.
  for (let time = 0; time < 5; time++) collecting.look(20_000 + time * restMs);
  expect(heap.calls).toEqual(["shrink"]);
});

test.each(["collectYoung", "collectAll", "shrink"] as const)(
  "the runtime's own heap does as it is told: %s",
  async (way) => {
    const held = (() => Array.from({ length: 100 }, (_, number) => new WeakRef({ number })))();
    // A reference that was just made, or followed, holds what it leads to until the turn is over.
    await new Promise((resolve) => setImmediate(resolve));
    ownHeap[way]();
    // What waits until nothing runs has been by then.
    await Bun.sleep(0);
    // Whatever looks like an address on the stack keeps one, too.
    expect(held.filter((each) => each.deref() !== undefined).length).toBeLessThan(10);
    expect(ownHeap.residentBytes()).toBeGreaterThan(10_000_000);
  },
);
