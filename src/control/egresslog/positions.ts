// How far logs have been read: a row for each file in a shared file of control's own, so that neither the end of a run nor a crash
// makes a line count twice or not at all. It knows numbers and a few bytes, nothing of logs. A row is written after every line, for
// a word in memory costs a nanosecond; what a crash can spoil is the one line that was being told.
//
//   row   0  the path, two words      8  flags, one word     12  bytes of the mark
//        16  device   24  inode   32  offset   40  where the mark ends   (doubles)
//        48  the mark, two words: the hash of what stood in the file just before that place, by which another is told from this one

import { hashBytes, hashString } from "../../base/hash.ts";

const headBytes = 16;
const rowBytes = 56;
const magic = 0x534c_4f47;
const version = 1;
/** A few lines: times stand in them. */
export const markBytesMax = 1024;

const word = { first: 0, second: 1, flags: 2, markLength: 3, mark: 12 } as const;
const double = { device: 2, inode: 3, offset: 4, markAt: 5 } as const;
const flag = { isKnown: 1, isSkipping: 2 } as const;

export class Positions {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #rows: number;

  static bytesFor(rows: number): number {
    return headBytes + rows * rowBytes;
  }

  static format(bytes: Uint8Array, rows: number): void {
    bytes.fill(0, 0, Positions.bytesFor(rows));
    new Int32Array(bytes.buffer, bytes.byteOffset, headBytes / 4).set([magic, version, rows, 0]);
  }

  static isFormatted(bytes: Uint8Array, rows: number): boolean {
    if (rows < 0 || bytes.length < Positions.bytesFor(rows)) return false;
    const head = new Int32Array(bytes.buffer, bytes.byteOffset, headBytes / 4);
    return head[0] === magic && head[1] === version && head[2] === rows;
  }

  /** Null: it is none of ours, or was cut short. */
  static rowsIn(bytes: Uint8Array): number | null {
    if (bytes.length < headBytes) return null;
    const rows = new Int32Array(bytes.buffer, bytes.byteOffset, headBytes / 4)[2]!;
    return Positions.isFormatted(bytes, rows) ? rows : null;
  }

  /** Of a file that is formatted. */
  constructor(bytes: Uint8Array) {
    this.#rows = new Int32Array(bytes.buffer, bytes.byteOffset, headBytes / 4)[2]!;
    const length = this.#rows * rowBytes;
    const at = bytes.byteOffset + headBytes;
    this.#bytes = new Uint8Array(bytes.buffer, at, length);
    this.#words = new Int32Array(bytes.buffer, at, length / 4);
    this.#doubles = new Float64Array(bytes.buffer, at, length / 8);
  }

  /** Rows for these paths and no others, in their order. Those that had one go on where they were. */
  adopt(paths: readonly string[]): LogPosition[] {
    const wanted = new Map(paths.map((path) => [nameOf(path), path]));
    const rows = new Map<string, number>();
    const free: number[] = [];
    for (let row = this.#rows - 1; row >= 0; row--) {
      const name = this.#nameAt(row);
      if (name !== null && wanted.has(name)) rows.set(name, row);
      else {
        // What was known of its member goes with the member: when it comes back, its log is read as for the first time.
        if (name !== null) this.#bytes.fill(0, row * rowBytes, (row + 1) * rowBytes);
        free.push(row);
      }
    }
    return paths.map((path) => {
      const row = rows.get(nameOf(path)) ?? free.pop()!; // There are as many rows as paths.
      const position = this.#at(row);
      if (!rows.has(nameOf(path))) position.claim(path);
      rows.set(nameOf(path), row);
      return position;
    });
  }

  /** What another file of positions says of these paths. */
  carry(from: Positions, paths: readonly string[]): void {
    const known = from.#named();
    for (const [index, position] of this.adopt(paths).entries()) {
      const row = known.get(nameOf(paths[index]!));
      if (row !== undefined) position.copy(from.#at(row));
    }
  }

  /** Everything is read for the first time. */
  clear(): void {
    this.#bytes.fill(0);
  }

  #named(): Map<string, number> {
    const rows = new Map<string, number>();
    for (let row = 0; row < this.#rows; row++) {
      const name = this.#nameAt(row);
      if (name !== null) rows.set(name, row);
    }
    return rows;
  }

  #at(row: number): LogPosition {
    return new LogPosition(this.#words, this.#doubles, this.#bytes, row * rowBytes);
  }

  #nameAt(row: number): string | null {
    const at = (row * rowBytes) / 4;
    const first = this.#words[at + word.first]!;
    return first === 0 ? null : `${first} ${this.#words[at + word.second]}`;
  }
}

function wordsOf(path: string): readonly [number, number] {
  return [hashString(path, 1) | 1, hashString(path, 2) | 0];
}

function hashOf(bytes: Uint8Array, start: number, end: number): readonly [number, number] {
  return [hashBytes(bytes, start, end, 3) | 0, hashBytes(bytes, start, end, 4) | 0];
}

function nameOf(path: string): string {
  return wordsOf(path).join(" ");
}

/** Of one file. */
export class LogPosition {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #at: number;

  constructor(words: Int32Array, doubles: Float64Array, bytes: Uint8Array, at: number) {
    this.#words = words;
    this.#doubles = doubles;
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Whether anything was ever said of this file, also that it is not there. */
  get isKnown(): boolean {
    return (this.#flags & flag.isKnown) !== 0;
  }

  /** What comes is the rest of a line that is not to be read. */
  get isSkipping(): boolean {
    return (this.#flags & flag.isSkipping) !== 0;
  }

  set isSkipping(is: boolean) {
    this.#flags = is ? this.#flags | flag.isSkipping : this.#flags & ~flag.isSkipping;
  }

  get offset(): number {
    return this.#doubles[this.#at / 8 + double.offset]!;
  }

  set offset(offset: number) {
    this.#doubles[this.#at / 8 + double.offset] = offset;
  }

  /** The mark is of these bytes of the file; none where they are the same place. */
  get markAt(): readonly [from: number, to: number] {
    const to = this.#doubles[this.#at / 8 + double.markAt]!;
    return [to - this.#words[this.#at / 4 + word.markLength]!, to];
  }

  /** Whether the mark is of these, which stand there. */
  isMarked(bytes: Uint8Array): boolean {
    const at = this.#at / 4 + word.mark;
    const [first, second] = hashOf(bytes, 0, bytes.length);
    return this.#words[at] === first && this.#words[at + 1] === second;
  }

  isOf(device: number, inode: number): boolean {
    const at = this.#at / 8;
    return this.#doubles[at + double.device] === device && this.#doubles[at + double.inode] === inode;
  }

  get inode(): number {
    return this.#doubles[this.#at / 8 + double.inode]!;
  }

  /** The first byte of another file, or of what it has become; 0 and 0 for one that is not there. */
  begin(device: number, inode: number): void {
    const at = this.#at / 8;
    this.#words[this.#at / 4 + word.markLength] = 0;
    this.#doubles[at + double.markAt] = 0;
    this.#doubles[at + double.offset] = 0;
    this.#doubles[at + double.device] = device;
    this.#doubles[at + double.inode] = inode;
    this.#flags = flag.isKnown;
  }

  /** bytes[end - 1] is the last byte before `offset`; so many of them as `from` allows are kept. */
  keepMark(bytes: Uint8Array, from: number, end: number, offset: number): void {
    const length = Math.min(markBytesMax, end - from);
    const at = this.#at / 4;
    // None while it is half written.
    this.#words[at + word.markLength] = 0;
    const [first, second] = hashOf(bytes, end - length, end);
    this.#words[at + word.mark] = first;
    this.#words[at + word.mark + 1] = second;
    this.#doubles[this.#at / 8 + double.markAt] = offset;
    this.#words[at + word.markLength] = length;
  }

  claim(path: string): void {
    this.#bytes.fill(0, this.#at, this.#at + rowBytes);
    const [first, second] = wordsOf(path);
    this.#words[this.#at / 4 + word.second] = second;
    this.#words[this.#at / 4 + word.first] = first;
  }

  copy(from: LogPosition): void {
    const bytes = from.#bytes.subarray(from.#at + 8, from.#at + rowBytes);
    this.#bytes.set(bytes, this.#at + 8);
  }

  get #flags(): number {
    return this.#words[this.#at / 4 + word.flags]!;
  }

  set #flags(flags: number) {
    this.#words[this.#at / 4 + word.flags] = flags;
  }
}
