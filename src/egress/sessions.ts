// Who was given which member, for pools whose sessions have an end: a record for each key of each user, found by its hash. It says whose
// the session is as long as it lasts; who is chosen next, and whether the member may be used, is decided by others. Requests are counted
// by all workers exactly, bytes as they are told of.

import type { EgressSessionPlan } from "../config/plan.ts";
import { type EgressBoard, memberState, recordWord, secondsOf } from "../memory/egress.ts";
import { clockSlackMs } from "./cooling.ts";
import { firstSessionName, secondSessionName } from "./names.ts";

export class Sessions {
  readonly #plan: EgressSessionPlan;
  readonly #board: EgressBoard;

  constructor(plan: EgressSessionPlan, board: EgressBoard) {
    this.#plan = plan;
    this.#board = board;
  }

  /** Its record, whatever state that is in; 0 without. */
  find(key: string, user: string): number {
    const { nameSeed } = this.#board;
    return this.#board.find("session", firstSessionName(key, user, nameSeed), secondSessionName(key, user, nameSeed));
  }

  /** With the lock; 0 without room. */
  take(key: string, user: string, nowMs: number): number {
    const { nameSeed } = this.#board;
    const second = secondSessionName(key, user, nameSeed);
    return this.#board.take("session", firstSessionName(key, user, nameSeed), second, nowMs);
  }

  /** Row of the member whose session it is; 0 of none yet. */
  rowOf(record: number): number {
    const state = this.#board.words[record + recordWord.state]!;
    return state === memberState.none ? 0 : state - 1;
  }

  /** `lifetimeMs`: what the request asks for, 0 without; never more than the plan allows. */
  isOver(record: number, lifetimeMs: number, nowMs: number): boolean {
    const { words, doubles } = this.#board;
    const plan = this.#plan;
    const ageMs = nowMs - doubles[(record + recordWord.atMs) / 2]!;
    // Begun in a time to come: the clock was set back.
    if (ageMs < -clockSlackMs) return true;
    if (ageMs >= (lifetimeMs > 0 ? Math.min(lifetimeMs, plan.lifetimeMs) : plan.lifetimeMs)) return true;
    if (plan.idleMs > 0 && nowMs >= doubles[(record + recordWord.untilMs) / 2]!) return true;
    if (plan.bytesMax > 0 && doubles[(record + recordWord.bytes) / 2]! >= plan.bytesMax) return true;
    return plan.requestsMax > 0 && words[record + recordWord.requests]! >= plan.requestsMax;
  }

  /** One more request. False: others have had the last one meanwhile. */
  use(record: number, nowMs: number): boolean {
    const { words, doubles } = this.#board;
    words[record + recordWord.usedS] = secondsOf(nowMs);
    if (this.#plan.idleMs > 0) doubles[(record + recordWord.untilMs) / 2] = nowMs + this.#plan.idleMs;
    const requests = Atomics.add(words, record + recordWord.requests, 1);
    if (this.#plan.requestsMax === 0 || requests < this.#plan.requestsMax) return true;
    Atomics.sub(words, record + recordWord.requests, 1);
    return false;
  }

  /** From now on it is this member's, with its first request. With the lock. */
  begin(record: number, key: string, row: number, nowMs: number): void {
    const { words, doubles } = this.#board;
    words[record + recordWord.state] = 1 + row;
    words[record + recordWord.usedS] = secondsOf(nowMs);
    doubles[(record + recordWord.atMs) / 2] = nowMs;
    doubles[(record + recordWord.untilMs) / 2] = nowMs + this.#plan.idleMs;
    doubles[(record + recordWord.bytes) / 2] = 0;
    Atomics.store(words, record + recordWord.requests, 1);
    if (words[record + recordWord.text] === 0) words[record + recordWord.text] = this.#board.textOf(key);
  }

  addBytes(key: string, user: string, bytes: number): void {
    if (this.#plan.bytesMax === 0) return;
    const record = this.find(key, user);
    if (record !== 0) this.#board.doubles[(record + recordWord.bytes) / 2]! += bytes;
  }
}
