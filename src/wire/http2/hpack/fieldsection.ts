// The fields of one header block, in order: their names and values as bytes, one behind the other, and where each lies. It is
// used again for every block of all connections of a worker, so it grows to what is needed and stays so. It keeps no more fields
// and bytes than it may: beyond that it counts only, for the size of a field section (RFC 9113, 6.5.2) is told to the peer, and
// the dynamic table has to be kept in step whether or not the fields are wanted. What names and values may hold is judged above.

import { copyBytes } from "../../../base/copybytes.ts";

/** What RFC 7541, 4.1, and RFC 9113, 6.5.2, count for each field beside its name and value. */
export const fieldOverheadBytes = 32;

const spanWords = 4;
const fieldsAtFirst = 32;
const bytesAtFirst = 4096;

export class FieldSection {
  /** Names and values. */
  bytes: Uint8Array;
  /** [nameStart, nameEnd, valueStart, valueEnd] each, in `bytes`. */
  spans: Int32Array;
  /** Fields that are kept. */
  count = 0;
  /** Sum of name, value and 32 of each (RFC 9113, 6.5.2), of all fields, kept or not. */
  listBytes = 0;
  /** More fields or bytes than may be: what is kept is not whole, the table is in step all the same. */
  isTooLarge = false;
  readonly #fieldsMax: number;
  readonly #bytesMax: number;
  #length = 0;

  constructor(fieldsMax: number, bytesMax: number) {
    this.#fieldsMax = fieldsMax;
    this.#bytesMax = bytesMax;
    this.bytes = new Uint8Array(Math.min(bytesAtFirst, bytesMax));
    this.spans = new Int32Array(Math.min(fieldsAtFirst, fieldsMax) * spanWords);
  }

  clear(): void {
    this.count = 0;
    this.listBytes = 0;
    this.isTooLarge = false;
    this.#length = 0;
  }

  /** Where the bytes of the next field begin. */
  get end(): number {
    return this.#length;
  }

  /** Makes room at `end` for up to `size` bytes of the next field, or for as many as may be, and says where the room ends. */
  room(size: number): number {
    const length = Math.min(this.#length + size, this.#bytesMax);
    if (length > this.bytes.length) this.#growBytes(length);
    return this.bytes.length;
  }

  /**
   * Counts a field, and keeps it if it fits: its bytes stand at `end` then, in the room that was made. Once one does not fit none
   * is kept, so that what is kept ends before the first that is missing.
   */
  take(nameBytes: number, valueBytes: number): void {
    const start = this.#length;
    const nameEnd = start + nameBytes;
    const valueEnd = nameEnd + valueBytes;
    this.listBytes += valueEnd - start + fieldOverheadBytes;
    if (this.isTooLarge || this.count === this.#fieldsMax || valueEnd > this.#bytesMax) {
      this.isTooLarge = true;
      return;
    }
    const at = this.count * spanWords;
    if (at === this.spans.length) this.#growSpans();
    const spans = this.spans;
    spans[at] = start;
    spans[at + 1] = nameEnd;
    spans[at + 2] = nameEnd;
    spans[at + 3] = valueEnd;
    this.count++;
    this.#length = valueEnd;
  }

  /** Takes a field whose name and value stand behind one another in `source` from `start` on. */
  add(source: Uint8Array, start: number, nameBytes: number, valueBytes: number): void {
    const size = nameBytes + valueBytes;
    if (!this.isTooLarge && this.room(size) - this.#length >= size)
      copyBytes(source, start, start + size, this.bytes, this.#length);
    this.take(nameBytes, valueBytes);
  }

  #growBytes(length: number): void {
    const larger = new Uint8Array(Math.min(this.#bytesMax, Math.max(this.bytes.length * 2, length)));
    larger.set(this.bytes.subarray(0, this.#length));
    this.bytes = larger;
  }

  #growSpans(): void {
    const larger = new Int32Array(Math.min(this.#fieldsMax * spanWords, this.spans.length * 2));
    larger.set(this.spans);
    this.spans = larger;
  }
}
