// What each process holds in flight: a cell in its row for each lease, with member and pair, and counts in both, which all add to
// without a lock. A process that is killed has counted what stands in none of its cells, or the other way: which, nobody can
// tell. So what the dead held is never subtracted. Instead all is held up for a moment, and counts are made anew of the cells of those
// who live: exact whatever anybody was about, and what ever went wrong before is right again.
//
// Holding up: who has the lock says `halt`, and then waits until nobody who lives is counting. Who wants to count says so first and
// looks for `halt` next: of the two one sees the other, always. It then asks for the lock, that is waits, and counts under
// it. Nobody is counting for longer than some ns, unless it was stopped in there: then nothing is made anew this time, but the next.
// The two cells of a lease are written while its owner counts, so they are whole whenever all is held up.

import { CellPages, type Reserve } from "../cellpages.ts";
import { memberWord, recordWord } from "../egress.ts";
import { yieldingRounds } from "../owners.ts";
import type { BoardFile } from "./file.ts";
import { header, leaseWords, ownerWord } from "./layout.ts";
import type { BoardRecords } from "./records.ts";
import type { BoardRows } from "./rows.ts";

/** In a cell: the member has left, and nothing is counted. */
const left = -1;
/** Asking whether a process lives costs tens of microseconds. */
const roundsToAsk = 64;

export type LeaseVisit = (lease: number, member: number, pair: number) => void;

export class BoardLeases {
  readonly #file: BoardFile;
  readonly #words: Int32Array;
  readonly #rows: BoardRows;
  readonly #pairs: BoardRecords;
  readonly #max: number;
  readonly #cells: number;
  readonly #usedAt: number;
  readonly #isCountingAt: number;
  readonly #pages: CellPages;
  readonly #free: number[] = [];
  /** Leases that could not be let go of when it was their time. */
  readonly #late: number[] = [];

  constructor(file: BoardFile, rows: BoardRows, pairs: BoardRecords, reserve: Reserve) {
    this.#pages = new CellPages(reserve, leaseWords);
    const { owners } = file;
    this.#file = file;
    this.#words = file.words;
    this.#rows = rows;
    this.#pairs = pairs;
    this.#max = file.layout.room.leases;
    this.#cells = this.#cellsOf(owners.row);
    this.#usedAt = owners.at(owners.row) + ownerWord.leasesUsed;
    this.#isCountingAt = owners.at(owners.row) + ownerWord.isCounting;
  }

  hold(member: number, pair: number): number {
    const lease = this.#unused();
    if (lease < 0) return -1;
    const { memory } = this.#file;
    memory.store(this.#isCountingAt, 1);
    const isHeldUp = Atomics.load(this.#words, header.halt) !== 0;
    if (!isHeldUp) this.#count(lease, member, pair);
    memory.store(this.#isCountingAt, 0);
    if (!isHeldUp || this.#underLock(() => this.#count(lease, member, pair))) return lease;
    this.#free.push(lease);
    return -1;
  }

  letGo(lease: number): void {
    if (lease < 0 || this.#words[this.#cells + lease * leaseWords] === 0) return;
    const { memory } = this.#file;
    memory.store(this.#isCountingAt, 1);
    const isHeldUp = Atomics.load(this.#words, header.halt) !== 0;
    if (!isHeldUp) this.#uncount(lease);
    memory.store(this.#isCountingAt, 0);
    if (isHeldUp || this.#late.length > 0) this.#letGoLate(lease);
    if (!isHeldUp) this.#free.push(lease);
  }

  heldBy(lease: number): number {
    return lease < 0 ? 0 : Math.max(Atomics.load(this.#words, this.#cells + lease * leaseWords), 0);
  }

  /** All of our own. Member -1: it has left. */
  visit(visit: LeaseVisit): void {
    this.#visit(this.#file.owners.row, (lease, member, pair) => {
      if (!this.#late.includes(lease)) visit(lease, member, pair);
    });
  }

  /** All of others who live, as they are just then. */
  visitOthers(visit: LeaseVisit): void {
    const { owners } = this.#file;
    for (let row = 0; row < owners.count; row++)
      if (row !== owners.row && owners.isTaken(row) && !owners.isDead(row)) this.#visit(row, visit);
  }

  #visit(row: number, visit: LeaseVisit): void {
    const words = this.#words;
    const cells = this.#cellsOf(row);
    const used = this.#usedOf(row);
    for (let lease = 0; lease < used; lease++) {
      const cell = cells + lease * leaseWords;
      if (words[cell]! !== 0) visit(lease, words[cell]!, words[cell + 1]!);
    }
  }

  /** Answers how many dead owners are no more. */
  recover(): number {
    const { owners, memory } = this.#file;
    const dead: number[] = [];
    for (let row = 0; row < owners.count; row++) if (owners.isDead(row)) dead.push(row);
    const isUncertain = Atomics.load(this.#words, header.isUncertain) !== 0;
    if ((dead.length === 0 && !isUncertain) || !this.#file.open()) return 0;
    let recovered = 0;
    if (this.recount())
      // Others may have recovered them before we had the lock, and their rows may be somebody's.
      for (const row of dead) {
        if (!owners.isDead(row)) continue;
        memory.put(owners.at(row) + ownerWord.leasesUsed, 0);
        memory.put(owners.at(row) + ownerWord.isCounting, 0);
        owners.free(row);
        recovered++;
      }
    this.#file.close();
    return recovered;
  }

  /** Lets go of everything that we hold, and of the row. */
  close(): void {
    const { owners, memory } = this.#file;
    const used = this.#usedOf(owners.row);
    for (let lease = 0; lease < used; lease++) this.letGo(lease);
    if (this.#late.length > 0) memory.store(header.isUncertain, 1);
    memory.put(this.#usedAt, 0);
    owners.free(owners.row);
  }

  // ---- with the lock ----

  /** Counts are made anew. False: somebody who lives was stopped while counting. */
  recount(): boolean {
    if (!this.#haltAll()) return false;
    this.#recount();
    this.#file.memory.store(header.isUncertain, 0);
    this.#file.memory.store(header.halt, 0);
    return true;
  }

  /** Those that are held of these members are held of nobody. */
  part(isLeaving: (member: number) => boolean): void {
    const { owners, memory } = this.#file;
    const words = this.#words;
    const isHeldUp = this.#haltAll();
    for (let row = 0; row < owners.count; row++) {
      if (!owners.isTaken(row)) continue;
      const cells = this.#cellsOf(row);
      for (let cell = cells; cell < cells + this.#usedOf(row) * leaseWords; cell += leaseWords) {
        if (words[cell]! <= 0 || !isLeaving(words[cell]!)) continue;
        memory.put(cell, left);
        memory.put(cell + 1, 0);
      }
    }
    if (isHeldUp) this.#recount();
    memory.store(header.isUncertain, isHeldUp ? 0 : 1);
    memory.store(header.halt, 0);
  }

  /** Of who held all up and died: nobody may wait for ever. */
  mend(): void {
    if (Atomics.load(this.#words, header.halt) === 0 || this.recount()) return;
    this.#file.memory.store(header.isUncertain, 1);
    this.#file.memory.store(header.halt, 0);
  }

  #haltAll(): boolean {
    const { owners, memory } = this.#file;
    memory.store(header.halt, 1);
    for (let row = 0; row < owners.count; row++) {
      if (row === owners.row || this.#isQuiet(row)) continue;
      memory.store(header.halt, 0);
      return false;
    }
    return true;
  }

  /** Once it has been seen not to count it does not, for as long as all is held up. */
  #isQuiet(row: number): boolean {
    const { owners } = this.#file;
    const at = owners.at(row) + ownerWord.isCounting;
    for (let round = 0; round < yieldingRounds; round++) {
      if (Atomics.load(this.#words, at) === 0 || !owners.isTaken(row)) return true;
      if (round % roundsToAsk === roundsToAsk - 1 && owners.isDead(row)) return true;
      owners.owner.relax(round);
    }
    return false;
  }

  #recount(): void {
    const { owners } = this.#file;
    const words = this.#words;
    const counts = new Map<number, number>();
    for (let row = 0; row < owners.count; row++) {
      if (!owners.isTaken(row) || owners.isDead(row)) continue;
      const cells = this.#cellsOf(row);
      for (let at = cells; at < cells + this.#usedOf(row) * leaseWords; at += leaseWords) {
        if (words[at]! <= 0) continue;
        for (const held of [words[at]!, words[at + 1]!]) counts.set(held, (counts.get(held) ?? 0) + 1);
      }
    }
    for (let number = 0; number < this.#rows.used; number++)
      this.#set(this.#rows.rowAt(number), memberWord.active, counts);
    this.#pairs.visitAll((record) => this.#set(record, recordWord.active, counts));
  }

  #set(at: number, word: number, counts: ReadonlyMap<number, number>): void {
    const count = counts.get(at) ?? 0;
    if (this.#words[at + word] !== count) this.#file.memory.store(at + word, count);
  }

  // ---- our own ----

  #count(lease: number, member: number, pair: number): void {
    const { memory } = this.#file;
    const cell = this.#cells + lease * leaseWords;
    memory.put(cell + 1, pair);
    memory.put(cell, member);
    memory.add(member + memberWord.active, 1);
    if (pair !== 0) memory.add(pair + recordWord.active, 1);
  }

  #uncount(lease: number): void {
    const { memory } = this.#file;
    const cell = this.#cells + lease * leaseWords;
    const [member, pair] = [this.#words[cell]!, this.#words[cell + 1]!];
    memory.put(cell, 0);
    memory.put(cell + 1, 0);
    if (member > 0) memory.add(member + memberWord.active, -1);
    if (pair > 0) memory.add(pair + recordWord.active, -1);
  }

  #letGoLate(lease: number): void {
    if (this.#words[this.#cells + lease * leaseWords] !== 0) this.#late.push(lease);
    this.#underLock(() => {
      for (const late of this.#late) this.#uncount(late);
      this.#free.push(...this.#late);
      this.#late.length = 0;
    });
  }

  /** False: the lock is not to be had. */
  #underLock(act: () => void): boolean {
    const file = this.#file;
    const isOurs = file.isOpen;
    if (!isOurs && !file.open()) return false;
    act();
    if (!isOurs) file.close();
    return true;
  }

  /** -1 when we hold as many as can be. */
  #unused(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const used = this.#words[this.#usedAt]!;
    if (used >= this.#max || !this.#pages.has(used, this.#cells + used * leaseWords)) return -1;
    this.#file.memory.put(this.#usedAt, used + 1);
    return used;
  }

  #cellsOf(row: number): number {
    return this.#file.layout.leasesAt + row * this.#max * leaseWords;
  }

  #usedOf(row: number): number {
    const used = this.#words[this.#file.owners.at(row) + ownerWord.leasesUsed]!;
    return Math.min(Math.max(used, 0), this.#max);
  }
}
