// Which workers stand still: a worker's event loop counts its turns in shared memory, four times a second, and control looks at the
// counts twice a second. One that has not turned for a while is not told as up, since it takes nothing; one that has not for
// `stallTimeout` is to be killed, or told of once where that is switched off. Where control has stood still itself nothing is
// known of the time between, for the machine may have slept.

import type { Seat } from "./seat.ts";

/** Not up any more after this. */
const silentMs = 2000;
/** Told of after this, where nobody is killed before. */
const toldMs = 10_000;
/** Between two looks; later, they may have stood still with us. No more than `silentMs`, or what all of us missed were theirs. */
const lateMs = 2000;
/** Whatever `stallTimeout` says. */
const stallMsLeast = 1000;

export class Standstill {
  #lookedMs = 0;
  #isLate = false;

  /** A look at all of them begins. */
  look(nowMs: number): void {
    this.#isLate = nowMs - this.#lookedMs > lateMs;
    this.#lookedMs = nowMs;
  }

  /** `beat`: how often it has turned. `isExcused`: it has something to do that takes as long as it takes. `stallMs`: 0 kills nobody. */
  judge(seat: Seat, beat: number, isExcused: boolean, stallMs: number): "kill" | "tell" | null {
    if (this.#isLate || seat.process === null || beat !== seat.beat || isExcused) {
      seat.beat = beat;
      seat.beatAtMs = this.#lookedMs;
      seat.isTold = false;
      return null;
    }
    const stoodMs = this.#lookedMs - seat.beatAtMs;
    if (stallMs > 0 && stoodMs > Math.max(stallMs, stallMsLeast)) return "kill";
    if (seat.isTold || stoodMs <= toldMs) return null;
    seat.isTold = true;
    return "tell";
  }

  /** By the last look, so that a pause of our own is not taken for its. */
  isSilent(seat: Seat): boolean {
    return this.#lookedMs - seat.beatAtMs > silentMs;
  }

  stoodMs(seat: Seat): number {
    return this.#lookedMs - seat.beatAtMs;
  }
}
