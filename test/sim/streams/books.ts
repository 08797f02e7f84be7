// What the tally must say in the end: nothing is under way, and the sums are those of what went through the lines.

import { listenerCell, poolCell, routeCell, serverCell, type Totals, workerCell } from "../../../src/memory/tally.ts";
import { Violation } from "../world.ts";
import type { Pair } from "./pair.ts";
import { carriedListener, listenerSlots, namedListener, routeSlots, serverSlots } from "./plan.ts";

export class Books {
  readonly #totals: Totals;
  readonly #hasCrowd: boolean;

  constructor(totals: Totals, hasCrowd: boolean) {
    this.#totals = totals;
    this.#hasCrowd = hasCrowd;
  }

  /** Gauges that are not zero, in words. */
  left(): string[] {
    const totals = this.#totals;
    const left: string[] = [];
    const check = (name: string, value: number): void => {
      if (value !== 0) left.push(`${name} ${value}`);
    };
    check("connections", totals.worker(workerCell.connections));
    check("upstream connections", totals.worker(workerCell.upstreamConnections));
    for (let slot = 0; slot < listenerSlots; slot++)
      check(`connections of listener ${slot}`, totals.listener(slot, listenerCell.connections));
    for (let slot = 0; slot < routeSlots; slot++) check(`open on route ${slot}`, totals.route(slot, routeCell.open));
    for (let slot = 0; slot < 2; slot++) check(`queued in pool ${slot}`, totals.pool(slot, poolCell.queued));
    for (let slot = 0; slot < serverSlots; slot++) {
      check(`in flight at ${slot}`, totals.active(slot));
      check(`open at ${slot}`, totals.server(slot, serverCell.open));
      check(`idle at ${slot}`, totals.server(slot, serverCell.idle));
    }
    return left;
  }

  /** Against what the pairs' lines have carried. */
  check(pairs: readonly Pair[]): void {
    const totals = this.#totals;
    const same = (name: string, counted: number, carried: number): void => {
      if (counted !== carried) throw new Violation(`${name}: ${counted} are counted of ${carried}`);
    };
    for (const slot of [carriedListener, namedListener]) {
      const here = pairs.filter(({ stream }) => stream!.listener.plan.slot === slot);
      same(`accepted at ${slot}`, totals.listener(slot, listenerCell.accepted), here.length);
      same(
        `received at ${slot}`,
        totals.listener(slot, listenerCell.bytesReceived),
        sum(here, ({ line }) => line.receivedBytes),
      );
      same(
        `sent at ${slot}`,
        totals.listener(slot, listenerCell.bytesSent),
        sum(here, ({ line }) => line.sentBytes),
      );
    }
    for (let slot = 0; slot < routeSlots - 1; slot++) {
      const here = pairs.filter(({ stream }) => stream!.route.row !== -1 && stream!.route.plan.slot === slot);
      const carried = here.filter(({ up }) => up !== null);
      same(`sessions of ${slot}`, totals.route(slot, routeCell.sessions), carried.length);
      same(
        `up on ${slot}`,
        totals.route(slot, routeCell.bytesUp),
        sum(carried, ({ up }) => up!.sentBytes),
      );
      same(
        `down on ${slot}`,
        totals.route(slot, routeCell.bytesDown),
        sum(carried, ({ line }) => line.sentBytes),
      );
      const failed = here.filter(({ stream, isRouted }) => isRouted && stream!.fault !== null).length;
      same(
        `failures of ${slot}`,
        totals.route(slot, routeCell.aborted) + totals.route(slot, routeCell.dropped),
        failed,
      );
    }
    if (this.#hasCrowd) return;
    for (let slot = 0; slot < serverSlots; slot++) {
      const here = pairs.filter(
        ({ up, stream }) => up !== null && stream!.pool.plan.servers[stream!.server]!.slot === slot,
      );
      same(
        `sent to ${slot}`,
        totals.server(slot, serverCell.bytesSent),
        sum(here, ({ up }) => up!.sentBytes),
      );
      same(
        `received of ${slot}`,
        totals.server(slot, serverCell.bytesReceived),
        sum(here, ({ up }) => up!.receivedBytes),
      );
    }
  }
}

function sum(pairs: readonly Pair[], of: (pair: Pair) => number): number {
  return pairs.reduce((total, pair) => total + of(pair), 0);
}
