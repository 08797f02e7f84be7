// A response on its way into the cache: fills the node that its lease made. Bytes are copied without the lock, for nobody else
// writes there and the node is held; `written` is stored after them. Room for a body whose length is known is taken ahead of its bytes, at
// the start or, where that would keep others waiting, a piece with each append: who reads along waits for it, so that it cannot
// run out under them. When the node was taken away meanwhile (purged, replaced, its shard wiped) the draft goes on for those who
// read along, and ends where there are none.

import { type CacheDraft, type CacheFacts, cacheState, draftEnd } from "../cache.ts";
import { writeFacts } from "./facts.ts";
import { extentUnitsMax, shardWord as S, unitBytes } from "./layout.ts";
import { broken, extent as E, extentHeadBytes, node as N, unitsFor, wordsFor } from "./node.ts";
import type { StoreParts } from "./parts.ts";

/** The first piece of a body whose length is not known; each further one is as large as all before it, up to the largest extent. */
const guessBytes = 8192;
/** So much room is taken at once: more of it, where thousands of small ones have to go for it, would take longer than others wait. */
const reservedBytes = 2 ** 20;

export class StoreDraft implements CacheDraft {
  ending: number = draftEnd.none;
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #node: number;
  readonly #cell: number;
  #isEnded = false;
  #headBytes = 0;
  /** When it began by the clock here, for what makes room for it (sweep.ts): `storedMs` may be of another machine. */
  readonly #nowMs: number;
  /** Of the body; -1 unknown. */
  #known = -1;
  #written = 0;
  /** Where the next byte goes, and where the piece ends. */
  #at = 0;
  #pieceEnd = 0;
  /** Of the chain, the extent that is written to, and how much of the body is before it; 0: it is the first piece. */
  #extent = 0;
  #before = 0;
  /** Of the body, what there is room for. */
  #covered = 0;

  /** Holds the node by the cell. */
  constructor(parts: StoreParts, node: number, cell: number, nowMs: number) {
    this.#nowMs = nowMs;
    this.#parts = parts;
    this.#words = parts.shard.words;
    this.#bytes = parts.shard.bytes;
    this.#node = node;
    this.#cell = cell;
  }

  get isLost(): boolean {
    return this.#isEnded || Atomics.load(this.#words, this.#node + N.isLinked) === 0;
  }

  begin(facts: CacheFacts, head: Uint8Array, headStart: number, headEnd: number, tags: Uint8Array): boolean {
    if (this.#isEnded) return false;
    const { shard, index } = this.#parts;
    const words = this.#words;
    const node = this.#node;
    this.#headBytes = headEnd - headStart;
    this.#known = facts.bodyBytes;
    if (!shard.openOf(node)) return this.#fail(false);
    if (this.#isTooLarge(Math.max(this.#known, 0))) return this.#refuse();
    if (words[node + N.isLinked] === 0 || !this.#place(tags.length)) return this.#fail(true);
    this.#bytes.set(head.subarray(headStart, headEnd), words[node + N.headAt]! * 4);
    this.#bytes.set(tags, words[node + N.tagsAt]! * 4);
    writeFacts(shard, node, facts);
    words[node + N.bodyBytes] = this.#known;
    for (let other = index.sibling(node); other !== 0; other = index.sibling(node, other)) words[other + N.claim] = 0;
    index.setState(node, cacheState.filling);
    shard.close();
    return true;
  }

  append(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isEnded) return false;
    if (this.#covered < this.#known && !this.#reserveMore()) return false;
    const total = this.#written + (end - start);
    if (this.#known >= 0 && total > this.#known) return this.#fail(this.#parts.shard.openOf(this.#node));
    if (this.#isTooLarge(total)) return this.#parts.shard.openOf(this.#node) ? this.#refuse() : this.#fail(false);
    while (start < end) {
      if (this.#at === this.#pieceEnd && !this.#grow(total)) return false;
      const count = Math.min(end - start, this.#pieceEnd - this.#at);
      this.#bytes.set(bytes.subarray(start, start + count), this.#at);
      this.#at += count;
      this.#written += count;
      start += count;
      Atomics.store(this.#words, this.#node + N.written, this.#written);
    }
    return true;
  }

  finish(): void {
    if (this.#isEnded) return;
    const { shard, index, nodes, pins } = this.#parts;
    const words = this.#words;
    const node = this.#node;
    const isCutShort = this.#known >= 0 && this.#written !== this.#known;
    if (isCutShort || words[node + N.state] !== cacheState.filling || !shard.openOf(node)) return this.drop();
    this.#trim();
    words[node + N.bodyBytes] = this.#written;
    index.setState(node, cacheState.whole);
    if (words[node + N.isLinked] === 1) {
      for (let other = index.sibling(node); other !== 0; other = index.sibling(node)) nodes.remove(other);
      nodes.enter(node, this.#nowMs);
    }
    this.#isEnded = true;
    pins.release(this.#cell);
    shard.close();
  }

  drop(): void {
    if (!this.#isEnded) this.#fail(this.#parts.shard.openOf(this.#node));
  }

  /**
   * Where head, tags and the beginning of the body stand: all behind the key where they fit; otherwise in an extent, the head with
   * them unless it fits behind the key and the extent is smaller without it.
   */
  #place(tagsBytes: number): boolean {
    const words = this.#words;
    const node = this.#node;
    const known = this.#known;
    const fixed = aligned(this.#headBytes) + aligned(tagsBytes);
    let headAt = words[node + N.headAt]!;
    let startAt = headAt + fixed / 4;
    let room = words[node + N.units]! * unitBytes - (startAt - node) * 4;
    if (known < 0 || known > room) {
      const wanted = known < 0 ? guessBytes : known;
      const isApart = room >= 0 && unitsFor(wanted) < unitsFor(fixed + wanted);
      const before = isApart ? 0 : fixed;
      const main = this.#parts.nodes.grow(node, before + wanted, before, this.#nowMs);
      if (main === 0) return false;
      words[node + N.main] = main;
      if (!isApart) headAt = main + E.data;
      startAt = main + E.data + before / 4;
      room = words[main + E.units]! * unitBytes - extentHeadBytes - before;
    }
    words[node + N.headAt] = headAt;
    words[node + N.headBytes] = this.#headBytes;
    words[node + N.headRoom] = aligned(this.#headBytes);
    words[node + N.tagsAt] = headAt + aligned(this.#headBytes) / 4;
    words[node + N.tagsBytes] = tagsBytes;
    words[node + N.startAt] = startAt;
    words[node + N.startBytes] = room;
    this.#at = startAt * 4;
    this.#pieceEnd = this.#at + room;
    this.#covered = room;
    return this.#reserve();
  }

  /** More room for a body whose length is known, with the shard open. False: there is none. */
  #reserve(): boolean {
    const enough = Math.min(this.#known, this.#covered + reservedBytes);
    while (this.#covered < enough) if (this.#chain(this.#known - this.#covered) === 0) return false;
    return true;
  }

  #reserveMore(): boolean {
    const { shard } = this.#parts;
    if (!shard.openOf(this.#node)) return this.#fail(false);
    if (!this.#reserve()) return this.#fail(true);
    shard.close();
    return true;
  }

  /** Another extent at the end, for so much or less; 0 without room. With the shard open. */
  #chain(bytes: number): number {
    const words = this.#words;
    const node = this.#node;
    const most = extentUnitsMax * unitBytes - extentHeadBytes;
    const extent = this.#parts.nodes.grow(node, Math.min(bytes, most), 1, this.#nowMs);
    if (extent === 0) return 0;
    const last = words[node + N.bodyLast]!;
    Atomics.store(words, last === 0 ? node + N.bodyFirst : last + E.next, extent);
    words[node + N.bodyLast] = extent;
    this.#covered += words[extent + E.units]! * unitBytes - extentHeadBytes;
    return extent;
  }

  /** On to the next extent, of a body that will have so many bytes at least. */
  #grow(total: number): boolean {
    const { shard } = this.#parts;
    const words = this.#words;
    const node = this.#node;
    // Who is not found is held by nobody else from then on.
    const isUnwanted = Atomics.load(words, node + N.isLinked) === 0 && Atomics.load(words, node + N.refs) === 1;
    if (isUnwanted) return this.#fail(shard.openOf(node));
    let extent = words[this.#extent === 0 ? node + N.bodyFirst : this.#extent + E.next]!;
    if (extent === 0) {
      if (!shard.openOf(node)) return this.#fail(false);
      const more = this.#known < 0 ? Math.max(total - this.#written, this.#written) : this.#known - this.#written;
      extent = this.#chain(more);
      if (extent === 0) return this.#fail(true);
      shard.close();
    }
    this.#extent = extent;
    this.#before = this.#written;
    this.#at = (extent + E.data) * 4;
    this.#pieceEnd = extent * 4 + words[extent + E.units]! * unitBytes;
    return true;
  }

  #trim(): void {
    const words = this.#words;
    const node = this.#node;
    const last = words[node + N.bodyLast]!;
    const main = words[node + N.main]!;
    if (last !== 0) this.#parts.nodes.trim(node, last, this.#written - this.#before);
    else if (main !== 0) {
      this.#parts.nodes.trim(node, main, (words[node + N.startAt]! - main - E.data) * 4 + this.#written);
      words[node + N.startBytes] = this.#written;
    }
  }

  #isTooLarge(bodyBytes: number): boolean {
    return this.#headBytes + bodyBytes > this.#parts.shard.layout.objectBytesMax;
  }

  /** With the shard open. */
  #refuse(): false {
    this.#words[this.#parts.shard.at + S.misfits]!++;
    return this.#fail(true, draftEnd.tooLarge);
  }

  /** Gone, for everybody. */
  #fail(isOpen: boolean, ending: number = draftEnd.noRoom): false {
    const { shard, index, nodes, pins } = this.#parts;
    this.ending = this.isLost ? draftEnd.lost : ending;
    this.#isEnded = true;
    if (isOpen) {
      index.setState(this.#node, broken);
      nodes.remove(this.#node);
      pins.release(this.#cell);
      shard.close();
    } else {
      // Whoever finds it takes it away, at the latest who holds it last.
      Atomics.store(this.#words, this.#node + N.state, broken);
      pins.letGo(this.#cell);
    }
    return false;
  }
}

const aligned = (bytes: number): number => wordsFor(bytes) * 4;
