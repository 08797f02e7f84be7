// The waiting room of a pool: exchanges and streams for which every server is at its connection limit, first come first served,
// bounded in number and in time (who waits keeps the deadline). One whom a server has refused waits for the others, and is not
// in the way of those behind who would go there. The room is served when an exchange or stream of this worker ends, and every
// few milliseconds, since the place may have come free in another worker.

import { poolCell, type Tally } from "../memory/tally.ts";
import type { Attempt } from "./attempt.ts";
import type { PoolSite } from "./site.ts";

export class Queue {
  readonly #pool: PoolSite;
  readonly #cells: Float64Array;
  readonly #waiting: Attempt[] = [];
  #isServing = false;

  constructor(pool: PoolSite, tally: Tally) {
    this.#pool = pool;
    this.#cells = tally.cells;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** False when the room is full. */
  enter(attempt: Attempt): boolean {
    if (this.#waiting.length >= this.#pool.plan.queue.lengthMax) {
      this.#cells[this.#pool.row + poolCell.queueFull]!++;
      return false;
    }
    this.#waiting.push(attempt);
    this.#count(attempt, 1);
    return true;
  }

  /** It gave up, or its client did. */
  leave(attempt: Attempt): void {
    const index = this.#waiting.indexOf(attempt);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    this.#count(attempt, -1);
  }

  /** Let those go on, in order, for which a server can be had now. */
  serve(): void {
    // An attempt that goes on may end at once and come back here through its pool.
    if (this.#isServing) return;
    this.#isServing = true;
    for (let at = 0; at < this.#waiting.length; ) {
      const attempt = this.#waiting[at]!;
      if (attempt.canGoOn()) {
        this.#waiting.splice(at, 1);
        this.#count(attempt, -1);
        attempt.goOn();
        // Whoever would go to any server has found all of them full.
      } else if (attempt.isChoosy) at++;
      else break;
    }
    this.#isServing = false;
  }

  /** Adds to the gauge: after a reload the former plan's room may still have exchanges that count in the same cell. */
  #count(attempt: Attempt, change: number): void {
    this.#cells[this.#pool.row + poolCell.queued]! += change;
    const { waiting } = attempt.context;
    if (this.#waiting.length > 0) waiting.add(this.#pool);
    else waiting.delete(this.#pool);
  }
}
