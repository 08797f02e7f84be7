// Idle keep-alive connections to one server, in this worker. The one that was used last is taken first, so that those not
// needed grow old and are closed. A connection that says anything while idle, or closes, is no longer here (upstream.ts).

import type { IdlePlan } from "../config/plan.ts";
import { serverCell, type Tally } from "../memory/tally.ts";
import type { Upstream } from "./upstream.ts";

/** Who is asked where these are not the only ones that are bounded: see `configure`. */
export interface IdleRoom {
  /** One more is to stand idle somewhere. False: there is no room. */
  makeRoom(): boolean;
}

export class IdleConnections {
  readonly #stack: Upstream[] = [];
  readonly #cells: Float64Array;
  readonly #cell: number;
  #plan: IdlePlan = { connectionsMax: 0, timeoutMs: 0 };
  #room: IdleRoom | null = null;
  #isClosed = false;

  constructor(tally: Tally, row: number) {
    this.#cells = tally.cells;
    this.#cell = row + serverCell.idle;
  }

  configure(plan: IdlePlan, room: IdleRoom | null = null): void {
    this.#plan = plan;
    this.#room = room;
  }

  get count(): number {
    return this.#stack.length;
  }

  take(): Upstream | undefined {
    const upstream = this.#stack.pop();
    if (upstream !== undefined) this.#cells[this.#cell]!--;
    return upstream;
  }

  /** False when there is no room: the caller closes the connection. */
  put(upstream: Upstream): boolean {
    if (this.#isClosed || this.#stack.length >= this.#plan.connectionsMax) return false;
    // To make room may be to forget these.
    if (this.#room !== null && (!this.#room.makeRoom() || this.#isClosed)) return false;
    this.#stack.push(upstream);
    this.#cells[this.#cell]!++;
    return true;
  }

  remove(upstream: Upstream): void {
    const index = this.#stack.lastIndexOf(upstream);
    if (index === -1) return;
    this.#stack.splice(index, 1);
    this.#cells[this.#cell]!--;
  }

  /** Close those idle for too long; the oldest lie at the bottom. */
  sweep(nowMs: number): void {
    let old = 0;
    while (old < this.#stack.length && this.#stack[old]!.idleSinceMs + this.#plan.timeoutMs <= nowMs) old++;
    this.#closeFirst(old);
  }

  /** False: there is none. */
  closeOldest(): boolean {
    if (this.#stack.length === 0) return false;
    this.#closeFirst(1);
    return true;
  }

  /** The server has left the plan. */
  close(): void {
    this.#isClosed = true;
    this.#closeFirst(this.#stack.length);
  }

  #closeFirst(count: number): void {
    for (const upstream of this.#stack.splice(0, count)) {
      this.#cells[this.#cell]!--;
      upstream.destroy();
    }
  }
}
