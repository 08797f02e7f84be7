import { describe, expect, test } from "bun:test";
import { TimerWheel, tickMs, type WheelNode } from "./timerwheel.ts";

class Node implements WheelNode {
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  readonly calls: number[] = [];
  readonly #then: (nowMs: number) => void;

  constructor(then: (nowMs: number) => void = () => {}) {
    this.#then = then;
  }

  ticked(nowMs: number): void {
    this.calls.push(nowMs);
    this.#then(nowMs);
  }
}

/** Advance in steps of one tick and a bit, as a driver whose timer is a little late would. */
function walk(wheel: TimerWheel, fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += tickMs + 1) wheel.advance(nowMs);
  wheel.advance(toMs);
}

describe("a timer wheel", () => {
  test("calls a node once, at or after its deadline, at most one tick late", () => {
    for (const deadlineMs of [1, 63, 64, 65, 1000, 65_535, 65_536, 65_537, 200_000]) {
      const wheel = new TimerWheel(0);
      const node = new Node();
      wheel.set(node, deadlineMs);
      for (let nowMs = 0; nowMs <= deadlineMs + 2 * tickMs; nowMs++) wheel.advance(nowMs);
      expect(node.calls).toHaveLength(1);
      expect(node.calls[0]).toBeGreaterThanOrEqual(deadlineMs);
      expect(node.calls[0]).toBeLessThan(deadlineMs + tickMs);
      expect(wheel.size).toBe(0);
    }
  });

  test("does not touch the list when a deadline moves later", () => {
    const wheel = new TimerWheel(0);
    const node = new Node();
    wheel.set(node, 1000);
    const slot = node.wheelSlot;
    for (let deadlineMs = 1001; deadlineMs < 50_000; deadlineMs += 7) wheel.set(node, deadlineMs);
    expect(node.wheelSlot).toBe(slot);
    walk(wheel, 0, 49_000);
    expect(node.calls).toEqual([]);
    walk(wheel, 49_000, 51_000);
    expect(node.calls).toHaveLength(1);
  });

  test("moves a node at once when its deadline moves earlier", () => {
    const wheel = new TimerWheel(0);
    const node = new Node();
    wheel.set(node, 60_000);
    wheel.set(node, 100);
    walk(wheel, 0, 200);
    expect(node.calls).toHaveLength(1);
    walk(wheel, 200, 70_000);
    expect(node.calls).toHaveLength(1);
  });

  test("drops a node whose deadline was set to never, and takes it again later", () => {
    const wheel = new TimerWheel(0);
    const node = new Node();
    wheel.set(node, 500);
    wheel.set(node, 0);
    walk(wheel, 0, 1000);
    expect(node.calls).toEqual([]);
    expect(wheel.size).toBe(0);
    wheel.set(node, 1500);
    walk(wheel, 1000, 2000);
    expect(node.calls).toHaveLength(1);
  });

  test("calls everything that is due, and only that, when the clock jumps", () => {
    for (const jumpMs of [10_000, 65_536, 66_000, 10_000_000]) {
      const wheel = new TimerWheel(5);
      const early = Array.from({ length: 50 }, () => new Node());
      const late = Array.from({ length: 50 }, () => new Node());
      early.forEach((node, index) => {
        wheel.set(node, 5 + (index * (jumpMs - tickMs)) / 50);
      });
      late.forEach((node, index) => {
        wheel.set(node, jumpMs + 1 + index * 1000);
      });
      wheel.advance(jumpMs);
      expect(early.map((node) => node.calls)).toEqual(early.map(() => [jumpMs]));
      expect(late.map((node) => node.calls)).toEqual(late.map(() => []));
      walk(wheel, jumpMs, jumpMs + 60_000);
      expect(late.map((node) => node.calls.length)).toEqual(late.map(() => 1));
    }
  });

  test("goes on as if nothing had happened when the clock goes back", () => {
    const wheel = new TimerWheel(10_000);
    const node = new Node();
    wheel.set(node, 10_500);
    wheel.advance(2000);
    expect(node.calls).toEqual([]);
    wheel.advance(10_600);
    expect(node.calls).toEqual([10_600]);
  });

  test("calls a node that sets itself into the past again at the next advance, not in the same one", () => {
    const wheel = new TimerWheel(0);
    const node: Node = new Node(() => wheel.set(node, 1));
    wheel.set(node, 1);
    wheel.advance(100_000);
    expect(node.calls).toEqual([100_000]);
    wheel.advance(100_100);
    expect(node.calls).toEqual([100_000, 100_100]);
  });

  test("does not call a neighbour that the call before it removed", () => {
    const wheel = new TimerWheel(0);
    const nodes: Node[] = Array.from(
      { length: 5 },
      (_, index) =>
        new Node(() => {
          for (const node of nodes.slice(index + 1)) wheel.remove(node);
        }),
    );
    for (const node of nodes) wheel.set(node, 100);
    wheel.advance(1000);
    expect(nodes.map((node) => node.calls.length)).toEqual([1, 0, 0, 0, 0]);
    expect(wheel.size).toBe(0);
  });

  test("calls the rest at the next advance when a call throws", () => {
    const wheel = new TimerWheel(0);
    const thrower = new Node(() => {
      throw new Error("on purpose");
    });
    const other = new Node();
    wheel.set(thrower, 100);
    wheel.set(other, 100);
    expect(() => wheel.advance(1000)).toThrow("on purpose");
    wheel.advance(1100);
    expect(thrower.calls).toEqual([1000]);
    expect(other.calls).toEqual([1100]);
  });

  test("refuses to be advanced from inside a call", () => {
    const wheel = new TimerWheel(0);
    const node = new Node((nowMs) => wheel.advance(nowMs + 1000));
    wheel.set(node, 100);
    expect(() => wheel.advance(1000)).toThrow("inside ticked");
  });
});

/** mulberry32: a seed replays a run. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The wheel and a naive list of deadlines are told the same; calls may change other nodes. */
class Twin {
  readonly #random: () => number;
  readonly #wheel = new TimerWheel(0);
  readonly #deadlines: number[];
  readonly #nodes: Node[];
  /** A deadline in the past counts from when it was set. */
  readonly #dueMs: number[] = [];
  #nowMs = 0;
  calls = 0;

  constructor(seed: number, count: number) {
    this.#random = generator(seed);
    this.#deadlines = Array.from({ length: count }, () => 0);
    this.#nodes = this.#deadlines.map((_, index) => new Node(() => this.#called(index)));
  }

  step(): void {
    if (this.#random() < 0.7) this.#change();
    else this.#advance(this.#random() < 0.02 ? this.#random() * 300_000 : this.#random() * 300);
  }

  #change(): void {
    const index = Math.floor(this.#random() * this.#nodes.length);
    const what = this.#random();
    if (what < 0.15) {
      this.#wheel.remove(this.#nodes[index]!);
      this.#deadlines[index] = 0;
    } else {
      const span = this.#random() < 0.1 ? 400_000 : 5000;
      const deadlineMs = what < 0.25 ? 0 : Math.max(1, this.#nowMs - 200 + this.#random() * span);
      this.#wheel.set(this.#nodes[index]!, deadlineMs);
      this.#deadlines[index] = deadlineMs;
      this.#dueMs[index] = Math.max(deadlineMs, this.#nowMs);
    }
  }

  #called(index: number): void {
    this.calls++;
    expect(this.#deadlines[index]).toBeGreaterThan(0);
    expect(this.#deadlines[index]).toBeLessThanOrEqual(this.#nowMs);
    this.#deadlines[index] = 0;
    while (this.#random() < 0.5) this.#change();
  }

  #advance(byMs: number): void {
    this.#nowMs += byMs;
    this.#wheel.advance(this.#nowMs);
    const wholeTicksMs = Math.floor(this.#nowMs / tickMs) * tickMs;
    this.#deadlines.forEach((deadlineMs, index) => {
      if (deadlineMs !== 0 && this.#dueMs[index]! < wholeTicksMs)
        throw new Error(`node ${index} is due since ${deadlineMs}, now ${this.#nowMs}`);
    });
  }
}

test("a wheel calls what a naive list of deadlines would, whatever is changed inside the calls", () => {
  let calls = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const twin = new Twin(seed, 1 + (seed % 40));
    for (let step = 0; step < 1500; step++) twin.step();
    calls += twin.calls;
  }
  expect(calls).toBeGreaterThan(5000);
});
