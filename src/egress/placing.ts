// Where keys have their members: the same key finds the same members in the same order, whoever asks, and goes on to the next while one
// may not be used. A member that comes or goes moves hardly more keys than its own, and each has keys by its weight, exactly but
// for chance. A ring with points enough for that would have a million of them at 10,000 members; instead each member has as many slots of
// a sparse table as it has weight, and a key tries slots in an order of its own until it meets somebody:
//
//   slots:  · · 7 · · · 2 · 7 · · · · 0 ·      key → 4 (nobody) → 8 (member 7, cooling down) → 1 (nobody) → 6 (member 2)
//
// How large the table is depends on all weights together in powers of two, so that a member more seldom moves everybody.

import { mixed } from "./bits.ts";
import type { Roster } from "./roster.ts";

const slotsMin = 1 << 10;
/** Slots that are taken; more would be some megabytes. */
const takenMax = 1 << 18;
const golden = 0x9e37_79b9;

export class Placing {
  /** The index of a member and its row, where `#isTaken` says that there is one: side by side, for they are asked for together. */
  readonly #slots: Int32Array;
  /** A bit for each slot: small enough to be near at hand, where the slots of thousands of members are not. */
  readonly #isTaken: Uint32Array;
  readonly #mask: number;
  readonly #roster: Roster;
  #slot = 0;

  constructor(members: Uint16Array, roster: Roster) {
    this.#roster = roster;
    const weights = Array.from(members, (member) => roster.weights[member]!);
    const counts = countsOf(weights);
    const taken = counts.reduce((sum, count) => sum + count, 0);
    let size = slotsMin;
    while (size < taken * 4) size *= 2;
    this.#slots = new Int32Array(size * 2);
    this.#isTaken = new Uint32Array(size / 32);
    this.#mask = size - 1;
    // By their names, so that who has a slot that two would have does not depend on the order in the config.
    const order = Array.from(members.keys()).sort((one, other) => {
      const [a, b] = [members[one]!, members[other]!];
      return roster.names[a]! - roster.names[b]! || (roster.plans[a]!.id < roster.plans[b]!.id ? -1 : 1);
    });
    for (const position of order) {
      const member = members[position]!;
      for (let count = 0; count < counts[position]!; count++) this.#place(member, mixed(roster.names[member]! + count));
    }
  }

  /** The index of the member that a key meets at its try of that number; -1 nobody. */
  at(key: number, number: number): number {
    const slot = mixed((key + Math.imul(number, golden)) | 0) & this.#mask;
    if ((this.#isTaken[slot >>> 5]! & (1 << (slot & 31))) === 0) return -1;
    this.#slot = slot;
    return this.#slots[slot * 2]!;
  }

  /** Of the member that was met last; 0 where it has none yet. */
  get row(): number {
    const at = this.#slot * 2 + 1;
    const known = this.#slots[at]!;
    return known !== 0 ? known : (this.#slots[at] = this.#roster.rowOf(this.#slots[at - 1]!));
  }

  get size(): number {
    return this.#mask + 1;
  }

  #place(member: number, name: number): void {
    for (let number = 0; ; number++) {
      const slot = mixed((name + Math.imul(number, golden)) | 0) & this.#mask;
      if ((this.#isTaken[slot >>> 5]! & (1 << (slot & 31))) !== 0) continue;
      this.#isTaken[slot >>> 5]! |= 1 << (slot & 31);
      this.#slots[slot * 2] = member;
      return;
    }
  }
}

function countsOf(weights: readonly number[]): number[] {
  for (let scale = 1; ; scale /= 2) {
    const counts = weights.map((weight) => Math.max(1, Math.round(weight * scale)));
    const taken = counts.reduce((sum, count) => sum + count, 0);
    if (taken <= Math.max(takenMax, weights.length)) return counts;
  }
}
