// The reading side of the flight recorder: one record at a time, taken out of the file into memory of its own and found whole, or
// not at all. It knows where things stand (recorderlayout.ts) and gives numbers and bytes; what slots are called, and what may be
// shown of bytes that came from somewhere, is for control to say. Tens of thousands a second are read while somebody follows a
// stream: reading makes no objects, and takes of the texts only what is there.

import {
  headerWord,
  hitsLengthAt,
  hitsMax,
  pathLengthAt,
  recordBytes,
  recordCell,
  recordFlag,
  recordHalf,
  recordsAt,
  recordWord,
  ringAt,
  ringCell,
  textAt,
  textBytesMax,
  textLength,
} from "./recorderlayout.ts";

export type TextName = keyof typeof textLength | "path";

const headWords = textAt / 4;
/** Behind the last of the lengths that are a byte. */
const lengthsEnd = textLength.server + 1;

export class RecorderReader {
  readonly workers: number;
  readonly entries: number;
  /** The record that was read last, in several widths. */
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly floats: Float32Array;
  readonly cells: Float64Array;
  readonly bytes: Uint8Array = new Uint8Array(recordBytes);
  readonly #fileWords: Int32Array;
  readonly #fileCells: Float64Array;

  /** The bytes have been formatted. */
  constructor(file: Uint8Array) {
    const { buffer } = this.bytes;
    this.words = new Int32Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.floats = new Float32Array(buffer);
    this.cells = new Float64Array(buffer);
    this.#fileWords = new Int32Array(file.buffer, file.byteOffset, Math.floor(file.byteLength / 4));
    this.#fileCells = new Float64Array(file.buffer, file.byteOffset, Math.floor(file.byteLength / 8));
    this.workers = this.#fileWords[headerWord.workers]!;
    this.entries = this.#fileWords[headerWord.entries]!;
  }

  /** Number of the record that this worker writes next. */
  next(worker: number): number {
    return this.#fileCells[ringAt(worker) / 8 + ringCell.next]!;
  }

  /** Number of the first record that was ever written here. */
  first(worker: number): number {
    return this.#fileCells[ringAt(worker) / 8 + ringCell.first]!;
  }

  /** Number of the oldest record that may still be there. */
  oldest(worker: number): number {
    return Math.max(this.first(worker), this.next(worker) - this.entries);
  }

  /** False: it is not there any more, is not there yet, or is being written. */
  read(worker: number, number: number): boolean {
    const word = (recordsAt(this.workers, this.entries, worker) + (number % this.entries) * recordBytes) / 4;
    const low = number | 0;
    if (number < this.first(worker)) return false;
    if (Atomics.load(this.#fileWords, word + recordWord.ended) !== low) return false;
    this.#copy(word);
    if (Atomics.load(this.#fileWords, word + recordWord.begun) !== low) return false;
    return this.words[recordWord.begun] === low && this.cells[recordCell.number] === number;
  }

  /** Behind its texts stays what was there before. */
  #copy(from: number): void {
    const { words } = this;
    const file = this.#fileWords;
    for (let word = 0; word < headWords; word++) words[word] = file[from + word]!;
    // What is torn may have any lengths.
    const { lengths } = recordWord;
    const size = bytesSum(words[lengths]!) + bytesSum(words[lengths + 1]!) + (words[lengths + 2]! & 0xffff);
    const end = headWords + ((Math.min(size, textBytesMax) + 3) >> 2);
    for (let word = headWords; word < end; word++) words[word] = file[from + word]!;
  }

  get number(): number {
    return this.cells[recordCell.number]!;
  }

  /** When it ended, by the wall clock. */
  get endedMs(): number {
    return this.cells[recordCell.startedMs]! + this.floats[recordWord.durationMs]!;
  }

  has(flag: number): boolean {
    return (this.words[recordWord.facts]! & flag) !== 0;
  }

  get kind(): number {
    return this.words[recordWord.facts]! & recordFlag.kindMask;
  }

  get method(): number {
    return (this.words[recordWord.facts]! >>> recordFlag.methodShift) & recordFlag.methodMask;
  }

  get status(): number {
    return this.words[recordWord.status]! & 0xffff;
  }

  get serverStatus(): number {
    return this.words[recordWord.status]! >>> 16;
  }

  get attempts(): number {
    return this.words[recordWord.tries]! & 0xffff;
  }

  /** By its place in the table of faults, from 1; 0 is none. */
  get fault(): number {
    return (this.words[recordWord.tries]! >>> 16) & 0xff;
  }

  get cache(): number {
    return this.words[recordWord.tries]! >>> 24;
  }

  get listener(): number {
    return this.words[recordWord.owners]! & 0xffff;
  }

  get pool(): number {
    return this.words[recordWord.owners]! >>> 16;
  }

  get server(): number {
    return this.words[recordWord.doors]! & 0xffff;
  }

  get egress(): number {
    return this.words[recordWord.doors]! >>> 16;
  }

  get rule(): number {
    return this.words[recordWord.rules]!;
  }

  /** How many rules there are whose conditions held. */
  get hits(): number {
    return Math.min(this.bytes[hitsLengthAt]!, hitsMax);
  }

  /** The slot of one of them. */
  hit(index: number): number {
    return this.halves[recordHalf.hits + index]!;
  }

  /** Where a text stands in `bytes`. */
  startOf(name: TextName): number {
    const { bytes } = this;
    const end = name === "path" ? lengthsEnd : textLength[name];
    let at = textAt;
    for (let length = textLength.client; length < end; length++) at += bytes[length]!;
    return at;
  }

  sizeOf(name: TextName): number {
    return name === "path" ? this.halves[pathLengthAt / 2]! : this.bytes[textLength[name]]!;
  }

  /** A view of it, good until the next `read`. */
  text(name: TextName): Uint8Array {
    const start = this.startOf(name);
    return this.bytes.subarray(start, start + this.sizeOf(name));
  }
}

/** Of the four in a word. */
function bytesSum(word: number): number {
  return (word & 0xff) + ((word >>> 8) & 0xff) + ((word >>> 16) & 0xff) + (word >>> 24);
}
