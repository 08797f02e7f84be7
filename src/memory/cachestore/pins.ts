// What each process holds: a cell in its row for each entry and draft, with the node in it, and a count in the node. Both change
// under the lock of the node's shard, so that what a process that was killed in between has left is a shard to be wiped, where
// counts are made anew from the cells. What a dead one held is let go of by who recovers it: one process at a time, at last its
// row is free for others.

import { cacheState } from "../cache.ts";
import { CellPages, type Reserve } from "../cellpages.ts";
import type { Owners } from "../owners.ts";
import { ownerWord } from "./layout.ts";
import { broken, node as N } from "./node.ts";
import type { StoreNodes } from "./nodes.ts";
import type { StoreShard } from "./shard.ts";

export class StorePins {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #owners: Owners;
  readonly #nodes: StoreNodes;
  readonly #cells: number;
  readonly #usedAt: number;
  readonly #pages: CellPages;
  readonly #free: number[] = [];
  /** Cells that could not be let go of when it was their time. */
  readonly #late: number[] = [];

  constructor(shard: StoreShard, owners: Owners, nodes: StoreNodes, reserve: Reserve) {
    this.#pages = new CellPages(reserve, 1);
    this.#shard = shard;
    this.#words = shard.words;
    this.#owners = owners;
    this.#nodes = nodes;
    this.#cells = this.cellsOf(owners.row);
    this.#usedAt = owners.at(owners.row) + ownerWord.pinsUsed;
  }

  /** First cell of a row. */
  cellsOf(row: number): number {
    return this.#shard.layout.pinsAt + row * this.#shard.layout.room.pins;
  }

  /** How many cells of a row were ever used. */
  usedOf(row: number): number {
    return this.#words[this.#owners.at(row) + ownerWord.pinsUsed]!;
  }

  /** Answers the cell; 0 when we hold as many as can be, or the system has no memory for more. */
  take(node: number): number {
    const words = this.#words;
    let cell = this.#free.pop() ?? 0;
    if (cell === 0) {
      const used = words[this.#usedAt]!;
      if (used >= this.#shard.layout.room.pins || !this.#pages.has(used, this.#cells + used)) return 0;
      words[this.#usedAt] = used + 1;
      cell = this.#cells + used;
    }
    words[cell] = node;
    words[node + N.refs]!++;
    return cell;
  }

  /** With the node's shard open. */
  release(cell: number): void {
    const node = this.#words[cell]!;
    this.#words[cell] = 0;
    this.#free.push(cell);
    this.#nodes.letGo(node);
  }

  /** Now, or when its shard is to be had. */
  letGo(cell: number): void {
    this.settle();
    if (!this.#letGo(cell)) this.#late.push(cell);
  }

  /** Lets go of what could not be let go of before, where its shard is to be had by now. */
  settle(): void {
    while (this.#late.length > 0 && this.#letGo(this.#late.at(-1)!)) this.#late.pop();
  }

  #letGo(cell: number): boolean {
    if (!this.#shard.openOf(this.#words[cell]!)) return false;
    this.release(cell);
    this.#shard.close();
    return true;
  }

  /** Answers how many dead owners are no more. */
  recover(): number {
    const rows: number[] = [];
    for (let row = 0; row < this.#owners.count; row++) if (this.#owners.isDead(row)) rows.push(row);
    if (rows.length === 0 || !this.#shard.takeGuard()) return 0;
    this.#shard.takeAbandoned(this.#owners);
    let recovered = 0;
    // Somebody else may have recovered them meanwhile, and others may have taken their rows.
    for (const row of rows) if (this.#owners.isDead(row) && this.#empty(row)) recovered++;
    this.#shard.releaseGuard();
    return recovered;
  }

  /** Lets go of everything that we hold, and of the row. */
  close(): void {
    this.#empty(this.#owners.row);
  }

  #empty(row: number): boolean {
    const words = this.#words;
    const cells = this.cellsOf(row);
    const writer = this.#owners.lockWord(row);
    for (let cell = cells + this.usedOf(row) - 1; cell >= cells; cell--) {
      const node = words[cell]!;
      if (node === 0) continue;
      if (!this.#shard.openOf(node)) return false;
      // Whoever wiped the shard meanwhile has emptied the cell.
      if (words[cell] === node) this.#drop(cell, node, writer);
      this.#shard.close();
    }
    words[this.#owners.at(row) + ownerWord.pinsUsed] = 0;
    this.#owners.free(row);
    return true;
  }

  #drop(cell: number, node: number, writer: number): void {
    const words = this.#words;
    words[cell] = 0;
    const state = words[node + N.state]!;
    if (words[node + N.writer] === writer && (state === cacheState.fetching || state === cacheState.filling)) {
      this.#nodes.setState(node, broken);
      this.#nodes.remove(node);
    }
    this.#nodes.letGo(node);
  }
}
