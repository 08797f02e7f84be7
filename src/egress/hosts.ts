// Whether a host is down: when several members in a row fail to reach it and none succeeds, it is not they who are at fault. A host has
// a record from its first such failure on, which names the members that have failed and how often, so that, once it is known to be
// down, just these can be let off. As long as it is down nobody is blamed for it, nor for what was begun while it was; one success, by
// anybody, and it is up.
//
//   words of a record:   atMs when its failures began, untilMs when it was last up again     24 … 31 rows of members that failed     32 … 39 how often each did

import { type EgressBoard, memberState, recordWord } from "../memory/egress.ts";
import { clockSlackMs } from "./cooling.ts";
import type { HostName } from "./names.ts";

const rowsAt = recordWord.times;
/** Of members that failed so many are told apart: no host needs more to be down. */
export const blamedMax = 8;
const countsAt = rowsAt + blamedMax;
/** Two failures are too few to tell a host from a member. */
const membersMin = 2;

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

  /** The member did not reach it; `isMoreThan`: so many members are available. True when that makes it down: those that failed are then its victims. With the lock. */
  failed(record: number, row: number, beganMs: number, isMoreThan: (most: number) => boolean): boolean {
    const { words, doubles } = this.#board;
    if (words[record + recordWord.failures] === 0) {
      doubles[(record + recordWord.atMs) / 2] = beganMs;
      words[record + recordWord.timesCount] = 0;
    }
    words[record + recordWord.failures]!++;
    if (this.isDown(record)) return false;
    this.#name(record, row);
    const members = words[record + recordWord.timesCount]!;
    if (members < membersMin) return false;
    if (members < this.#downAfter && isMoreThan(members)) return false;
    words[record + recordWord.state] = memberState.coolingDown;
    return true;
  }

  /** It was down when that was begun. */
  wasDown(record: number, beganMs: number, nowMs: number): boolean {
    const upMs = this.#board.doubles[(record + recordWord.untilMs) / 2]!;
    // Up in a time to come: the clock was set back.
    return this.isDown(record) || (beganMs < upMs && upMs - nowMs <= clockSlackMs);
  }

  /** Somebody reached it: that says something if it was begun after its failures were. With the lock. */
  succeeded(record: number, beganMs: number, atMs: number): void {
    const { words, doubles } = this.#board;
    const sinceMs = this.sinceMs(record);
    if (beganMs < sinceMs && sinceMs - atMs <= clockSlackMs) return;
    if (this.isDown(record)) doubles[(record + recordWord.untilMs) / 2] = atMs;
    words[record + recordWord.state] = memberState.available;
    words[record + recordWord.failures] = 0;
    words[record + recordWord.timesCount] = 0;
  }

  /** When its failures began. */
  sinceMs(record: number): number {
    return this.#board.doubles[(record + recordWord.atMs) / 2]!;
  }

  /** Those that have failed, and how often. */
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
