// Whether a host is down: when several members in a row fail to reach it and none succeeds, it is not they who are at fault. A host has
// a record from its first such failure on, which names the members that have failed and how often, so that, once it is known to be
// down, just these can be let off. As long as it is down nobody is blamed for it, nor for what was begun while it was; one success, by
// anybody, and it is up.
//
// A host that drops most members looks as if it were down whenever some of these come one after the other, until one of the others is
// answered. So a verdict that was refuted makes the host doubtful for a while: then only those count whom it has answered meanwhile,
// which were no part of a verdict since, and all others are blamed as ever; unless all members together have failed in two rounds.
//
//   words of a record:   atMs when its failures began, untilMs when it was last up again, level 1 if a verdict was refuted then
//                        24 … 31 rows of members that failed     32 … 39 how often each did

import { type EgressBoard, memberState, recordWord } from "../memory/egress.ts";
import { bitsOf, mixed } from "./bits.ts";
import { clockSlackMs } from "./cooling.ts";
import type { HostName } from "./names.ts";

const rowsAt = recordWord.times;
/** Of members that failed so many are told apart: no host needs more to be down. */
export const blamedMax = 8;
const countsAt = rowsAt + blamedMax;
/** Two failures are too few to tell a host from a member. */
const membersMin = 2;
/** So long after the last verdict that was refuted. */
const doubtedMs = 600_000;

/** Whether more than so many members are available. */
export type IsMoreThan = (most: number) => boolean;

export class Hosts {
  readonly #board: EgressBoard;
  readonly #downAfter: number;

  constructor(board: EgressBoard, downAfter: number) {
    this.#board = board;
    this.#downAfter = Math.min(Math.max(downAfter, membersMin), blamedMax);
  }

  /** 0 where it never failed, or nobody remembers. */
  find(name: HostName): number {
    return this.#board.find("host", name.first, name.second);
  }

  /** 0 without room: then hosts and members are not told apart. With the lock. */
  take(host: string, name: HostName, nowMs: number): number {
    const record = this.#board.take("host", name.first, name.second, nowMs);
    if (record !== 0 && this.#board.words[record + recordWord.text] === 0)
      this.#board.words[record + recordWord.text] = this.#board.textOf(host);
    return record;
  }

  isDown(record: number): boolean {
    return this.#board.words[record + recordWord.state] === memberState.coolingDown;
  }

  /** Whether a success would change nothing. */
  isClean(record: number): boolean {
    return !this.isDown(record) && this.#board.words[record + recordWord.failures] === 0;
  }

  /** A verdict was refuted of late. */
  isDoubtful(record: number, nowMs: number): boolean {
    const { words, doubles } = this.#board;
    if (words[record + recordWord.level] === 0) return false;
    return Math.abs(nowMs - doubles[(record + recordWord.untilMs) / 2]!) <= doubtedMs;
  }

  /**
   * The member did not reach it. `counts`: it has while it was doubtful, or it is not; `isMoreThan`: so many members are available. True
   * when that makes it down: those that failed are then its victims. With the lock.
   */
  failed(record: number, row: number, counts: boolean, beganMs: number, isMoreThan: IsMoreThan): boolean {
    const { words, doubles } = this.#board;
    if (words[record + recordWord.failures] === 0) {
      doubles[(record + recordWord.atMs) / 2] = beganMs;
      words[record + recordWord.timesCount] = 0;
      words[record + recordWord.faulty] = 0;
    }
    const failures = ++words[record + recordWord.failures]!;
    words[record + recordWord.faulty]! |= 1 << (mixed(row) & 31);
    if (this.isDown(record)) return false;
    if (counts) this.#name(record, row);
    const members = this.#count(record);
    const isEnough = members >= membersMin && (members >= this.#downAfter || !isMoreThan(members));
    if (!isEnough && (counts || isMoreThan(failures >> 1))) return false;
    return this.deserted(record);
  }

  /** Nobody is left for it who could be answered, and nobody was since its failures began. True when that makes it down. With the lock. */
  deserted(record: number): boolean {
    const { words } = this.#board;
    if (this.isDown(record) || words[record + recordWord.failures] === 0) return false;
    if (bitsOf(words[record + recordWord.faulty]!) < membersMin) return false;
    words[record + recordWord.state] = memberState.coolingDown;
    return true;
  }

  /** It was down when that was begun. */
  wasDown(record: number, beganMs: number, nowMs: number): boolean {
    const upMs = this.#board.doubles[(record + recordWord.untilMs) / 2]!;
    // Up in a time to come: the clock was set back.
    return this.isDown(record) || (beganMs < upMs && upMs - nowMs <= clockSlackMs);
  }

  /** Somebody reached it: that says something if it was begun after its failures were. True where it was down: those that are named by then speak for no verdict more. With the lock. */
  succeeded(record: number, beganMs: number, atMs: number): boolean {
    const { words, doubles } = this.#board;
    const sinceMs = this.sinceMs(record);
    if (beganMs < sinceMs && sinceMs - atMs <= clockSlackMs) return false;
    const wasDown = this.isDown(record);
    if (wasDown) {
      doubles[(record + recordWord.untilMs) / 2] = atMs;
      words[record + recordWord.level] = 1;
    }
    words[record + recordWord.state] = memberState.available;
    words[record + recordWord.failures] = 0;
    return wasDown;
  }

  /** When its failures began. */
  sinceMs(record: number): number {
    return this.#board.doubles[(record + recordWord.atMs) / 2]!;
  }

  /** Those that have failed, and how often; after a success still, until the next failure. */
  blamed(record: number, visit: (row: number, failures: number) => void): void {
    const { words } = this.#board;
    for (let index = 0; index < this.#count(record); index++)
      visit(words[record + rowsAt + index]!, words[record + countsAt + index]!);
  }

  /** Never more than there is room for, whatever stands in the file. */
  #count(record: number): number {
    return Math.min(this.#board.words[record + recordWord.timesCount]!, blamedMax);
  }

  #name(record: number, row: number): void {
    const { words } = this.#board;
    const count = this.#count(record);
    for (let index = 0; index < count; index++)
      if (words[record + rowsAt + index] === row) {
        words[record + countsAt + index]!++;
        return;
      }
    if (count === blamedMax) return;
    words[record + rowsAt + count] = row;
    words[record + countsAt + count] = 1;
    words[record + recordWord.timesCount] = count + 1;
  }
}
