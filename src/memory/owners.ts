// The processes that have a shared file open: a row each, which it claims when it opens the file. A row names the process by its id
// and start, in one word of 64 bits, so that nobody ever reads half of a name; and counts how often it was claimed, so that
// what a former owner left is not taken for the present one's. Whether a process lives only the `Owner` knows. A row's further
// words are for whoever lays out the file.

import { assert } from "../base/assert.ts";
import type { SharedWords } from "./sharedwords.ts";

export interface Owner {
  /** The process' id and when it started: together they are given to nobody else. */
  readonly id: number;
  readonly startedAt: number;
  isAlive(id: number, startedAt: number): boolean;
  /** Said while waiting for another process, with how often it was said before: gives it the processor, from `yieldingRounds` on for a ms. */
  relax(round: number): void;
}

/** So often the processor is given to whoever wants it, which costs next to nothing; then it is let go of. */
export const yieldingRounds = 1000;

/** Where the rows stand, and how many there are. */
export interface OwnersPlace {
  readonly ownersAt: number;
  readonly room: { readonly owners: number };
}

export const ownerWords = 16;
const ownerWord = { name: 0, generation: 2 } as const;

/** As many as fit into a byte of the lock word, with none to spare for tests. */
export const ownersMax = 254;

const rowBits = 8;
const generationMask = 0x3f_ffff;
/** What an owner writes into a lock, of a word; the rest is for what the lock guards. */
export const ownerMask = 0x3fff_ffff;

export class Owners {
  readonly owner: Owner;
  readonly #place: OwnersPlace;
  readonly #memory: SharedWords;
  #row = -1;

  constructor(memory: SharedWords, place: OwnersPlace, owner: Owner) {
    this.#memory = memory;
    this.#place = place;
    this.owner = owner;
  }

  /** Ours; -1 without. */
  get row(): number {
    return this.#row;
  }

  /** How many rows there are. */
  get count(): number {
    return this.#place.room.owners;
  }

  /** False when all are taken. */
  claim(): boolean {
    assert(this.owner.id > 0, "an owner has an id above 0");
    const name = (BigInt(this.owner.startedAt >>> 0) << 32n) | BigInt(this.owner.id);
    for (let row = 0; row < this.count; row++) {
      if (this.#memory.pairs[this.#pairOf(row)] !== 0n) continue;
      if (this.#memory.exchangePair(this.#pairOf(row), 0n, name) !== 0n) continue;
      this.#memory.add(this.at(row) + ownerWord.generation, 1);
      this.#row = row;
      return true;
    }
    return false;
  }

  /** The row's last word: whoever says it has let go of all that the row held. */
  free(row: number): void {
    this.#memory.storePair(this.#pairOf(row), 0n);
    if (row === this.#row) this.#row = -1;
  }

  /** First word of a row. */
  at(row: number): number {
    return this.#place.ownersAt + row * ownerWords;
  }

  /** What stands in a lock that this row holds now. */
  lockWord(row: number): number {
    const generation = this.#memory.words[this.at(row) + ownerWord.generation]! & generationMask;
    return (generation << rowBits) | (row + 1);
  }

  /** Of a lock word, with or without what stands beside the owner. */
  rowOf(lockWord: number): number {
    return (lockWord & ((1 << rowBits) - 1)) - 1;
  }

  isTaken(row: number): boolean {
    return Atomics.load(this.#memory.pairs, this.#pairOf(row)) !== 0n;
  }

  /** Whether another process has the file open now. */
  get hasOthers(): boolean {
    for (let row = 0; row < this.count; row++)
      if (row !== this.#row && this.isTaken(row) && !this.isDead(row)) return true;
    return false;
  }

  /** Taken, by a process that has ended. */
  isDead(row: number): boolean {
    const name = Atomics.load(this.#memory.pairs, this.#pairOf(row));
    if (name === 0n || row === this.#row) return false;
    return !this.owner.isAlive(Number(name & 0xffff_ffffn), Number((name >> 32n) & 0xffff_ffffn));
  }

  /** Whoever wrote this lock word has let go of its row, which may be another's now: told without asking the system. */
  isFormer(lockWord: number): boolean {
    const row = this.rowOf(lockWord);
    return row < 0 || row >= this.count || this.lockWord(row) !== lockWord || !this.isTaken(row);
  }

  /** Whoever wrote this lock word will not write again. */
  isAbandoned(lockWord: number): boolean {
    return this.isFormer(lockWord) || this.isDead(this.rowOf(lockWord));
  }

  #pairOf(row: number): number {
    return (this.at(row) + ownerWord.name) / 2;
  }
}
