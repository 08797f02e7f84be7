// How often, and by how many requests at once, one member may be used at one host. When it may be used next stands in the pair's
// record, as a time of the wall clock; a turn is taken with the lock, so that two workers never both have it.

import type { EgressPacePlan } from "../config/plan.ts";
import { type EgressBoard, recordWord } from "../memory/egress.ts";
import { clockSlackMs } from "./cooling.ts";

/** When one that is only busy may be free: nobody knows. */
export const busyMs = 50;

export class Pacing {
  /** Whether there is any pace. */
  readonly isAny: boolean;
  /** Whether requests at once are counted. */
  readonly isCounting: boolean;
  readonly #intervalMs: number;
  readonly #concurrencyMax: number;
  readonly #board: EgressBoard;

  constructor(plan: EgressPacePlan, board: EgressBoard) {
    this.#intervalMs = plan.intervalMs;
    this.#concurrencyMax = plan.concurrencyMax;
    this.isAny = plan.intervalMs > 0 || plan.concurrencyMax > 0;
    this.isCounting = plan.concurrencyMax > 0;
    this.#board = board;
  }

  /** 0: it is the pair's turn. */
  waitMs(pair: number, nowMs: number): number {
    if (this.#intervalMs > 0) {
      const waitMs = this.#board.doubles[(pair + recordWord.atMs) / 2]! - nowMs;
      // Much longer than the interval: the clock was set back since. A little: another worker took it, whose clock runs ahead of ours.
      if (waitMs > 0 && waitMs <= this.#intervalMs + clockSlackMs) return waitMs;
    }
    if (this.#concurrencyMax > 0 && Atomics.load(this.#board.words, pair + recordWord.active) >= this.#concurrencyMax)
      return busyMs;
    return 0;
  }

  /** With the lock. */
  took(pair: number, nowMs: number): void {
    if (this.#intervalMs > 0) this.#board.doubles[(pair + recordWord.atMs) / 2] = nowMs + this.#intervalMs;
  }
}
