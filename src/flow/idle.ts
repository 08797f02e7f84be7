// Idle keep-alive connections to one server, in this worker. The one that was used last is taken first, so that those not
// needed grow old and are closed. A connection that says anything while idle, or closes, is no longer here (upstream.ts).

import type { IdlePlan, PoolPlan, ServerPlan } from "../config/plan.ts";
import { serverCell, type Tally } from "../memory/tally.ts";
import type { Upstream } from "./upstream.ts";

/** To all targets of a forward proxy, and as many by each egress pool: each is a descriptor that a client cannot have. */
export const targetsIdleMax: number = 4096;

/** Who is asked where these are not the only ones that are bounded. */
export interface IdleRoom {
  /** One more is to stand idle somewhere. False: there is no room. */
  makeRoom(): boolean;
}

/** What the idle connections to many places have in common: where they count, how many may be, who is asked for room. */
export class IdleHouse {
  readonly cells: Float64Array;
  /** The server's, in the tally. */
  readonly row: number;
  plan: IdlePlan = { connectionsMax: 0, timeoutMs: 0 };
  room: IdleRoom | null = null;
  /** Of all that have this house. */
  count = 0;

  constructor(tally: Tally, row: number) {
    this.cells = tally.cells;
    this.row = row;
  }

  /** `room`: where these are not the only ones that are bounded. */
  configure(plan: IdlePlan, room: IdleRoom | null = null): void {
    this.plan = plan;
    this.room = room;
  }
}

/** What may stand idle of a pool's server. A PROXY header has said whose connection it is: it is no one else's. */
export function keptOf({ idle }: PoolPlan, { proxyProtocol }: ServerPlan): IdlePlan {
  return proxyProtocol === 0 ? idle : { ...idle, connectionsMax: 0 };
}

/** There may be thousands of these, of which each comes up once in a while: what is read then is a line of memory (64 bytes) and no more. */
export class IdleConnections {
  /** Of most there is one or none. */
  #newest: Upstream | null = null;
  /** Those below it, the oldest first; null before there were any. */
  #others: Upstream[] | null = null;
  /** Null: the server has left the plan. */
  #house: IdleHouse | null;

  constructor(house: IdleHouse) {
    this.#house = house;
  }

  /** They count there from now on. */
  move(house: IdleHouse): void {
    this.#counted(-this.count);
    if (this.#house !== null) this.#house = house;
    this.#counted(this.count);
  }

  get house(): IdleHouse | null {
    return this.#house;
  }

  get count(): number {
    if (this.#newest === null) return 0;
    return this.#others === null ? 1 : this.#others.length + 1;
  }

  /** What `take` would give. */
  get newest(): Upstream | null {
    return this.#newest;
  }

  /** Null: there is none. */
  take(): Upstream | null {
    const upstream = this.#newest;
    if (upstream === null) return null;
    this.#newest = this.#others === null ? null : (this.#others.pop() ?? null);
    this.#counted(-1);
    return upstream;
  }

  /** False when there is no room: the caller closes the connection. */
  put(upstream: Upstream): boolean {
    const house = this.#house;
    if (house === null || this.count >= house.plan.connectionsMax) return false;
    // To make room may be to forget these.
    if (house.room !== null && (!house.room.makeRoom() || this.#house === null)) return false;
    if (this.#newest !== null) {
      this.#others ??= [];
      this.#others.push(this.#newest);
    }
    this.#newest = upstream;
    this.#counted(1);
    return true;
  }

  remove(upstream: Upstream): void {
    if (upstream === this.#newest) return void this.take();
    const index = this.#others === null ? -1 : this.#others.lastIndexOf(upstream);
    if (index === -1) return;
    this.#others!.splice(index, 1);
    this.#counted(-1);
  }

  /** Close those idle for too long; the oldest lie at the bottom. */
  sweep(nowMs: number): void {
    const house = this.#house;
    if (this.#newest === null || house === null) return;
    const isOld = (upstream: Upstream): boolean => upstream.idleSinceMs + house.plan.timeoutMs <= nowMs;
    const others = this.#others ?? [];
    let old = 0;
    while (old < others.length && isOld(others[old]!)) old++;
    this.#closeFirst(old === others.length && isOld(this.#newest) ? old + 1 : old);
  }

  /** False: there is none. */
  closeOldest(): boolean {
    if (this.#newest === null) return false;
    this.#closeFirst(1);
    return true;
  }

  /** The server has left the plan. */
  close(): void {
    const closing = this.#takeFirst(this.count);
    this.#house = null;
    for (const upstream of closing) upstream.destroy();
  }

  #closeFirst(count: number): void {
    for (const upstream of this.#takeFirst(count)) upstream.destroy();
  }

  /** The oldest first. */
  #takeFirst(count: number): Upstream[] {
    const taken = this.#others === null ? [] : this.#others.splice(0, count);
    this.#counted(-taken.length);
    const newest = taken.length < count ? this.take() : null;
    if (newest !== null) taken.push(newest);
    return taken;
  }

  #counted(by: number): void {
    const house = this.#house;
    if (house === null) return;
    house.cells[house.row + serverCell.idle]! += by;
    house.count += by;
  }
}
