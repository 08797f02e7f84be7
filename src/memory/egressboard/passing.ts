// What is held in flight on a board, held on another as well, into which what is known there was carried: for each lease one of the same
// member at the same host, found by names, for rows and records stand elsewhere there. Processes change to the new board one after
// the other. Meanwhile whoever has changed holds on both, and control stands in on the new one for all that was held when it was made:
// who looks at either of them sees a member too busy for some milliseconds, and never too free.

import type { HeldMember } from "../egress.ts";
import { carryPair } from "./carry.ts";
import { header } from "./layout.ts";
import type { LeaseVisit } from "./leases.ts";
import type { BoardParts } from "./parts.ts";

/** Leases that are taken before others are let at the board. */
const batch = 32;

/** What this process holds, by the lease that it is on the former board. Of members that are no more there nothing is held. */
export function heldThere(from: BoardParts, to: BoardParts): Map<number, HeldMember> {
  const heirs = new Map<number, HeldMember>();
  const holding = new Holding(from, to);
  from.leases.visit((lease, member, pair) => void heirs.set(lease, holding.hold(member, pair)));
  holding.close();
  return heirs;
}

/** What others hold, held by this process. */
export function standIn(to: BoardParts, from: BoardParts): void {
  const holding = new Holding(from, to);
  const visit: LeaseVisit = (_, member, pair) => void holding.hold(member, pair);
  from.leases.visitOthers(visit);
  holding.close();
}

const nobody: HeldMember = { row: 0, lease: -1 };

class Holding {
  readonly #from: BoardParts;
  readonly #to: BoardParts;
  /** By row on the former board. */
  readonly #rows = new Map<number, number>();
  /** Otherwise hosts have other names there. */
  readonly #isCarried: boolean;
  #taken = 0;

  constructor(from: BoardParts, to: BoardParts) {
    this.#from = from;
    this.#to = to;
    this.#isCarried = from.file.words[header.nameSeed] === to.file.words[header.nameSeed];
  }

  hold(member: number, pair: number): HeldMember {
    const to = this.#to;
    const row = this.#rowOf(member);
    if (row === 0) return nobody;
    // A pair is the one that is meant for as long as the lock is held.
    if (pair !== 0 && this.#taken++ % batch === 0) this.#reopen();
    const isPaired = this.#isCarried && pair !== 0 && to.file.isOpen && this.#from.file.words[pair] === member;
    return { row, lease: to.leases.hold(row, isPaired ? carryPair(to, this.#from, pair, row) : 0) };
  }

  close(): void {
    if (this.#to.file.isOpen) this.#to.file.close();
  }

  #reopen(): void {
    this.close();
    this.#to.file.open();
  }

  #rowOf(member: number): number {
    if (member <= 0) return 0;
    let row = this.#rows.get(member);
    if (row === undefined) {
      const { rows } = this.#from;
      row = rows.isNamed(member) ? this.#to.rows.find(rows.idOf(member)) : 0;
      this.#rows.set(member, row);
    }
    return row;
  }
}
