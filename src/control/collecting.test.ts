import { expect, test } from "bun:test";
import { Collecting, type Heap, ownHeap, stepBytes, youngMost } from "./collecting.ts";

function world(): Heap & { bytes: number; calls: string[] } {
  return {
    bytes: 100_000_000,
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
  };
}

test("what has grown by a step is collected, once for each step", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.look();
  heap.bytes += stepBytes - 1;
  for (let time = 0; time < 3; time++) collecting.look();
  expect(heap.calls).toEqual([]);
  heap.bytes += 1;
  for (let time = 0; time < 3; time++) collecting.look();
  expect(heap.calls).toEqual(["young"]);
});

test("memory that was given back is counted anew when it is taken again", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.look();
  heap.bytes -= 3 * stepBytes;
  collecting.look();
  heap.bytes += stepBytes;
  collecting.look();
  expect(heap.calls).toEqual(["young"]);
});

test("now and then all is collected, and at once when it is said", () => {
  const heap = world();
  const collecting = new Collecting(heap);
  collecting.look();
  for (let time = 0; time <= youngMost; time++) {
    heap.bytes += stepBytes;
    collecting.look();
  }
  expect(heap.calls).toEqual([...Array(youngMost).fill("young"), "all"]);
  collecting.all();
  expect(heap.calls.at(-1)).toBe("all");
  heap.bytes += stepBytes;
  collecting.look();
  expect(heap.calls.at(-1)).toBe("young");
});

test.each(["collectYoung", "collectAll"] as const)("the runtime's own heap does as it is told: %s", async (way) => {
  const held = (() => Array.from({ length: 100 }, (_, number) => new WeakRef({ number })))();
  // A reference that was just made, or followed, holds what it leads to until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  ownHeap[way]();
  // Whatever looks like an address on the stack keeps one, too.
  expect(held.filter((each) => each.deref() !== undefined).length).toBeLessThan(10);
  expect(ownHeap.residentBytes()).toBeGreaterThan(10_000_000);
});
