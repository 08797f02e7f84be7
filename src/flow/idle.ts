// Idle keep-alive connections to one server, in this worker. One of them is taken again and again, and of those that are needed besides
// the one that was used last, so that those not needed grow old and are closed. A connection that says anything while idle, or closes, is
// no longer here (upstream.ts).

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

/**
 * There may be thousands of these, of which each comes up once in a while: what is read then is a line of memory (64 bytes) and no more,
 * as long as one connection at a time is enough.
 */
export class IdleConnections {
  /** Taken before all others, and put back here if nobody else stands here. */
  #first: Upstream | null = null;
  /** Those that came back while another stood first, the oldest first; null before there were any. */
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
    return (this.#first === null ? 0 : 1) + (this.#others === null ? 0 : this.#others.length);
  }

  /** What `take` would give, where that can be told at a glance. */
  get first(): Upstream | null {
    return this.#first;
  }

  /** Null: there is none. */
  take(): Upstream | null {
    const first = this.#first;
    if (first === null) return this.#others === null ? null : this.#takeOther(this.#others);
    this.#first = null;
    this.#counted(-1);
    return first;
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
    if (this.#first === null) this.#first = upstream;
    else {
      this.#others ??= [];
      this.#others.push(upstream);
    }
    this.#counted(1);
    return true;
  }

  /** The others are one fewer than there may be in all, so that the first place, where it is free, is there without looking at them. */
  #hasPlace(connectionsMax: number): boolean {
    if (this.#first === null) return connectionsMax > 0;
    return (this.#others === null ? 0 : this.#others.length) < connectionsMax - 1;
  }

  remove(upstream: Upstream): void {
    if (upstream === this.#first) return void this.take();
    const index = this.#others === null ? -1 : this.#others.lastIndexOf(upstream);
    if (index === -1) return;
    this.#others!.splice(index, 1);
    this.#counted(-1);
  }

  /** Close those idle for too long, and the oldest where a new plan has room for fewer. */
  sweep(nowMs: number): void {
    const house = this.#house;
    if (house === null) return;
    const { connectionsMax, timeoutMs } = house.plan;
    const isOld = (upstream: Upstream): boolean => upstream.idleSinceMs + timeoutMs <= nowMs;
    const first = this.#first;
    if (first !== null && (connectionsMax === 0 || isOld(first))) this.#closeFirst(first);
    const others = this.#others;
    if (others === null) return;
    let old = Math.max(0, others.length - Math.max(0, connectionsMax - 1));
    while (old < others.length && isOld(others[old]!)) old++;
    if (old > 0) this.#closeOthers(others, old);
  }

  /** False: there is none. */
  closeOldest(): boolean {
    const first = this.#first;
    const other = this.#others?.[0];
    if (other !== undefined && (first === null || other.idleSinceMs < first.idleSinceMs)) {
      this.#closeOthers(this.#others!, 1);
      return true;
    }
    if (first === null) return false;
    this.#closeFirst(first);
    return true;
  }

  #closeFirst(first: Upstream): void {
    this.#first = null;
    this.#counted(-1);
    first.destroy();
  }

  #closeOthers(others: Upstream[], count: number): void {
    const closing = others.splice(0, count);
    this.#counted(-closing.length);
    for (const upstream of closing) upstream.destroy();
  }

  /** The server has left the plan. */
  close(): void {
    this.#counted(-this.count);
    const closing = this.#others ?? [];
    if (this.#first !== null) closing.push(this.#first);
    this.#house = null;
    this.#first = null;
    this.#others = null;
    for (const upstream of closing) upstream.destroy();
  }

  #counted(by: number): void {
    const house = this.#house;
    if (house === null) return;
    house.cells[house.row + serverCell.idle]! += by;
    house.count += by;
  }
}
