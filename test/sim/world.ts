// Virtual time and chance: the events of a simulated run, in order. Nothing here waits: the clock jumps to the next event.
// Events of the same moment happen in the order in which they were scheduled, so that a seed replays exactly.

import { Prng } from "../../src/base/prng.ts";

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** Something that must hold did not. */
export class Violation extends Error {
  override readonly name = "Violation";
}

export class World {
  nowMs = 1_000;
  /** Of the wall clock, which may be set. */
  wallOffsetMs: number = Date.UTC(2026, 0, 1);
  readonly prng: Prng;
  readonly #heap: Happening[] = [];
  #order = 0;
  /** What happened, for `--trace`. */
  readonly trace: string[] | null;

  constructor(seed: number, isTraced: boolean) {
    this.prng = new Prng(seed);
    this.trace = isTraced ? [] : null;
  }

  get wallMs(): number {
    return this.nowMs + this.wallOffsetMs;
  }

  note(who: string, what: string): void {
    this.trace?.push(`${this.nowMs.toFixed(1).padStart(10)} ${who.padEnd(14)} ${what}`);
  }

  after(delayMs: number, happen: () => void): void {
    const happening = { atMs: this.nowMs + delayMs, order: this.#order++, happen };
    this.#heap.push(happening);
    this.#rise(this.#heap.length - 1);
  }

  /** Let things happen until `isDone`, which is asked before each of them; false when it never was by `limitMs`. */
  run(limitMs: number, isDone: () => boolean): boolean {
    const heap = this.#heap;
    while (heap.length > 0) {
      if (isDone()) return true;
      const next = heap[0]!;
      if (next.atMs > limitMs) return false;
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        this.#sink(0);
      }
      this.nowMs = next.atMs;
      next.happen();
    }
    return isDone();
  }

  chance(probability: number): boolean {
    return this.prng.next() < probability;
  }

  /** Uniform over the integers from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.prng.below(high - low + 1);
  }

  /** Many small numbers and a few large ones, from `low` to `high`. */
  skewed(low: number, high: number): number {
    return Math.floor(low + (high - low) * this.prng.next() ** 3);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.prng.below(choices.length)]!;
  }

  #rise(index: number): void {
    const heap = this.#heap;
    const item = heap[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent]!, item)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = item;
  }

  #sink(index: number): void {
    const heap = this.#heap;
    const item = heap[index]!;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(item, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = item;
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
