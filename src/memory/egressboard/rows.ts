// Which row is whose. A row is somebody's while its id has a length. From an id to its row leads an index without a lock: open
// addressing, at most half full, made anew beside the one in force whenever control has adopted others, and then put in its place at
// once. So nothing is ever taken out of it: what it says of a row that was given away is found to be wrong by comparing the id.

import { hashBytes, hashString } from "../../base/hash.ts";
import { changeCause, memberState, memberTimesMax, memberWord } from "../egress.ts";
import type { BoardFile } from "./file.ts";
import { header, idBytesMax, idWords, rowWords } from "./layout.ts";

const rowBits = 17;
const rowMask: number = (1 << rowBits) - 1;
const encoder = new TextEncoder();

export class BoardRows {
  readonly #file: BoardFile;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** The same, of which a text is made without a view of it: thousands are made at a time. */
  readonly #texts: Buffer;
  readonly #rowsAt: number;
  readonly #timesAt: number;
  readonly #idsAt: number;
  readonly #indexAt: number;
  readonly #indexMask: number;
  readonly #seed: number;

  constructor(file: BoardFile) {
    const { layout } = file;
    this.#file = file;
    this.#words = file.words;
    this.#bytes = file.bytes;
    this.#texts = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
    this.#rowsAt = layout.rowsAt;
    this.#timesAt = layout.timesAt;
    this.#idsAt = layout.idsAt;
    this.#indexAt = layout.indexAt;
    this.#indexMask = layout.indexCells - 1;
    this.#seed = file.seed;
  }

  find(id: string): number {
    const words = this.#words;
    const mask = this.#indexMask;
    const hash = hashString(id, this.#seed);
    const tag = hash >>> rowBits;
    const at = this.#indexAt + (Atomics.load(words, header.index) & 1) * (mask + 1);
    // Half of it is empty; of one that is not, as of a file that something else has written to, the end is never to be met.
    for (let step = 0, slot = hash & mask; step <= mask; step++, slot = (slot + 1) & mask) {
      const cell = words[at + slot]!;
      if (cell === 0) return 0;
      if (cell >>> rowBits === tag && this.#isIdOf((cell & rowMask) - 1, id)) return this.rowAt((cell & rowMask) - 1);
    }
    return 0;
  }

  rowAt(number: number): number {
    return this.#rowsAt + number * rowWords;
  }

  numberOf(row: number): number {
    return (row - this.#rowsAt) / rowWords;
  }

  timesOf(row: number): number {
    return this.#timesAt + this.numberOf(row) * memberTimesMax;
  }

  /** Of any word. */
  isNamed(row: number): boolean {
    const number = this.numberOf(row);
    return (
      Number.isInteger(number) &&
      number >= 0 &&
      number < this.#file.layout.shape.members &&
      this.#lengthOf(number) !== 0
    );
  }

  idOf(row: number): string {
    const number = this.numberOf(row);
    const start = this.#startOf(number);
    return this.#texts.toString("utf8", start, start + this.#lengthOf(number));
  }

  visit(visit: (row: number, id: string) => void): void {
    for (let number = 0; number < this.used; number++)
      if (this.#lengthOf(number) !== 0) visit(this.rowAt(number), this.idOf(this.rowAt(number)));
  }

  /** How many were ever used. */
  get used(): number {
    return Math.min(Atomics.load(this.#words, header.rows), this.#file.layout.shape.members);
  }

  // ---- with the lock ----

  /** Of one that was wiped. */
  name(row: number, id: string, nowMs: number): void {
    const { memory, doubles } = this.#file;
    const number = this.numberOf(row);
    const at = this.#idsAt + number * idWords;
    doubles[(row + memberWord.sinceMs) / 2] = nowMs;
    memory.put(row + memberWord.cause, changeCause.added);
    memory.put(row + memberWord.state, memberState.available);
    if (number >= this.used) memory.store(header.rows, number + 1);
    const start = (at + 1) * 4;
    const { written } = encoder.encodeInto(id, this.#bytes.subarray(start, start + idBytesMax));
    memory.store(at, written);
  }

  /** Of one without a name. What is counted in flight is never overwritten: who counts does so without the lock. */
  wipe(row: number): void {
    // Of who never failed the pages of its times were never touched, and are not now.
    if (this.#words[row + memberWord.failed] !== 0 || this.#words[row + memberWord.timesCount] !== 0)
      this.#words.fill(0, this.timesOf(row), this.timesOf(row) + memberTimesMax);
    for (let word = 0; word < rowWords; word++) if (word !== memberWord.active) this.#file.memory.put(row + word, 0);
    const at = this.#idsAt + this.numberOf(row) * idWords;
    this.#words.fill(0, at + 1, at + idWords);
  }

  unname(row: number): void {
    const { memory } = this.#file;
    memory.store(row + memberWord.state, memberState.none);
    memory.store(this.#idsAt + this.numberOf(row) * idWords, 0);
  }

  // ---- for control, without the lock ----

  /** Only one process does so at a time. */
  reindex(): void {
    const { memory } = this.#file;
    const next = 1 - (Atomics.load(this.#words, header.index) & 1);
    const mask = this.#indexMask;
    const at = this.#indexAt + next * (mask + 1);
    this.#words.fill(0, at, at + mask + 1);
    for (let number = 0; number < this.used; number++) {
      if (this.#lengthOf(number) === 0) continue;
      const hash = this.#hashOf(number);
      let slot = hash & mask;
      while (this.#words[at + slot] !== 0) slot = (slot + 1) & mask;
      memory.put(at + slot, ((hash >>> rowBits) << rowBits) | (number + 1));
    }
    memory.store(header.index, next);
  }

  /** What is longer, or nothing, cannot be the id of a row. */
  static isId(id: string): boolean {
    return id !== "" && encoder.encode(id).length <= idBytesMax;
  }

  #lengthOf(number: number): number {
    return Math.min(Atomics.load(this.#words, this.#idsAt + number * idWords), idBytesMax);
  }

  /** Of the first byte of its text. */
  #startOf(number: number): number {
    return (this.#idsAt + number * idWords + 1) * 4;
  }

  /** As of its text, of which none is made where all of it is ASCII. */
  #hashOf(number: number): number {
    const start = this.#startOf(number);
    const end = start + this.#lengthOf(number);
    for (let at = start; at < end; at++)
      if (this.#bytes[at]! > 0x7f) return hashString(this.idOf(this.rowAt(number)), this.#seed);
    return hashBytes(this.#bytes, start, end, this.#seed);
  }

  #isIdOf(number: number, id: string): boolean {
    const length = this.#lengthOf(number);
    // In UTF-8 no text has fewer bytes than it has here.
    if (length < id.length) return false;
    const start = this.#startOf(number);
    for (let index = 0; index < id.length; index++) {
      const code = id.charCodeAt(index);
      if (code > 0x7f) return this.idOf(this.rowAt(number)) === id;
      if (code !== this.#bytes[start + index]) return false;
    }
    return length === id.length;
  }
}
