// Reads header blocks (RFC 7541, 3 and 6) of one connection, in the order they came, for each may change the dynamic table that
// the next one is read by. What is not a block is refused and the connection has to end, since the table is out of step then.
// A field is put together in the room of the section that it goes to, and from there into the table. Once the section is too
// large nothing is copied to it: what a table still needs is put together in a scratch of its size, and the rest only counted.

import { copyBytes } from "../../../base/copybytes.ts";
import { DynamicTable } from "./dynamictable.ts";
import type { FieldSection } from "./fieldsection.ts";
import { decodedBytesMax, decodeHuffman } from "./huffman.ts";
import { staticBytes, staticCount, staticNameBytes, staticStart, staticValueBytes } from "./statictable.ts";

/** Room for 32-bit numbers, and for a few zeros in front of small ones (RFC 7541, 5.1, leaves the limit to us). */
const continuationBytesMax = 5;
/** RFC 7541, 4.2: the smallest size since the last block, and the one in force. */
const sizeUpdatesMax = 2;

/** For entries of the table whose section is too large to hold them; one for all, since a block is read at one go. */
let scratch = new Uint8Array(0);

export class HpackDecoder {
  readonly #tableBytesMax: number;
  readonly #table: DynamicTable;
  /** What is read next. */
  #at = 0;
  // The name of the literal at hand: an index, or a string of the block. And its value.
  #nameIndex = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #isNameHuffman = false;
  #valueStart = 0;
  #valueEnd = 0;
  #isValueHuffman = false;
  // What came of putting it together.
  #nameBytes = 0;
  #valueBytes = 0;

  /**
   * `tableBytesMax`: SETTINGS_HEADER_TABLE_SIZE that we have told. Below 4096, which holds until a client has read our settings,
   * its first blocks could be by a larger table than ours.
   */
  constructor(tableBytesMax: number) {
    this.#tableBytesMax = tableBytesMax;
    this.#table = new DynamicTable(tableBytesMax);
    if (scratch.length < tableBytesMax) scratch = new Uint8Array(tableBytesMax);
  }

  /**
   * Decodes bytes[start, end), one whole header block, into `into`, which is cleared first. False is COMPRESSION_ERROR: the
   * connection has to end.
   */
  decode(bytes: Uint8Array, start: number, end: number, into: FieldSection): boolean {
    into.clear();
    this.#at = start;
    if (!this.#sizeUpdates(bytes, end)) return false;
    while (this.#at < end) {
      const byte = bytes[this.#at]!;
      if ((byte & 0x80) !== 0) {
        if (!this.#indexed(this.#integer(bytes, end, 0x7f), into)) return false;
      } else if ((byte & 0x40) !== 0) {
        if (!this.#literal(bytes, end, 0x3f, true, into)) return false;
      } else {
        // A size update behind a field. Literals that may not be indexed and those that may never be are one to who reads them.
        if ((byte & 0x20) !== 0 || !this.#literal(bytes, end, 0x0f, false, into)) return false;
      }
    }
    return true;
  }

  /** RFC 7541, 6.3: only at the beginning of a block. */
  #sizeUpdates(bytes: Uint8Array, end: number): boolean {
    for (let count = 0; this.#at < end && (bytes[this.#at]! & 0xe0) === 0x20; count++) {
      const size = this.#integer(bytes, end, 0x1f);
      if (count === sizeUpdatesMax || size < 0 || size > this.#tableBytesMax) return false;
      this.#table.resize(size);
    }
    return true;
  }

  /** RFC 7541, 6.1. */
  #indexed(index: number, into: FieldSection): boolean {
    if (index <= 0) return false;
    if (index <= staticCount) {
      into.add(staticBytes, staticStart[index]!, staticNameBytes[index]!, staticValueBytes[index]!);
      return true;
    }
    const table = this.#table;
    const entry = index - staticCount - 1;
    if (entry >= table.count) return false;
    into.add(table.bytes, table.start(entry), table.nameBytes(entry), table.valueBytes(entry));
    return true;
  }

  /** RFC 7541, 6.2. */
  #literal(bytes: Uint8Array, end: number, prefixMask: number, isIndexed: boolean, into: FieldSection): boolean {
    const index = this.#integer(bytes, end, prefixMask);
    if (index < 0 || index > staticCount + this.#table.count) return false;
    this.#nameIndex = index;
    if (index === 0) {
      if (!this.#string(bytes, end)) return false;
      this.#nameStart = this.#valueStart;
      this.#nameEnd = this.#valueEnd;
      this.#isNameHuffman = this.#isValueHuffman;
    }
    if (!this.#string(bytes, end)) return false;

    return into.isTooLarge ? this.#pass(bytes, isIndexed, into) : this.#keep(bytes, isIndexed, into);
  }

  #keep(bytes: Uint8Array, isIndexed: boolean, into: FieldSection): boolean {
    const at = into.end;
    const limit = into.room(this.#literalBytesMax());
    if (!this.#put(bytes, into.bytes, at, limit)) return false;
    into.take(this.#nameBytes, this.#valueBytes);
    if (!isIndexed) return true;
    if (!into.isTooLarge) {
      this.#table.insert(into.bytes, at, this.#nameBytes, this.#valueBytes);
    } else {
      // It is this field that is too much, and so it is not whole there.
      this.#put(bytes, scratch, 0, scratch.length);
      this.#table.insert(scratch, 0, this.#nameBytes, this.#valueBytes);
    }
    return true;
  }

  #pass(bytes: Uint8Array, isIndexed: boolean, into: FieldSection): boolean {
    if (!this.#put(bytes, scratch, 0, isIndexed ? scratch.length : 0)) return false;
    into.take(this.#nameBytes, this.#valueBytes);
    if (isIndexed) this.#table.insert(scratch, 0, this.#nameBytes, this.#valueBytes);
    return true;
  }

  /** Bytes that the literal at hand has at most. */
  #literalBytesMax(): number {
    const value = this.#valueEnd - this.#valueStart;
    const valueBytes = this.#isValueHuffman ? decodedBytesMax(value) : value;
    const index = this.#nameIndex;
    if (index > staticCount) return this.#table.nameBytes(index - staticCount - 1) + valueBytes;
    if (index > 0) return staticNameBytes[index]! + valueBytes;
    const name = this.#nameEnd - this.#nameStart;
    return (this.#isNameHuffman ? decodedBytesMax(name) : name) + valueBytes;
  }

  /** The literal at hand to target[at, limit), as much of it as fits there, and its lengths. */
  #put(bytes: Uint8Array, target: Uint8Array, at: number, limit: number): boolean {
    const index = this.#nameIndex;
    let end: number;
    if (index > staticCount) {
      const entry = index - staticCount - 1;
      const table = this.#table;
      end = putPlain(table.bytes, table.start(entry), table.nameBytes(entry), target, at, limit);
    } else if (index > 0) {
      end = putPlain(staticBytes, staticStart[index]!, staticNameBytes[index]!, target, at, limit);
    } else if (this.#isNameHuffman) {
      end = decodeHuffman(bytes, this.#nameStart, this.#nameEnd, target, at, limit);
      if (end < 0) return false;
    } else {
      end = putPlain(bytes, this.#nameStart, this.#nameEnd - this.#nameStart, target, at, limit);
    }
    this.#nameBytes = end - at;
    const from = this.#valueStart;
    const valueEnd = this.#isValueHuffman
      ? decodeHuffman(bytes, from, this.#valueEnd, target, end, limit)
      : putPlain(bytes, from, this.#valueEnd - from, target, end, limit);
    this.#valueBytes = valueEnd - end;
    return valueEnd >= 0;
  }

  /** RFC 7541, 5.2: where a string of the block lies, as the value at hand. */
  #string(bytes: Uint8Array, end: number): boolean {
    if (this.#at >= end) return false;
    this.#isValueHuffman = (bytes[this.#at]! & 0x80) !== 0;
    const length = this.#integer(bytes, end, 0x7f);
    if (length < 0 || length > end - this.#at) return false;
    this.#valueStart = this.#at;
    this.#at += length;
    this.#valueEnd = this.#at;
    return true;
  }

  /** RFC 7541, 5.1: the integer that begins in the low bits of the next byte, which there is; -1 if it is refused. */
  #integer(bytes: Uint8Array, end: number, prefixMask: number): number {
    let at = this.#at;
    let value = bytes[at++]! & prefixMask;
    if (value === prefixMask) {
      const last = Math.min(end, at + continuationBytesMax);
      let factor = 1;
      let byte = 0x80;
      while (byte >= 0x80) {
        if (at === last) return -1;
        byte = bytes[at++]!;
        value += (byte & 0x7f) * factor;
        factor *= 0x80;
      }
    }
    this.#at = at;
    return value;
  }
}

/** As much as fits before `limit`; the return is where all of it would end. */
function putPlain(
  source: Uint8Array,
  start: number,
  size: number,
  target: Uint8Array,
  at: number,
  limit: number,
): number {
  if (at + size <= limit) copyBytes(source, start, start + size, target, at);
  return at + size;
}
