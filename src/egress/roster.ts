// The members of a plan and their rows on the board. Rows are asked for once: they are a member's own for as long as it is in the
// plan, and a pool lives no longer than that.

import { hashString } from "../base/hash.ts";
import type { EgressMemberPlan } from "../config/plan.ts";
import { type EgressBoard, type MemberState, memberState, memberWord } from "../memory/egress.ts";

export class Roster {
  readonly plans: readonly EgressMemberPlan[];
  /** By index; 0 where there is none yet. */
  readonly rows: Int32Array;
  readonly weights: Uint8Array;
  /** A hash of each id. */
  readonly names: Uint32Array;
  readonly #indices: Map<number, number> = new Map();
  readonly #board: EgressBoard;

  constructor(plans: readonly EgressMemberPlan[], board: EgressBoard) {
    this.plans = plans;
    this.#board = board;
    this.rows = new Int32Array(plans.length);
    this.weights = Uint8Array.from(plans, (plan) => plan.weight);
    this.names = Uint32Array.from(plans, (plan) => hashString(plan.id));
    for (let index = 0; index < plans.length; index++) this.rowOf(index);
  }

  /** 0 where the board has no row for it, or not yet. */
  rowOf(index: number): number {
    const known = this.rows[index]!;
    if (known !== 0) return known;
    const row = this.#board.memberOf(this.plans[index]!.id);
    if (row === 0) return 0;
    this.rows[index] = row;
    this.#indices.set(row, index);
    return row;
  }

  /** -1 of a row that is none of the pool's. */
  indexOf(row: number): number {
    return this.#indices.get(row) ?? -1;
  }

  count(state: MemberState): number {
    let count = 0;
    for (let index = 0; index < this.plans.length; index++) if (this.#stateOf(index) === state) count++;
    return count;
  }

  /** Whether more than so many are available. */
  hasMoreThan(most: number): boolean {
    let count = 0;
    for (let index = 0; index < this.plans.length && count <= most; index++)
      if (this.#stateOf(index) === memberState.available) count++;
    return count > most;
  }

  #stateOf(index: number): number {
    const row = this.rowOf(index);
    return row === 0 ? memberState.none : this.#board.words[row + memberWord.state]!;
  }
}
