// The dynamic table of one connection (RFC 7541, 2.3.2 and 4): the fields that were told last, newest first. Names and values lie
// in one array of bytes in the order they came, each name with its value behind it:
//
//   | evicted | oldest … | … newest | free |      what is live never wraps: at the end of the array it is moved to the beginning
//
// and a ring of records says where. The live bytes are at most the size of the table, for each entry counts for 32 more than it
// holds, so the array has that size and never grows. Both are made at the first insert, for many connections never have one.

import { copyBytes } from "../../../base/copybytes.ts";
import { fieldOverheadBytes } from "./fieldsection.ts";

/** [start, nameBytes, valueBytes] each. */
const recordWords = 3;
const none = new Uint8Array(0);
const noRecords = new Int32Array(0);

export class DynamicTable {
  bytes: Uint8Array = none;
  /** Entries. */
  count = 0;
  /** As RFC 7541, 4.1, counts: with 32 for each entry. */
  size = 0;
  readonly #bytesMax: number;
  #sizeMax: number;
  #records: Int32Array = noRecords;
  /** A power of two less one. */
  readonly #mask: number;
  /** The number of the newest entry, which says its place in the ring. */
  #newest = -1;
  /** Where the next entry goes. */
  #end = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#sizeMax = bytesMax;
    const entriesMax = Math.max(1, Math.floor(bytesMax / fieldOverheadBytes));
    this.#mask = (1 << (32 - Math.clz32(entriesMax - 1))) - 1;
  }

  /** Where the name of an entry begins; the newest is 0. The value is behind it. */
  start(entry: number): number {
    return this.#records[this.#place(entry)]!;
  }

  nameBytes(entry: number): number {
    return this.#records[this.#place(entry) + 1]!;
  }

  valueBytes(entry: number): number {
    return this.#records[this.#place(entry) + 2]!;
  }

  /** At most what the table was made for. */
  resize(sizeMax: number): void {
    this.#sizeMax = sizeMax;
    while (this.size > sizeMax) this.#evict();
  }

  /**
   * An entry of `source`, which is not the table's own array. One that is larger than the table empties it and is not read.
   */
  insert(source: Uint8Array, start: number, nameBytes: number, valueBytes: number): void {
    const length = nameBytes + valueBytes;
    const size = length + fieldOverheadBytes;
    while (this.count > 0 && this.size + size > this.#sizeMax) this.#evict();
    if (size > this.#sizeMax) return;
    if (this.bytes === none) {
      this.bytes = new Uint8Array(this.#bytesMax);
      this.#records = new Int32Array((this.#mask + 1) * recordWords);
    }
    if (this.#end + length > this.#bytesMax) this.#compact();
    copyBytes(source, start, start + length, this.bytes, this.#end);
    this.#newest = (this.#newest + 1) & this.#mask;
    this.count++;
    this.size += size;
    const place = this.#newest * recordWords;
    this.#records[place] = this.#end;
    this.#records[place + 1] = nameBytes;
    this.#records[place + 2] = valueBytes;
    this.#end += length;
  }

  #place(entry: number): number {
    return ((this.#newest - entry) & this.#mask) * recordWords;
  }

  #evict(): void {
    const oldest = this.#place(this.count - 1);
    this.size -= this.#records[oldest + 1]! + this.#records[oldest + 2]! + fieldOverheadBytes;
    this.count--;
    if (this.count === 0) this.#end = 0;
  }

  /** Moves what is live to the beginning; there is at least one entry, or the end would stand there already. */
  #compact(): void {
    const shift = this.start(this.count - 1);
    this.bytes.copyWithin(0, shift, this.#end);
    this.#end -= shift;
    for (let entry = 0; entry < this.count; entry++) {
      const place = this.#place(entry);
      this.#records[place] = this.#records[place]! - shift;
    }
  }
}
