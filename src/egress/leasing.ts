// Taking one member for one request: whether it may be used now, whether it may be used at that host now, and if so holding it. Where
// something has to be decided for all workers at once (who is on trial, whose turn at a paced host it is, what is over) it is done
// with the lock; where not, nothing is locked and no record is made. Of those that were refused it remembers when the first is worth
// another try.

import type { EgressPacePlan } from "../config/plan.ts";
import { type EgressBoard, memberState, memberWord, recordWord, secondsOf } from "../memory/egress.ts";
import { type Cooling, clockSlackMs, isOver } from "./cooling.ts";
import type { Judge } from "./judging.ts";
import type { Latch } from "./latch.ts";
import { HostName } from "./names.ts";
import { busyMs, Pacing } from "./pacing.ts";
import { Standing } from "./standing.ts";
import type { Scout } from "./words.ts";

/** taken; or it is unavailable, waiting for its turn at the host, or was tried already. */
export type LeaseAnswer = "taken" | "unavailable" | "paced" | "tried";

/** The scout of those who have nothing to fetch. */
export const noScout: Scout = { sight: () => {} };

export class Leasing {
  /** Of who was taken. */
  lease = -1;
  row = 0;
  /** Some could be used but for their pace, the first of them then. */
  isPaced = false;
  pacedMs: number = Number.POSITIVE_INFINITY;
  /** Some are on trial, with somebody else. */
  isOnTrial = false;
  /** The row of whom is available, but not at this host, and the first to be back there. */
  backRow = 0;
  backMs: number = Number.POSITIVE_INFINITY;
  readonly #board: EgressBoard;
  readonly #latch: Latch;
  readonly #members: Cooling;
  readonly #pairs: Cooling;
  readonly #pacing: Pacing;
  readonly #member: Standing;
  readonly #pair: Standing;
  #host = "";
  readonly #names: HostName;
  #nowMs = 0;
  #tried: ReadonlySet<number> | null = null;
  #scout: Scout = noScout;
  /** As one that was tried. */
  avoided = 0;
  /** Of the member that was looked at last. */
  #pairRecord = 0;

  constructor(board: EgressBoard, latch: Latch, judge: Judge, pace: EgressPacePlan) {
    this.#board = board;
    this.#names = new HostName(board);
    this.#latch = latch;
    this.#members = judge.members;
    this.#pairs = judge.pairs;
    this.#pacing = new Pacing(pace, board);
    this.#member = Standing.ofMembers(board);
    this.#pair = Standing.ofPairs(board);
  }

  /** A request, from now on. */
  begin(host: string, tried: ReadonlySet<number> | null, nowMs: number, scout: Scout): void {
    this.#host = host;
    this.#tried = tried;
    this.#scout = scout;
    this.#nowMs = nowMs;
    this.avoided = 0;
    this.lease = -1;
    this.isPaced = false;
    this.pacedMs = Number.POSITIVE_INFINITY;
    this.isOnTrial = false;
    this.backRow = 0;
    this.backMs = Number.POSITIVE_INFINITY;
  }

  /** What `take` would answer; that may have changed when it is said. */
  look(row: number): LeaseAnswer {
    const seen = this.#look(row);
    return seen === "locked" ? "taken" : seen;
  }

  /** Of the member, index in the plan, that has the row. */
  take(row: number, member: number): LeaseAnswer {
    this.#scout.sight(member);
    const seen = this.#look(row);
    if (seen === "locked") return this.#takeLocked(row, false);
    if (seen === "taken") this.#hold(row, this.#pairRecord);
    return seen;
  }

  /** As `takeAnyway` would answer but for its pace. */
  isTakeable(row: number): boolean {
    const state = this.#board.words[row + memberWord.state];
    return state !== memberState.banned && state !== memberState.none && !this.#tried?.has(row);
  }

  /** When it may be used at the host again. */
  backMsOf(row: number): number {
    const pair = this.#pairAt(row);
    const memberMs = this.#member.at(row).state === memberState.available ? 0 : this.#member.untilMs;
    const isPairOut = pair !== 0 && this.#pair.at(pair).state !== memberState.available;
    return isPairOut ? Math.max(memberMs, this.#pair.untilMs) : memberMs;
  }

  /** What was found a moment ago. */
  recall(found: Pick<Leasing, "isPaced" | "pacedMs" | "isOnTrial" | "backMs" | "backRow">): void {
    this.isPaced = found.isPaced;
    this.pacedMs = found.pacedMs;
    this.isOnTrial = found.isOnTrial;
    this.backMs = found.backMs;
    this.backRow = found.backRow;
  }

  /** Though it is unavailable; never one that is banned, and not before its turn. */
  takeAnyway(row: number): LeaseAnswer {
    if (!this.isTakeable(row)) return "unavailable";
    return this.#takeLocked(row, true);
  }

  /** "locked": as far as can be seen it may be taken, and has to be with the lock. */
  #look(row: number): LeaseAnswer | "locked" {
    if (row === this.avoided || this.#tried?.has(row)) return "tried";
    const state = this.#board.words[row + memberWord.state]!;
    let isLockWanted = this.#pacing.isAny;
    if (state !== memberState.available) {
      const member = this.#member.at(row);
      if (state === memberState.trial) {
        if (this.#isTrying(member)) return this.#refuseTrial();
      } else if (!isOver(member, this.#nowMs)) return "unavailable";
      isLockWanted = true;
    }
    const pair = this.#pairAt(row);
    this.#pairRecord = pair;
    if (pair !== 0) {
      const answer = this.#lookAtPair(row, this.#pair.at(pair));
      if (answer !== "taken") return answer;
      if (this.#pair.state === memberState.trial || this.#pair.state === memberState.coolingDown) isLockWanted = true;
    }
    return isLockWanted ? "locked" : "taken";
  }

  #lookAtPair(row: number, pair: Standing): LeaseAnswer {
    const isMoved = pair.sinceMs - this.#nowMs > clockSlackMs;
    if (pair.state === memberState.coolingDown && !isMoved && !isOver(pair, this.#nowMs)) {
      if (pair.untilMs < this.backMs) {
        this.backMs = pair.untilMs;
        this.backRow = row;
      }
      return "unavailable";
    }
    if (pair.state === memberState.trial && this.#isTrying(pair)) return this.#refuseTrial();
    const waitMs = this.#pacing.waitMs(pair.base, this.#nowMs);
    return waitMs === 0 ? "taken" : this.#refusePaced(waitMs);
  }

  #takeLocked(row: number, isAnyway: boolean): LeaseAnswer {
    if (!this.#latch.enter()) return this.#refusePaced(busyMs);
    const answer = this.#settleAndTake(row, isAnyway);
    this.#latch.leave();
    return answer;
  }

  #settleAndTake(row: number, isAnyway: boolean): LeaseAnswer {
    const member = this.#member.at(row);
    this.#members.settle(member, this.#nowMs);
    if (!isAnyway) {
      if (member.state === memberState.trial) {
        if (this.#isTrying(member)) return this.#refuseTrial();
      } else if (member.state !== memberState.available) return "unavailable";
    }
    const pair = this.#pairOf(row);
    if (pair !== 0) {
      this.#pairs.settle(this.#pair.at(pair), this.#nowMs);
      if (isAnyway) {
        const waitMs = this.#pacing.waitMs(pair, this.#nowMs);
        if (waitMs > 0) return this.#refusePaced(waitMs);
      } else {
        const answer = this.#lookAtPair(row, this.#pair);
        if (answer !== "taken") return answer;
      }
    } else if (this.#pacing.isAny) return this.#refusePaced(busyMs);
    this.#hold(row, pair);
    // One that is not counted in flight would be one too many.
    if (this.lease < 0 && this.#pacing.isCounting) return this.#refusePaced(busyMs);
    if (member.at(row).state === memberState.trial) this.#members.try(member, this.#nowMs);
    if (pair === 0) return "taken";
    if (this.#pair.at(pair).state === memberState.trial) this.#pairs.try(this.#pair, this.#nowMs);
    this.#pacing.took(pair, this.#nowMs);
    return "taken";
  }

  /** The record of the member at the host; 0 without. Most pools have none at all, and then no name is made of the host. */
  #pairAt(row: number): number {
    return this.#board.count("pair") === 0 ? 0 : this.#board.find("pair", row, this.#names.of(this.#host).first);
  }

  /** Where there is a pace, each member has a record at each host where it is used. */
  #pairOf(row: number): number {
    const { words } = this.#board;
    if (!this.#pacing.isAny) return this.#pairAt(row);
    const name = this.#names.of(this.#host).first;
    const seen = this.#pairRecord;
    const isIt = seen !== 0 && words[seen] === row && words[seen + recordWord.second] === name;
    const pair = isIt ? seen : this.#board.take("pair", row, name, this.#nowMs);
    if (pair === 0) return 0;
    words[pair + recordWord.usedS] = secondsOf(this.#nowMs);
    if (words[pair + recordWord.text] === 0) words[pair + recordWord.text] = this.#board.textOf(this.#host);
    return pair;
  }

  #hold(row: number, pair: number): void {
    this.row = row;
    this.lease = this.#board.hold(row, pair);
    if (pair !== 0) Atomics.add(this.#board.words, pair + recordWord.requests, 1);
    this.#board.doubles[(row + memberWord.usedMs) / 2] = this.#nowMs;
  }

  /** Somebody else is its trial. Where the clock was set back nobody can be for longer than that takes. */
  #isTrying(standing: Standing): boolean {
    return standing.untilMs > this.#nowMs && standing.sinceMs - this.#nowMs <= clockSlackMs;
  }

  #refuseTrial(): LeaseAnswer {
    this.isOnTrial = true;
    return "unavailable";
  }

  #refusePaced(waitMs: number): LeaseAnswer {
    this.isPaced = true;
    this.pacedMs = Math.min(this.pacedMs, this.#nowMs + waitMs);
    return "paced";
  }
}
