// How long somebody is unavailable, and how it comes back: at once, or on trial. The same for members and for members at a host; what a
// change means for others (the timeline, the list of who may be used) is told to `Witness`. Times are the wall clock's: where that
// was set back, what seems to have begun in the future begins now, and lasts no longer than it was to.
//
//             cool                  settle, isTrial              pass
//   available ────► cooling down ─────────────────► on trial ─────────► available, level 0
//        ▲                │    ▲                        │
//        └────────────────┘    └────────────────────────┘ cool, longer by `growth`
//          settle otherwise: the level stays until a success comes that is a cool-down later

import type { EgressCoolDownPlan } from "../config/plan.ts";
import { type ChangeCause, changeCause, type MemberState, memberState } from "../memory/egress.ts";
import type { Standing } from "./standing.ts";

/** Told after each change. `forMs` 0 is open. */
export interface Witness {
  changed(standing: Standing, state: MemberState, cause: ChangeCause, atMs: number, forMs: number, text: number): void;
}

/** Clocks of processes that read them at different moments of a turn differ by so much. */
export const clockSlackMs = 1000;
/** A trial that has not come to an end by then does not keep others from being one: its process may be gone, or its tunnel be open for hours. */
export const trialPatienceMs = 30_000;
const levelMax = 64;

export class Cooling {
  readonly #plan: EgressCoolDownPlan;
  readonly #witness: Witness;

  constructor(plan: EgressCoolDownPlan, witness: Witness) {
    this.#plan = plan;
    this.#witness = witness;
  }

  get isTrial(): boolean {
    return this.#plan.isTrial;
  }

  /** Of a member that has cooled down so many times in a row. */
  lengthMs(level: number): number {
    const { forMs, growth, maxMs } = this.#plan;
    return Math.min(forMs * growth ** level, Math.max(forMs, maxMs));
  }

  /** The run stays: of a host that turns out to be down, failures are taken back. Not `isCounted`: the next is no longer for it. */
  cool(standing: Standing, cause: ChangeCause, atMs: number, text: number, isCounted = true): void {
    const forMs = this.lengthMs(standing.level);
    if (isCounted) standing.level = Math.min(standing.level + 1, levelMax);
    this.#set(standing, memberState.coolingDown, cause, atMs, forMs, text);
  }

  /** What is over is over, and what the clock has moved away comes back. True where anything was. */
  settle(standing: Standing, nowMs: number): boolean {
    const isMended = mend(standing, nowMs);
    if (!isOver(standing, nowMs)) return isMended;
    const isTrial = this.#plan.isTrial && standing.state === memberState.coolingDown;
    this.#release(standing, changeCause.over, Math.max(standing.untilMs, standing.sinceMs), isTrial);
    return true;
  }

  /** A request was let through: until it ends, or for a while, nobody else is. */
  try(standing: Standing, nowMs: number): void {
    standing.untilMs = nowMs + trialPatienceMs;
  }

  /** It has ended and told nothing. */
  untry(standing: Standing): void {
    standing.untilMs = 0;
  }

  passTrial(standing: Standing, atMs: number): void {
    standing.level = 0;
    this.#release(standing, changeCause.trialPassed, atMs, false);
  }

  /** A success, when it is available. */
  isLongPast(standing: Standing, atMs: number): boolean {
    return standing.level > 0 && atMs - standing.sinceMs >= this.#plan.forMs;
  }

  /** It was not its fault: it stands as it did before. */
  acquit(standing: Standing, atMs: number): void {
    standing.level = Math.max(0, standing.level - 1);
    this.#release(standing, changeCause.acquitted, atMs, standing.cause === changeCause.trialFailed);
  }

  /** What could not be used can be, and was not counted: it stands as it did before, on trial where that was still to come. */
  restore(standing: Standing, atMs: number): void {
    this.#release(standing, changeCause.usable, atMs, this.#plan.isTrial && standing.level > 0);
  }

  ban(standing: Standing, atMs: number, untilMs: number, text: number): void {
    this.#set(standing, memberState.banned, changeCause.manual, atMs, untilMs === 0 ? 0 : untilMs - atMs, text);
  }

  unban(standing: Standing, atMs: number, text: number): void {
    standing.level = 0;
    standing.run.clear();
    this.#set(standing, memberState.available, changeCause.unbanned, atMs, 0, text);
  }

  #release(standing: Standing, cause: ChangeCause, atMs: number, isTrial: boolean): void {
    standing.run.clear();
    this.#set(standing, isTrial ? memberState.trial : memberState.available, cause, atMs, 0, 0);
  }

  #set(standing: Standing, state: MemberState, cause: ChangeCause, atMs: number, forMs: number, text: number): void {
    standing.cause = cause;
    standing.sinceMs = atMs;
    standing.untilMs = forMs === 0 ? 0 : atMs + forMs;
    // Last, for who reads without the lock: of an end that belongs to another state the worst is that it is over.
    standing.state = state;
    this.#witness.changed(standing, state, cause, atMs, forMs, text);
  }
}

/** Its state has an end, and that is past. A cool-down always has one, whatever became of who wrote it. */
export function isOver(standing: Standing, nowMs: number): boolean {
  const { state, untilMs } = standing;
  if (state === memberState.banned) return untilMs !== 0 && untilMs <= nowMs;
  return state === memberState.coolingDown && untilMs <= nowMs;
}

function mend(standing: Standing, nowMs: number): boolean {
  const aheadMs = standing.sinceMs - nowMs;
  if (aheadMs <= clockSlackMs) return false;
  standing.sinceMs = nowMs;
  if (standing.untilMs !== 0) standing.untilMs -= aheadMs;
  return true;
}
