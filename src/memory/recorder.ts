// The pen of the flight recorder: one worker's ring of what became of its last exchanges, in a file that control maps too
// (recorderlayout.ts draws it). It knows rings, numbers and texts, not exchanges: flow/recording.ts fills a record in between `begin`
// and `end`. Nothing waits, nothing is made anew, and who dies in between loses that one record: numbers go on behind it, for a
// record is only there when its two sequence words agree. Readers see what they read twice the same, or not at all.

import { copyBytes } from "../base/copybytes.ts";
import { putIPv4 } from "../base/ipv4text.ts";
import { headerWord, recordBytes, recordCell, recordsAt, recordWord, ringAt, ringCell } from "./recorderlayout.ts";
import { SharedWords } from "./sharedwords.ts";

const recordWords = recordBytes / 4;
const encoder = new TextEncoder();

export class RecorderRing {
  /** The same file in several widths; who fills a record in writes these by `at`. */
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly floats: Float32Array;
  readonly cells: Float64Array;
  readonly bytes: Uint8Array;
  /** Some text did not find the room that it would have needed. */
  isCut = false;
  readonly #memory: SharedWords;
  readonly #entries: number;
  readonly #recordsWord: number;
  readonly #nextCell: number;
  #number: number;
  #slot: number;

  /** The bytes have been formatted, and `worker` is one that they have a ring for. `memory` is for tests. */
  constructor(bytes: Uint8Array, worker: number, memory: SharedWords = new SharedWords(bytes)) {
    const { buffer, byteOffset, byteLength } = bytes;
    this.bytes = bytes;
    this.words = memory.words;
    this.halves = new Uint16Array(buffer, byteOffset, Math.floor(byteLength / 2));
    this.floats = new Float32Array(buffer, byteOffset, Math.floor(byteLength / 4));
    this.cells = new Float64Array(buffer, byteOffset, Math.floor(byteLength / 8));
    this.#memory = memory;
    this.#entries = this.words[headerWord.entries]!;
    this.#recordsWord = recordsAt(this.words[headerWord.workers]!, this.#entries, worker) / 4;
    this.#nextCell = ringAt(worker) / 8 + ringCell.next;
    this.#number = this.cells[this.#nextCell]!;
    this.#slot = this.#number % this.#entries;
    this.#goBehind();
  }

  /** Whoever had this seat may have died behind a record and in front of counting it. */
  #goBehind(): void {
    const word = this.#recordsWord + this.#slot * recordWords;
    const low = this.#number | 0;
    const isWhole = this.words[word + recordWord.begun] === low && this.words[word + recordWord.ended] === low;
    if (isWhole && this.cells[word / 2 + recordCell.number] === this.#number) this.#advance();
  }

  /** Answers the index of its first word. */
  begin(): number {
    const word = this.#recordsWord + this.#slot * recordWords;
    this.isCut = false;
    this.#memory.put(word + recordWord.begun, this.#number | 0);
    this.cells[(word >> 1) + recordCell.number] = this.#number;
    return word;
  }

  end(word: number): void {
    this.#memory.store(word + recordWord.ended, this.#number | 0);
    this.#advance();
  }

  #advance(): void {
    this.#number++;
    if (++this.#slot === this.#entries) this.#slot = 0;
    this.cells[this.#nextCell] = this.#number;
  }

  /** source[start, end) at this byte, at most so much of it. Answers how much that was. */
  put(at: number, source: Uint8Array, start: number, end: number, bytesMax: number): number {
    // A head that was refused in the middle of a line may tell of one that ends before it starts.
    let size = Math.max(end - start, 0);
    if (size > bytesMax) {
      this.isCut = true;
      size = bytesMax;
    }
    copyBytes(source, start, start + size, this.bytes, at);
    return size;
  }

  /** The text of an IPv4 address. Answers its length. */
  ipv4(at: number, address: number): number {
    return putIPv4(this.bytes, at, address) - at;
  }

  /** As UTF-8, at most so many bytes of it. */
  text(at: number, text: string, bytesMax: number): number {
    const size = text.length;
    if (size > bytesMax) return this.#encode(at, text, bytesMax);
    const target = this.bytes;
    for (let index = 0; index < size; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return this.#encode(at, text, bytesMax);
      target[at + index] = code;
    }
    return size;
  }

  #encode(at: number, text: string, bytesMax: number): number {
    const { read, written } = encoder.encodeInto(text, this.bytes.subarray(at, at + bytesMax));
    if (read < text.length) this.isCut = true;
    return written;
  }
}
