// Whose a session is: the member that it was given, for as long as the session lasts and that may be used. One that is over, or whose
// member is unavailable, begins anew with another. A request that its member cannot carry (a tag, a family of addresses, a member that
// was tried for it already) is given one by the key alone, and the session stays where it is.

import type { EgressChoosing } from "../config/plan.ts";
import type { EgressBoard } from "../memory/egress.ts";
import type { CandidateList } from "./candidates.ts";
import { type Choosing, stopped } from "./choosing.ts";
import type { Latch } from "./latch.ts";
import type { Leasing } from "./leasing.ts";
import type { Roster } from "./roster.ts";
import type { Sessions } from "./sessions.ts";
import type { EgressWish } from "./words.ts";

export class SessionChoice {
  /** new: the session has begun, by the pool's way to choose. */
  why: "session" | "hash" | "new" = "hash";
  readonly #sessions: Sessions;
  readonly #roster: Roster;
  readonly #board: EgressBoard;
  readonly #latch: Latch;
  readonly #leasing: Leasing;
  readonly #choosing: Choosing;

  constructor(
    sessions: Sessions,
    roster: Roster,
    board: EgressBoard,
    latch: Latch,
    leasing: Leasing,
    choosing: Choosing,
  ) {
    this.#sessions = sessions;
    this.#roster = roster;
    this.#board = board;
    this.#latch = latch;
    this.#leasing = leasing;
    this.#choosing = choosing;
  }

  /** As Choosing answers. */
  choose(by: EgressChoosing, list: CandidateList, wish: EgressWish, nowMs: number): number {
    const record = this.#sessions.find(wish.key, wish.user);
    const member = record === 0 ? moved : this.#keep(record, list, wish, nowMs);
    if (member !== moved) return member;
    if (!this.#latch.enter()) return this.#byKey(list, wish);
    const begun = this.#begin(by, list, wish, nowMs);
    this.#latch.leave();
    return begun;
  }

  #keep(record: number, list: CandidateList, wish: EgressWish, nowMs: number): number {
    const row = this.#sessions.rowOf(record);
    const member = row === 0 ? -1 : this.#roster.indexOf(row);
    if (member < 0 || this.#sessions.isOver(record, wish.lifetimeMs ?? 0, nowMs)) return moved;
    if (!list.has(member)) return this.#byKey(list, wish);
    const answer = this.#leasing.take(row, member);
    if (answer === "tried") return this.#byKey(list, wish);
    if (answer === "paced") return stopped;
    if (answer === "unavailable") return moved;
    if (this.#sessions.use(record, nowMs)) {
      this.why = "session";
      return member;
    }
    if (this.#leasing.lease >= 0) this.#board.letGo(this.#leasing.lease);
    return moved;
  }

  /** With the lock: another worker may have done so just now. */
  #begin(by: EgressChoosing, list: CandidateList, wish: EgressWish, nowMs: number): number {
    const record = this.#sessions.take(wish.key, wish.user, nowMs);
    if (record === 0) return this.#byKey(list, wish);
    const former = this.#sessions.rowOf(record);
    if (former !== 0) {
      const member = this.#keep(record, list, wish, nowMs);
      if (member !== moved) return member;
    }
    this.#leasing.avoided = former;
    let member = this.#choosing.choose(by, list);
    if (member === -1 && former !== 0 && !this.#leasing.isPaced) {
      this.#leasing.avoided = 0;
      member = this.#choosing.choose(by, list);
    }
    this.why = "new";
    if (member >= 0) this.#sessions.begin(record, wish.key, this.#leasing.row, nowMs);
    return member;
  }

  #byKey(list: CandidateList, wish: EgressWish): number {
    this.why = "hash";
    return this.#choosing.chooseByKey(wish.key, wish.user, list);
  }
}

/** In place of a member: the session has none any more. */
const moved = -3;
