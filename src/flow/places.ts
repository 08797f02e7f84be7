// Who keeps connections to a server that bears only so many of them ("maxConnections"), where several workers do: an idle connection
// holds one of its places (balance/backends.ts). So a worker keeps no more than its share (idle.ts), none when somebody in another
// worker waits, and gives up those that it has at its next tick.

import type { PoolPlan } from "../config/plan.ts";
import { type Arena, rowCells, workerOffsets } from "../memory/arena.ts";
import { poolCell } from "../memory/tally.ts";
import type { IdleRoom } from "./idle.ts";
import type { ServerSite } from "./site.ts";

export class Places implements IdleRoom {
  readonly #cells: Float64Array;
  /** In which the other workers count those who wait. */
  readonly #queued: Int32Array;

  constructor(arena: Arena, slot: number, worker: number, workers: number) {
    const cellOf = (at: number): number => workerOffsets(at).pools / 8 + slot * rowCells + poolCell.queued;
    const others = Array.from({ length: workers }, (_, at) => at).filter((at) => at !== worker);
    this.#cells = arena.cells;
    this.#queued = Int32Array.from(others, cellOf);
  }

  makeRoom(): boolean {
    return this.#wanted === 0;
  }

  /** For those who wait elsewhere. Which server they would go to is theirs to say. */
  giveUp(servers: readonly ServerSite[]): void {
    const wanted = this.#wanted;
    if (wanted === 0) return;
    for (const { plan, idle } of servers) {
      if (plan.connectionsMax === 0) continue;
      for (let given = 0; given < wanted && idle.closeOldest(); given++);
    }
  }

  /** How many wait in other workers. */
  get #wanted(): number {
    let sum = 0;
    for (let at = 0; at < this.#queued.length; at++) sum += this.#cells[this.#queued[at]!]!;
    return sum;
  }
}

/** Null where nobody has to be considered. */
export function placesOf(plan: PoolPlan, arena: Arena, worker: number, workers: number): Places | null {
  const isBound = plan.targets === null && plan.servers.some(({ connectionsMax }) => connectionsMax > 0);
  return isBound && workers > 1 ? new Places(arena, plan.slot, worker, workers) : null;
}
