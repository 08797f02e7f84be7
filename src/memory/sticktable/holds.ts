// Which entries each process holds, so that what a killed one held is let go of: for each owner a list of cells, one for each
// hold. What is given out is the number of the cell; the entry stands in it. A cell is written by its owner, or by who recovers
// a dead one, under the lock of the entry's shard and in the same journal as the entry's references.
//
// Recovering: one process at a time (a lock of its own). First every lock that is held is waited for or taken over, so that no
// journal of the dead is left that could touch a cell; then the dead one's cells are let go of, one by one; at last its row is free for others.

import { CellPages, type Reserve } from "../cellpages.ts";
import type { Owners } from "../owners.ts";
import type { SharedWords } from "../sharedwords.ts";
import type { StickJournal } from "./journal.ts";
import { ownerWord, type StickLayout, shardWord, shardWords } from "./layout.ts";
import type { StickShards } from "./shards.ts";

export class StickHolds {
  readonly #memory: SharedWords;
  readonly #words: Int32Array;
  readonly #layout: StickLayout;
  readonly #owners: Owners;
  readonly #journal: StickJournal;
  readonly #shards: StickShards;
  /** First cell of our own, less one: cells are counted from 1. */
  readonly #cells: number;
  readonly #row: number;
  readonly #pages: CellPages;

  constructor(
    memory: SharedWords,
    layout: StickLayout,
    owners: Owners,
    journal: StickJournal,
    shards: StickShards,
    reserve: Reserve,
  ) {
    this.#pages = new CellPages(reserve, 1);
    this.#memory = memory;
    this.#words = memory.words;
    this.#layout = layout;
    this.#owners = owners;
    this.#journal = journal;
    this.#shards = shards;
    this.#cells = this.#cellsOf(owners.row);
    this.#row = owners.at(owners.row);
  }

  /** The entry of a hold; 0 or less when nothing is held under that number. */
  entryOf(hold: number): number {
    return this.#words[this.#cells + hold]!;
  }

  /** All of our own. */
  visit(visit: (hold: number) => void): void {
    const last = this.#words[this.#row + ownerWord.holdFresh]!;
    for (let hold = 1; hold <= last; hold++) if (this.entryOf(hold) > 0) visit(hold);
  }

  /** Told to the journal. 0 when we hold as many as can be, or the system has no memory for more. */
  take(entry: number): number {
    const words = this.#words;
    let hold = words[this.#row + ownerWord.holdFree]!;
    if (hold !== 0) this.#journal.set(this.#row + ownerWord.holdFree, -words[this.#cells + hold]! - 1);
    else {
      hold = words[this.#row + ownerWord.holdFresh]! + 1;
      if (hold > this.#layout.room.holds || !this.#pages.has(hold - 1, this.#cells + hold)) return 0;
      this.#journal.set(this.#row + ownerWord.holdFresh, hold);
    }
    this.#journal.set(this.#cells + hold, entry);
    return hold;
  }

  /** Told to the journal. */
  release(hold: number): void {
    this.#journal.set(this.#cells + hold, -this.#words[this.#row + ownerWord.holdFree]! - 1);
    this.#journal.set(this.#row + ownerWord.holdFree, hold);
  }

  /** `letGo` tells the journal what an entry loses with a hold. Answers how many dead owners are no more. */
  recover(letGo: (entry: number) => void): number {
    const rows = this.#layout.room.owners;
    let dead: number[] = [];
    for (let row = 0; row < rows; row++) if (this.#owners.isDead(row)) dead.push(row);
    if (dead.length === 0) return 0;
    const guard = this.#layout.shards;
    if (!this.#journal.lock(guard)) return 0;
    // Somebody else may have recovered them meanwhile, and others may have taken their rows.
    dead = dead.filter((row) => this.#owners.isDead(row));
    let recovered = 0;
    if (this.#takeLocks()) for (const row of dead) if (this.#empty(row, letGo)) recovered++;
    this.#journal.unlock(guard);
    return recovered;
  }

  /** Lets go of everything that we hold, and of the row. */
  close(letGo: (entry: number) => void): void {
    this.#empty(this.#owners.row, letGo);
  }

  /**
   * Every lock that is held is waited for, or taken over: whoever lives may be writing out the journal of one of the dead just
   * now, and the words of its row are among them. False when one could not be had.
   */
  #takeLocks(): boolean {
    for (let shard = 0; shard < this.#layout.shards; shard++) {
      if (Atomics.load(this.#words, this.#layout.shardsAt + shard * shardWords + shardWord.lock) === 0) continue;
      if (!this.#journal.lock(shard)) return false;
      this.#journal.unlock(shard);
    }
    return true;
  }

  #empty(row: number, letGo: (entry: number) => void): boolean {
    const words = this.#words;
    const cells = this.#cellsOf(row);
    const rowAt = this.#owners.at(row);
    const last = words[rowAt + ownerWord.holdFresh]!;
    for (let hold = 1; hold <= last; hold++) {
      const entry = words[cells + hold]!;
      if (entry > 0) {
        if (!this.#shards.open(this.#shards.shardOf(entry))) return false;
        letGo(entry);
        this.#journal.set(cells + hold, -1);
        this.#journal.commitAndUnlock();
      }
    }
    // Whoever dies in here leaves free cells of no list, in a row that is recovered again: nothing is lost.
    this.#memory.put(rowAt + ownerWord.holdFree, 0);
    this.#memory.put(rowAt + ownerWord.holdFresh, 0);
    this.#owners.free(row);
    return true;
  }

  #cellsOf(row: number): number {
    return this.#layout.holdsAt + row * this.#layout.room.holds - 1;
  }
}
