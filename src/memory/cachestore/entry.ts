// What was found, for who shows it: a view of a node that it holds. State, facts and head are as they were when it was found;
// how much of the body is there is asked for each time, without a lock. Entries are used again after their release.

import { assert } from "../../base/assert.ts";
import { type CacheEntry, type CacheFacts, cacheFlag, cacheState } from "../cache.ts";
import { StoreFacts, writeFacts } from "./facts.ts";
import { header, unitBytes } from "./layout.ts";
import { broken, extent as E, extentHeadBytes, node as N } from "./node.ts";
import { lentUnitsMax } from "./pages.ts";
import type { StoreParts } from "./parts.ts";
import { isClaimed } from "./standing.ts";
import { ownsPages } from "./units.ts";
import { outdate } from "./walk.ts";

export class StoreEntry implements CacheEntry {
  state = 0;
  readonly facts: StoreFacts = new StoreFacts();
  readonly bytes: Uint8Array;
  headStart = 0;
  headEnd = 0;
  runStart = 0;
  runEnd = 0;
  hits = 0;
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  #node = 0;
  #cell = 0;
  /** The piece of the body that was asked for last: its extent (0 is the first piece), body bytes from and to, where they stand. */
  #extent = 0;
  #pieceStart = 0;
  #pieceEnd = 0;
  #pieceAt = 0;
  /** Ours, by which the node knows it; 0 without. */
  #claim = 0;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.bytes = parts.shard.bytes;
    this.#words = parts.shard.words;
  }

  /** With the node's shard open. */
  show(node: number, cell: number): void {
    const words = this.#words;
    this.#node = node;
    this.#cell = cell;
    this.state = words[node + N.state]!;
    this.hits = words[node + N.hits]!;
    this.#rewind();
    this.#readHead();
  }

  get written(): number {
    return Atomics.load(this.#words, this.#node + N.written);
  }

  get isWhole(): boolean {
    return Atomics.load(this.#words, this.#node + N.state) === cacheState.whole;
  }

  get isBroken(): boolean {
    const node = this.#node;
    const state = Atomics.load(this.#words, node + N.state);
    if (state === broken) return true;
    if (state !== cacheState.fetching && state !== cacheState.filling) return false;
    // A lease that was taken away will not be filled.
    if (state === cacheState.fetching && Atomics.load(this.#words, node + N.isLinked) === 0) return true;
    return this.#parts.writers.isGone(this.#words[node + N.writer]!);
  }

  get isRoomy(): boolean {
    const words = this.#words;
    const node = this.#node;
    const { bodyBytes } = this.facts;
    if (bodyBytes < 0) return false;
    let room = words[node + N.startBytes]!;
    let extent = Atomics.load(words, node + N.bodyFirst);
    while (extent !== 0 && room < bodyBytes) {
      room += words[extent + E.units]! * unitBytes - extentHeadBytes;
      extent = Atomics.load(words, extent + E.next);
    }
    return room >= bodyBytes;
  }

  run(at: number): boolean {
    const { written } = this;
    if (at < 0 || at >= written) return false;
    if (at < this.#pieceStart) this.#rewind();
    while (at >= this.#pieceEnd) if (!this.#step()) return false;
    this.runStart = this.#pieceAt + (at - this.#pieceStart);
    this.runEnd = this.#pieceAt + (Math.min(this.#pieceEnd, written) - this.#pieceStart);
    return true;
  }

  lend(): number {
    const words = this.#words;
    const node = this.#node;
    const { pages } = this.#parts;
    if (pages === null || pages.descriptor < 0) return -1;
    const extent = this.#extent === 0 ? words[node + N.main]! : this.#extent;
    if (extent === 0 || !ownsPages(words[extent + E.units]!)) return -1;
    // One that grows may be cut shorter than its pages; and of one that is held no more others may be the pages.
    if (this.#cell === 0 || !this.isWhole || words[node + N.weight]! > lentUnitsMax) return -1;
    if (Atomics.load(words, node + N.lent) === 0) {
      Atomics.store(words, header.lent, 1);
      Atomics.store(words, node + N.lent, 1);
    }
    return pages.descriptor;
  }

  claim(nowMs: number, forMs: number): boolean {
    const words = this.#words;
    const { shard, writers } = this.#parts;
    const node = this.#node;
    writers.nowMs = nowMs;
    if (!this.#open()) return false;
    const isFree = this.#isAsFound && !isClaimed(this.#parts, node, nowMs);
    if (isFree) {
      this.#claim = this.#parts.nextClaim();
      words[node + N.claimer] = shard.mine;
      words[node + N.claim] = this.#claim;
      shard.doubles[(node + N.claimUntilMs) / 2] = nowMs + forMs;
    }
    shard.close();
    return isFree;
  }

  freshen(facts: CacheFacts, head: Uint8Array, headStart: number, headEnd: number): void {
    const words = this.#words;
    const { shard, nodes } = this.#parts;
    const node = this.#node;
    if (!this.#open()) return;
    const wasPurged = !this.#isClaimed && (words[node + N.flags]! & cacheFlag.isPurged) !== 0;
    if (this.#placeHead(headEnd - headStart, facts.storedMs)) {
      shard.bytes.set(head.subarray(headStart, headEnd), words[node + N.headAt]! * 4);
      words[node + N.headBytes] = headEnd - headStart;
      writeFacts(shard, node, facts);
      if (wasPurged) words[node + N.flags]! |= cacheFlag.isPurged;
      this.#endClaim();
      this.#readHead();
    } else {
      // No room for what is true now: it is to be fetched anew.
      this.#endClaim();
      nodes.remove(node);
    }
    shard.close();
  }

  giveUp(): void {
    if (this.#claim === 0 || !this.#open()) return;
    this.#endClaim();
    this.#parts.shard.close();
  }

  outdate(): void {
    if (!this.#open()) return;
    outdate(this.#words, this.#node);
    this.#parts.shard.close();
  }

  remove(): void {
    if (!this.#open()) return;
    this.#parts.nodes.remove(this.#node);
    this.#parts.shard.close();
  }

  release(): void {
    assert(this.#cell !== 0, "an entry is released once");
    this.giveUp();
    this.#claim = 0;
    const cell = this.#cell;
    this.#cell = 0;
    this.#parts.pins.letGo(cell);
    this.#parts.putBack(this);
  }

  #open(): boolean {
    if (this.#cell === 0) assert(false, "an entry is asked after its release");
    return this.#parts.shard.openOf(this.#node);
  }

  /** Neither freshened nor replaced since it was found: who had the task may have ended it between that and a claim. */
  get #isAsFound(): boolean {
    const words = this.#words;
    const { doubles } = this.#parts.shard;
    const node = this.#node;
    const { flags, bornMs, storedMs, freshForMs } = this.facts;
    if (words[node + N.isLinked] === 0 || words[node + N.flags] !== flags) return false;
    const isBorn = doubles[(node + N.bornMs) / 2] === bornMs && doubles[(node + N.storedMs) / 2] === storedMs;
    return isBorn && doubles[(node + N.freshForMs) / 2] === freshForMs;
  }

  get #isClaimed(): boolean {
    const words = this.#words;
    const isOurs = words[this.#node + N.claimer] === this.#parts.shard.mine;
    return isOurs && this.#claim !== 0 && words[this.#node + N.claim] === this.#claim;
  }

  #endClaim(): void {
    if (this.#isClaimed) this.#words[this.#node + N.claim] = 0;
    this.#claim = 0;
  }

  /** Room for a head that others do not read: where the former one stands, if only we hold it. */
  #placeHead(bytes: number, nowMs: number): boolean {
    const words = this.#words;
    const node = this.#node;
    if (words[node + N.refs] === 1 && bytes <= words[node + N.headRoom]!) return true;
    const { nodes } = this.#parts;
    const extent = nodes.grow(node, bytes, bytes, nowMs);
    if (extent === 0) return false;
    if (!nodes.replaceHead(node, extent)) {
      nodes.takeBack(node, extent);
      return false;
    }
    words[node + N.headAt] = extent + E.data;
    words[node + N.headRoom] = words[extent + E.units]! * unitBytes - extentHeadBytes;
    return true;
  }

  #readHead(): void {
    const words = this.#words;
    this.facts.read(this.#parts.shard, this.#node);
    this.headStart = words[this.#node + N.headAt]! * 4;
    this.headEnd = this.headStart + words[this.#node + N.headBytes]!;
  }

  #rewind(): void {
    this.#extent = 0;
    this.#pieceStart = 0;
    this.#pieceEnd = this.#words[this.#node + N.startBytes]!;
    this.#pieceAt = this.#words[this.#node + N.startAt]! * 4;
  }

  #step(): boolean {
    const words = this.#words;
    const extent = Atomics.load(words, this.#extent === 0 ? this.#node + N.bodyFirst : this.#extent + E.next);
    if (extent === 0) return false;
    this.#extent = extent;
    this.#pieceStart = this.#pieceEnd;
    this.#pieceEnd += words[extent + E.units]! * unitBytes - extentHeadBytes;
    this.#pieceAt = (extent + E.data) * 4;
    return true;
  }
}
