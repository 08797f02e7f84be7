// Requests in the order of their beginnings, from a log in the order of their ends: each is kept until nothing that began before it can
// still come, which is after as long as requests may take. One that took longer goes on late, and is counted.

import type { Recorded } from "./recorded.ts";

/** What is not over by then began too long ago to be put where it belongs. */
export const patienceMs = 60_000;

export class Order {
  /** How many began before what had gone on already. */
  late = 0;
  readonly #heap: Recorded[] = [];
  #newestMs = Number.NEGATIVE_INFINITY;
  #goneMs = Number.NEGATIVE_INFINITY;

  /** Those whose time has come, the next line being this. */
  *take(next: Recorded): Generator<Recorded> {
    push(this.#heap, next);
    this.#newestMs = Math.max(this.#newestMs, next.atMs + next.durationMs);
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= this.#newestMs - patienceMs) yield this.#pop();
  }

  /** No line follows. */
  *rest(): Generator<Recorded> {
    while (this.#heap.length > 0) yield this.#pop();
  }

  #pop(): Recorded {
    const first = pop(this.#heap);
    if (first.atMs >= this.#goneMs) {
      this.#goneMs = first.atMs;
      return first;
    }
    this.late++;
    return { ...first, atMs: this.#goneMs };
  }
}

interface Timed {
  readonly atMs: number;
}

/** A binary heap, the earliest first. */
export function push<T extends Timed>(heap: T[], item: T): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (heap[above]!.atMs <= item.atMs) break;
    heap[at] = heap[above]!;
    at = above;
  }
  heap[at] = item;
}

/** Of a heap that is not empty. */
export function pop<T extends Timed>(heap: T[]): T {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = at * 2 + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && heap[below + 1]!.atMs < heap[below]!.atMs) below++;
    if (heap[below]!.atMs >= last.atMs) break;
    heap[at] = heap[below]!;
    at = below;
  }
  heap[at] = last;
  return first;
}
