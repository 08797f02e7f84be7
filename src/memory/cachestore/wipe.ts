// Emptying a shard whose lock was taken over. Nothing that stands in it is believed but what living processes hold, by their
// cells: those nodes keep their places and extents, are found by nobody, and are freed with their last pin. Of a node that is
// held each link is in order at any moment, for links are stored after what they lead to; only a head may stand in two
// places while it is replaced. A link that leads nowhere all the same is cut. What becomes free may have been lent, as nobody knows any
// more: its pages are taken out of the file before anything is written to them. It allocates; it is not on the way of traffic.
// A cache that no plan has any more is emptied in the same way.

import { cacheState } from "../cache.ts";
import type { Owners } from "../owners.ts";
import { extentUnitsMax, header, pageUnits, shardWord as S, shardWords, unitWords } from "./layout.ts";
import { broken, extent as E, node as N } from "./node.ts";
import { detachUnits, renewUnits, type StorePages } from "./pages.ts";
import type { StoreParts } from "./parts.ts";
import type { StorePins } from "./pins.ts";
import type { StoreShard } from "./shard.ts";
import { type StoreUnits, toPageEnd } from "./units.ts";

type WipeParts = Pick<StoreParts, "shard" | "owners" | "units" | "pins" | "pages">;

export class StoreWipe {
  readonly #shard: StoreShard;
  readonly #words: Int32Array;
  readonly #owners: Owners;
  readonly #units: StoreUnits;
  readonly #pins: StorePins;
  readonly #pages: StorePages | null;
  /** A byte for each unit that is held. */
  #marks: Uint8Array = new Uint8Array();

  constructor({ shard, owners, units, pins, pages }: WipeParts) {
    this.#shard = shard;
    this.#words = shard.words;
    this.#owners = owners;
    this.#units = units;
    this.#pins = pins;
    this.#pages = pages;
  }

  /** The shard that is open. `isForGood`: nothing new is asked of it, so the pages of all that is free go back to the system. */
  run(isForGood = false): void {
    const words = this.#words;
    const { at, bucketsAt, layout } = this.#shard;
    const wipes = words[at + S.wipes]!;
    const { evictions, refusals, misfits } = S;
    const [kept1, kept2, kept3] = [words[at + evictions]!, words[at + refusals]!, words[at + misfits]!];
    const unready = words[at + S.unready]!;
    const isClosed = isForGood || words[at + S.isClosed] !== 0;
    // What has memory stays known: whoever wipes may be ended in here as well.
    words.fill(0, at + 1, at + S.unready);
    if (isForGood && this.#pages !== null) words[at + S.isClosed] = 1;
    words.fill(0, at + S.gone, at + shardWords);
    words.fill(0, bucketsAt, bucketsAt + layout.buckets);
    this.#marks = new Uint8Array(layout.units);
    const held = this.#held();
    for (const [node, refs] of held) this.#keep(node, refs);
    const ready = layout.units - unready;
    const heldUnits = this.#marks.reduce((sum, mark) => sum + mark, 0);
    const isReleased = isClosed && this.#pages !== null;
    if (isReleased) words[at + S.unready] = layout.units - this.#releaseFree(ready);
    else if (Atomics.load(words, header.lent) !== 0) this.#renewFree(ready);
    words[at + S.gone] = isReleased ? layout.units - words[at + S.unready]! - heldUnits : 0;
    this.#units.rebuild(this.#marks);
    words[at + S.looseUnits] = isReleased ? heldUnits : ready - words[at + S.freeUnits]!;
    words[at + S.wipes] = wipes + 1;
    words[at + evictions] = kept1;
    words[at + refusals] = kept2;
    words[at + misfits] = kept3;
  }

  /** What the living hold of this shard, and how often. Cells of the dead that lead here are emptied. */
  #held(): Map<number, number> {
    const words = this.#words;
    const held = new Map<number, number>();
    for (let row = 0; row < this.#owners.count; row++) {
      if (!this.#owners.isTaken(row)) continue;
      const isDead = this.#owners.isDead(row);
      const cells = this.#pins.cellsOf(row);
      const used = Math.min(this.#pins.usedOf(row), this.#shard.layout.room.pins);
      for (let cell = cells; cell < cells + used; cell++) {
        const node = words[cell]!;
        if (node === 0 || this.#unitOf(node) < 0) continue;
        if (isDead) words[cell] = 0;
        else held.set(node, (held.get(node) ?? 0) + 1);
      }
    }
    return held;
  }

  #keep(node: number, refs: number): void {
    const words = this.#words;
    words[node + N.refs] = refs;
    words[node + N.isLinked] = 0;
    words[node + N.queue] = 0;
    const state = words[node + N.state]!;
    const isUnderWay = state === cacheState.fetching || state === cacheState.filling;
    if (isUnderWay && this.#owners.isAbandoned(words[node + N.writer]!)) Atomics.store(words, node + N.state, broken);
    let weight = words[node + N.units]!;
    this.#mark(node, weight);
    if (words[node + N.head] === words[node + N.formerHeads]) words[node + N.head] = 0;
    // They stand alone; a head may have been about to lead to the former ones.
    for (const link of [N.head, N.main])
      if (this.#unitOf(words[node + link]!) >= 0) words[words[node + link]! + E.next] = 0;
    for (const link of [N.head, N.main, N.formerHeads, N.bodyFirst]) weight += this.#keepChain(node + link);
    words[node + N.weight] = weight;
  }

  #keepChain(link: number): number {
    const words = this.#words;
    let units = 0;
    while (words[link] !== 0) {
      const extent = words[link]!;
      const size = this.#unitOf(extent) < 0 ? 0 : words[extent + E.units]!;
      if (size < 1 || size > extentUnitsMax || !this.#mark(extent, size)) words[link] = 0;
      else {
        units += size;
        link = extent + E.next;
      }
    }
    return units;
  }

  /** All whole pages that nobody holds: what was lent are some of these. Those that stay in the file, or find no memory again, are nobody's, and not free. */
  #renewFree(ready: number): void {
    this.#forFree(ready, (first, units) => renewUnits(this.#pages, this.#shard.unitsAt + first * unitWords, units));
  }

  /**
   * Back to the system for good. What began before this may ask for more, as a cache does that is not full yet: answers up to where it has
   * memory, all of it held or nobody's.
   */
  #releaseFree(ready: number): number {
    this.#forFree(ready, (first, units) => detachUnits(this.#pages, this.#shard.unitsAt + first * unitWords, units));
    let end = ready;
    while (end > 0 && this.#marks[end - 1] === 0) end--;
    const kept = Math.min(toPageEnd(end), ready);
    this.#marks.fill(1, 0, kept);
    return kept;
  }

  /** Said of whole pages that are free, with a first unit and a count. False: these are not free. */
  #forFree(ready: number, each: (first: number, units: number) => boolean): void {
    const marks = this.#marks;
    for (let unit = 0; unit < ready; ) {
      let end = unit;
      while (end < ready && marks[end] === 0) end++;
      const [first, stop] = [toPageEnd(unit), end & -pageUnits];
      if (stop > first && !each(first, stop - first)) marks.fill(1, first, stop);
      unit = end + 1;
    }
  }

  /** False: not in this shard, or held by others already. */
  #mark(address: number, units: number): boolean {
    const unit = this.#unitOf(address);
    const marks = this.#marks;
    if (unit < 0 || unit + units > marks.length) return false;
    for (let index = unit; index < unit + units; index++) if (marks[index] !== 0) return false;
    marks.fill(1, unit, unit + units);
    return true;
  }

  /** -1 where none of this shard begins. */
  #unitOf(address: number): number {
    const unit = (address - this.#shard.unitsAt) / unitWords;
    return Number.isInteger(unit) && unit >= 0 && unit < this.#shard.layout.units ? unit : -1;
  }
}
