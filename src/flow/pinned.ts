// Connections to servers that are one client's alone, since a login holds for whatever comes over them (connectionauth.ts). Between
// two requests they stand here and not among the idle ones, so that nobody else is ever given one. They are the client
// connection's: it finds them again, its requests go to their servers before the balancer is asked, and they end with it.
// Whether a pool keeps idle connections does not matter here, or nobody could log in; how long they may stand idle does.

import { serverConnectionsReserved } from "../base/limits.ts";
import type { Tally } from "../memory/tally.ts";
import { serverCell } from "../memory/tally.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { IdleConnections } from "./idle.ts";
import type { Requester } from "./requester.ts";
import type { PoolSite, ServerSite } from "./site.ts";
import type { Upstream } from "./upstream.ts";

/** Of one client connection, which could hold a descriptor for each server that it can name otherwise: the oldest makes room. */
export const pinnedMax = 5;
/** Idle ones of all clients: half of what descriptors are kept for, so that there are some for who has to have another dialed. */
export const pinnedIdleMax: number = serverConnectionsReserved / 2;

interface Pin {
  readonly owner: Requester;
  readonly upstream: Upstream;
  /** First cell of the row that it counts in as idle; -1 while it carries a request. */
  row: number;
}

export class Pinned {
  readonly #cells: Float64Array;
  /** The one that was used last comes last. */
  readonly #pins: Map<Upstream, Pin> = new Map();
  readonly #owners: Map<Requester, Pin[]> = new Map();
  /** Nearly always none: whoever serves a request looks at this first. */
  count = 0;
  #idle = 0;

  constructor(tally: Tally) {
    this.#cells = tally.cells;
  }

  /** It carries a request of the owner's, and will carry nobody else's. */
  pin(owner: Requester, upstream: Upstream): void {
    upstream.pin();
    // Of who asks for nothing more it ends with the exchange. An errand is such a one.
    if (owner.isLast) return;
    const pin: Pin = { owner, upstream, row: -1 };
    const others = this.#owners.get(owner);
    this.#pins.set(upstream, pin);
    this.count++;
    if (others === undefined) return void this.#owners.set(owner, [pin]);
    others.push(pin);
    if (others.length > pinnedMax) this.#closeFirst(others);
  }

  /** The owner's, idle, and to that door; null without. */
  take(owner: Requester, door: IdleConnections): Upstream | null {
    const pin = this.#owners.get(owner)?.find(({ upstream, row }) => row !== -1 && upstream.door === door);
    if (pin === undefined) return null;
    this.#wake(pin);
    return pin.upstream;
  }

  /** Index of the server that an idle one of the owner's leads to, -1 for none. Not for pools of targets, which have one server for all. */
  serverFor(owner: Requester, { servers, targets }: PoolSite): number {
    const pins = this.#owners.get(owner);
    if (pins === undefined || targets !== null) return -1;
    for (let at = pins.length - 1; at >= 0; at--) {
      const { upstream, row } = pins[at]!;
      const index = row === -1 ? -1 : servers.findIndex(({ idle }) => idle === upstream.door);
      if (index !== -1) return index;
    }
    return -1;
  }

  /** It has carried a request. False: its client is gone, or its server, and the caller closes it. */
  rest(upstream: Upstream): boolean {
    const pin = this.#pins.get(upstream);
    if (pin === undefined || upstream.door.house === null) return false;
    const pins = this.#owners.get(pin.owner)!;
    pins.push(...pins.splice(pins.indexOf(pin), 1));
    this.#pins.delete(upstream);
    this.#pins.set(upstream, pin);
    pin.row = upstream.row;
    this.#cells[pin.row + serverCell.idle]!++;
    if (++this.#idle > pinnedIdleMax) this.#closeFirst(this.#pins.values());
    return true;
  }

  /** It has ended. */
  lost(upstream: Upstream): void {
    const pin = this.#pins.get(upstream);
    if (pin === undefined) return;
    this.#forget(pin);
    const pins = this.#owners.get(pin.owner);
    if (pins === undefined) return;
    if (pins.length === 1) this.#owners.delete(pin.owner);
    else pins.splice(pins.indexOf(pin), 1);
  }

  /** The client's connection has ended: what still carries a request ends with that. */
  end(owner: Requester): void {
    const pins = this.#owners.get(owner);
    if (pins === undefined) return;
    this.#owners.delete(owner);
    for (const pin of pins) {
      const isIdle = pin.row !== -1;
      this.#forget(pin);
      if (isIdle) pin.upstream.destroy();
    }
  }

  /** Close those idle for too long, and those whose server has left the plan. */
  sweep(nowMs: number): void {
    if (this.count === 0) return;
    for (const { upstream, row } of [...this.#pins.values()]) {
      const { house } = upstream.door;
      const isOld = house === null || upstream.idleSinceMs + house.plan.timeoutMs <= nowMs;
      if (row !== -1 && isOld) upstream.destroy();
    }
  }

  /** Of those to that door the one that was used longest ago. False: none is idle. */
  closeOldest(door: IdleConnections): boolean {
    for (const { upstream, row } of this.#pins.values()) {
      if (row === -1 || upstream.door !== door) continue;
      upstream.destroy();
      return true;
    }
    return false;
  }

  /** One more is about to be dialed, counted in flight by now: a server that bears only so many does not bear what stands idle beside them. */
  makePlace({ idle, index, plan }: ServerSite, { backends }: PoolSite): void {
    if (this.count === 0 || plan.connectionsMax === 0) return;
    let over = backends.activeOf(index) + idle.count + this.#idleAt(idle) - plan.connectionsMax;
    for (; over > 0 && this.closeOldest(idle); over--);
  }

  #idleAt(door: IdleConnections): number {
    let count = 0;
    for (const { upstream, row } of this.#pins.values()) if (row !== -1 && upstream.door === door) count++;
    return count;
  }

  /** The oldest that is idle. */
  #closeFirst(pins: Iterable<Pin>): void {
    for (const { row, upstream } of pins) if (row !== -1) return upstream.destroy();
  }

  #forget(pin: Pin): void {
    this.#wake(pin);
    this.#pins.delete(pin.upstream);
    this.count--;
  }

  #wake(pin: Pin): void {
    if (pin.row === -1) return;
    this.#cells[pin.row + serverCell.idle]!--;
    this.#idle--;
    pin.row = -1;
  }
}

/** A connection for the exchange that is there: its client's own before any that stands idle. */
export function takeKept(exchange: Exchange, { pinned }: Context, server: ServerSite): Upstream | null {
  const { target, lease, pool } = exchange;
  if (pinned.count > 0) {
    const { idle } = target === null ? server : pool.targets!.serverOf(target, lease);
    const own = pinned.take(exchange.downstream!, idle);
    if (own !== null) return own;
  }
  return target === null ? server.idle.take(exchange) : pool.targets!.take(target, lease);
}

/** Where another one is dialed. */
export function doorFor({ target, lease, pool }: Exchange, { pinned }: Context, server: ServerSite): ServerSite {
  if (target !== null) return pool.targets!.serverOf(target, lease);
  if (pinned.count > 0) pinned.makePlace(server, pool);
  return server;
}
