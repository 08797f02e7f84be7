// Who keeps connections to a server that bears only so many ("maxConnections"), where several workers do. The limit is one of exchanges
// under way (balance/backends.ts), and what a worker keeps for later comes on top of it: a server that serves each connection by a process
// of its own would leave another worker's request waiting behind it. So what is too many, beside what is under way, is given up at the
// next tick; not sooner, for most servers do not mind, and a server under load would be dialed for each request.

import type { ServerPlan } from "../config/plan.ts";
import { type Arena, rowCells, workerOffsets } from "../memory/arena.ts";
import { poolCell, serverCell } from "../memory/tally.ts";
import type { IdleConnections, IdleRoom } from "./idle.ts";
import type { Pinned } from "./pinned.ts";

export class Places implements IdleRoom {
  readonly #max: number;
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  /** In which each worker counts what is under way, and what stands idle. */
  readonly #active: Int32Array;
  readonly #idle: Int32Array;
  /** In which this worker counts those who wait for one of the pool's servers. */
  readonly #queued: number;

  constructor(arena: Arena, server: ServerPlan, poolSlot: number, worker: number, workers: number) {
    const { slot, connectionsMax } = server;
    const blocks = Array.from({ length: workers }, (_, at) => workerOffsets(at));
    this.#max = connectionsMax;
    this.#words = arena.words;
    this.#cells = arena.cells;
    this.#active = Int32Array.from(blocks, (block) => block.active / 4 + slot);
    this.#idle = Int32Array.from(blocks, (block) => block.servers / 8 + slot * rowCells + serverCell.idle);
    this.#queued = workerOffsets(worker).pools / 8 + poolSlot * rowCells + poolCell.queued;
  }

  makeRoom(): boolean {
    // Of one place nothing is kept, but for one who waits here: the next request may come to another worker, and would wait for the tick.
    return this.#max > 1 || this.#cells[this.#queued]! > 0;
  }

  /** Said at each tick. Two that do so at once give up one too many, which costs a connection and no more. */
  giveUp(idle: IdleConnections, pinned: Pinned): void {
    if (idle.count === 0 && pinned.count === 0) return;
    // Who has to log in again for it loses more than who has another dialed.
    for (let over = this.#over; over > 0 && (idle.closeOldest() || pinned.closeOldest(idle)); over--);
  }

  /** How many connections there are too many; negative while places are free. */
  get #over(): number {
    let sum = -this.#max;
    for (let at = 0; at < this.#active.length; at++)
      sum += this.#words[this.#active[at]!]! + this.#cells[this.#idle[at]!]!;
    return sum;
  }
}
