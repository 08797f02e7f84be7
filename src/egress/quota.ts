// How much each user may have in a period, which begins with its first request. Requests are counted when they are begun, by all workers
// exactly; bytes as they are told of, so that what is under way may go beyond. Who cannot be counted is not let through: while somebody
// does not let go of the board it waits, as for a member that is busy, and without room for a record, which none of a pool's users is meant
// to be (memory/egressboard/shape.ts), it is refused.

import type { EgressQuotaPlan } from "../config/plan.ts";
import { type EgressBoard, recordWord, secondsOf } from "../memory/egress.ts";
import { clockSlackMs } from "./cooling.ts";
import type { Latch } from "./latch.ts";
import { firstName, secondName } from "./names.ts";
import { busyMs } from "./pacing.ts";

/** Periods of others end meanwhile. */
const roomlessMs = 60_000;

export class Quota {
  /** The last one was not refused for what it had: the board was not to be had. */
  isBusy = false;
  readonly #plan: EgressQuotaPlan;
  readonly #board: EgressBoard;
  readonly #latch: Latch;

  constructor(plan: EgressQuotaPlan, board: EgressBoard, latch: Latch) {
    this.#plan = plan;
    this.#board = board;
    this.#latch = latch;
  }

  /** 0 when the request was counted; otherwise how long until the next period, or until it is worth another try. */
  take(user: string, nowMs: number): number {
    this.isBusy = false;
    const record = this.#periodOf(user, nowMs);
    if (record === 0) return this.isBusy ? busyMs : Math.min(roomlessMs, this.#plan.periodMs);
    const { words, doubles } = this.#board;
    const { requestsMax, bytesMax, periodMs } = this.#plan;
    words[record + recordWord.usedS] = secondsOf(nowMs);
    const requests = Atomics.add(words, record + recordWord.requests, 1);
    const isOver =
      (requestsMax > 0 && requests >= requestsMax) ||
      (bytesMax > 0 && doubles[(record + recordWord.bytes) / 2]! >= bytesMax);
    if (!isOver) return 0;
    Atomics.sub(words, record + recordWord.requests, 1);
    return Math.max(1, doubles[(record + recordWord.atMs) / 2]! + periodMs - nowMs);
  }

  /** The request was not begun after all. */
  giveBack(user: string): void {
    const record = this.#find(user);
    if (record !== 0 && this.#board.words[record + recordWord.requests]! > 0)
      Atomics.sub(this.#board.words, record + recordWord.requests, 1);
  }

  /** To the period that it is now: with what it carried until then a tunnel may be the first of one. */
  addBytes(user: string, bytes: number, nowMs: number): void {
    const record = this.#plan.bytesMax > 0 ? this.#periodOf(user, nowMs) : this.#find(user);
    if (record !== 0) this.#board.doubles[(record + recordWord.bytes) / 2]! += bytes;
  }

  #find(user: string): number {
    const { nameSeed } = this.#board;
    return this.#board.find("user", firstName(user, nameSeed), secondName(user, nameSeed));
  }

  /** The user's record, in a period that is not over; 0 without. */
  #periodOf(user: string, nowMs: number): number {
    const known = this.#find(user);
    if (known !== 0 && this.#isCurrent(known, nowMs)) return known;
    this.isBusy = !this.#latch.enter();
    if (this.isBusy) return 0;
    const { nameSeed } = this.#board;
    const record = this.#board.take("user", firstName(user, nameSeed), secondName(user, nameSeed), nowMs);
    if (record !== 0 && !this.#isCurrent(record, nowMs)) this.#renew(record, user, nowMs);
    this.#latch.leave();
    return record;
  }

  #isCurrent(record: number, nowMs: number): boolean {
    const beganMs = this.#board.doubles[(record + recordWord.atMs) / 2]!;
    return beganMs !== 0 && nowMs - beganMs < this.#plan.periodMs && beganMs - nowMs <= clockSlackMs;
  }

  #renew(record: number, user: string, nowMs: number): void {
    const { words, doubles } = this.#board;
    const isClockBack = doubles[(record + recordWord.atMs) / 2]! > nowMs;
    doubles[(record + recordWord.atMs) / 2] = nowMs;
    doubles[(record + recordWord.untilMs) / 2] = nowMs + this.#plan.periodMs;
    // Its period began in a time to come: it begins now, with what was used of it.
    if (isClockBack) return;
    Atomics.store(words, record + recordWord.requests, 0);
    doubles[(record + recordWord.bytes) / 2] = 0;
    words[record + recordWord.text] = this.#board.textOf(user);
  }
}
