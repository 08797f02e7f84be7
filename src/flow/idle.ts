// Idle keep-alive connections to one server, in this worker. The one that was used last is taken first, so that those not
// needed grow old and are closed. A connection that says anything while idle, or closes, is no longer here (upstream.ts).

import type { IdlePlan, PoolPlan, ServerPlan } from "../config/plan.ts";
import { serverCell, type Tally } from "../memory/tally.ts";
import type { Exchange } from "./exchange.ts";
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

/**
 * There may be thousands of these, of which each comes up once in a while: what is read then is a line of memory (64 bytes) and no more,
 * as long as one connection at a time is enough.
 */
export class IdleConnections {
  /** Of most there is one or none. Null while it carries a request, until another comes back. */
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
    return (this.#newest === null ? 0 : 1) + (this.#others === null ? 0 : this.#others.length);
  }

  /** What `take` would give, unless that is one of the others. */
  get newest(): Upstream | null {
    return this.#newest;
  }

  /** Null: there is none. `_exchange`: for whom, which matters to servers that are asked by HTTP/2 only. */
  take(_exchange?: Exchange): Upstream | null {
    const newest = this.#newest;
    if (newest === null) return this.#others === null ? null : this.#takeOther(this.#others);
    // It mostly comes back before another is wanted: until then nobody looks at the others.
    this.#newest = null;
    this.#counted(-1);
    return newest;
  }

  #takeOther(others: Upstream[]): Upstream | null {
    const other = others.pop();
    if (other === undefined) return null;
    this.#counted(-1);
    return other;
  }

  /** False when there is no room: the caller closes the connection. */
  put(upstream: Upstream): boolean {
    const house = this.#house;
    if (house === null || !this.#hasPlace(house.plan.connectionsMax)) return false;
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

  /** The others are one fewer than there may be in all, so that there is a place for the newest without looking at them. */
  #hasPlace(connectionsMax: number): boolean {
    if (this.#newest === null) return connectionsMax > 0;
    return (this.#others === null ? 0 : this.#others.length) < connectionsMax - 1;
  }

  remove(upstream: Upstream): void {
    if (upstream === this.#newest) return void this.take();
    const index = this.#others === null ? -1 : this.#others.lastIndexOf(upstream);
    if (index === -1) return;
    this.#others!.splice(index, 1);
    this.#counted(-1);
  }

  /** Close those idle for too long, and those that a new plan has no room for; the oldest lie at the bottom. */
  sweep(nowMs: number): void {
    const house = this.#house;
    const { count } = this;
    if (count === 0 || house === null) return;
    const { connectionsMax, timeoutMs } = house.plan;
    const isOld = (upstream: Upstream): boolean => upstream.idleSinceMs + timeoutMs <= nowMs;
    const others = this.#others ?? [];
    let old = Math.max(0, Math.min(count - connectionsMax, others.length));
    while (old < others.length && isOld(others[old]!)) old++;
    const isAll = old === others.length && this.#newest !== null && (connectionsMax === 0 || isOld(this.#newest));
    this.#closeFirst(isAll ? old + 1 : old);
  }

  /** False: there is none. */
  closeOldest(): boolean {
    if (this.count === 0) return false;
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
    if (count === 0) return;
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
