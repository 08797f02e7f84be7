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
  /** Of most there is one or none: of many members' connections each list would be a line of memory that is not at hand. */
  #newest: Upstream | null = null;
  /** Those below it, the oldest first. */
  readonly #others: Upstream[] = [];
  #count = 0;
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
    return this.#count;
  }

  /** Null: there is none. */
  take(): Upstream | null {
    const upstream = this.#newest;
    if (upstream === null) return null;
    this.#newest = this.#count === 1 ? null : this.#others.pop()!;
    this.#counted(-1);
    return upstream;
  }

  /** False when there is no room: the caller closes the connection. */
  put(upstream: Upstream): boolean {
    if (this.#isClosed || this.#count >= this.#plan.connectionsMax) return false;
    // To make room may be to forget these.
    if (this.#room !== null && (!this.#room.makeRoom() || this.#isClosed)) return false;
    if (this.#newest !== null) this.#others.push(this.#newest);
    this.#newest = upstream;
    this.#counted(1);
    return true;
  }

  remove(upstream: Upstream): void {
    if (upstream === this.#newest) return void this.take();
    const index = this.#others.lastIndexOf(upstream);
    if (index === -1) return;
    this.#others.splice(index, 1);
    this.#counted(-1);
  }

  /** Close those idle for too long; the oldest lie at the bottom. */
  sweep(nowMs: number): void {
    if (this.#count === 0) return;
    const isOld = (upstream: Upstream): boolean => upstream.idleSinceMs + this.#plan.timeoutMs <= nowMs;
    let old = 0;
    while (old < this.#others.length && isOld(this.#others[old]!)) old++;
    this.#closeFirst(old === this.#others.length && isOld(this.#newest!) ? this.#count : old);
  }

  /** False: there is none. */
  closeOldest(): boolean {
    if (this.#count === 0) return false;
    this.#closeFirst(1);
    return true;
  }

  /** The server has left the plan. */
  close(): void {
    this.#isClosed = true;
    this.#closeFirst(this.#count);
  }

  #closeFirst(count: number): void {
    const closing = this.#others.splice(0, count);
    this.#counted(-closing.length);
    const newest = closing.length < count ? this.take() : null;
    if (newest !== null) closing.push(newest);
    for (const upstream of closing) upstream.destroy();
  }

  #counted(by: number): void {
    this.#count += by;
    this.#cells[this.#cell]! += by;
  }
}
