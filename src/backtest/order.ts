// Requests in the order of their beginnings, from a log in the order of their ends: each is kept until nothing that began before it can
// still come, which is after as long as requests may take. One whose line stands further behind goes on late, and is counted. Where many in
// a row are older, the log itself went back (files in another order, a clock that was set): what follows is played as if it went on from
// there, until the log's own time is past that.

import type { Recorded } from "./recorded.ts";

/** What is not over by then began too long ago to be put where it belongs. */
export const patienceMs = 60_000;
/** So many lines in a row are no stragglers; Apache writes the time of the beginning when a long request has ended. */
export const stepLines = 8;

export class Order {
  /** How many began before what had gone on already. */
  late = 0;
  /** How often the log went back by more than requests may take. */
  steps = 0;
  readonly #heap: Recorded[] = [];
  /** Older than anything that is waited for, in a row and in order among themselves: stragglers, or a log that went back. */
  #run: Recorded[] = [];
  #runNewestMs = Number.NEGATIVE_INFINITY;
  /** What is added to the log's times since it went back. */
  #offsetMs = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  #goneMs = Number.NEGATIVE_INFINITY;

  /** Those whose time has come, the next line being this. */
  *take(next: Recorded): Generator<Recorded> {
    const endMs = next.atMs + next.durationMs;
    if (endMs >= this.#newestMs) this.#offsetMs = 0;
    if (endMs + this.#offsetMs < this.#newestMs - patienceMs) this.#suspect(next, endMs);
    else {
      this.#putRun();
      this.#put(next);
    }
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= this.#newestMs - patienceMs) yield this.#pop();
  }

  /** No line follows. */
  *rest(): Generator<Recorded> {
    this.#putRun();
    while (this.#heap.length > 0) yield this.#pop();
  }

  #suspect(next: Recorded, endMs: number): void {
    // Stragglers come in any order, a log goes on in its own.
    if (endMs < this.#runNewestMs - patienceMs) this.#putRun();
    this.#run.push(next);
    this.#runNewestMs = Math.max(this.#runNewestMs, endMs);
    if (this.#run.length < stepLines) return;
    const { atMs, durationMs } = this.#run[0]!;
    this.#offsetMs = this.#newestMs - atMs - durationMs;
    this.steps++;
    this.#putRun();
  }

  #putRun(): void {
    if (this.#run.length === 0) return;
    for (const each of this.#run) this.#put(each);
    this.#run = [];
    this.#runNewestMs = Number.NEGATIVE_INFINITY;
  }

  #put(line: Recorded): void {
    const next = this.#offsetMs === 0 ? line : { ...line, atMs: line.atMs + this.#offsetMs };
    push(this.#heap, next);
    this.#newestMs = Math.max(this.#newestMs, next.atMs + next.durationMs);
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
