// One access log, followed: each look reads what has come since the last, line by line, and never more than a part at a time. A log
// is told by its inode and by the bytes before the place where the reading stands, so that one that was renamed is read to its
// end before its successor is begun, and one that was cut short, or written over, is begun anew. A line that has no end yet
// waits; one that is too long is passed over and counted.
//
//   path > stat: same inode and the mark is there    read on
//                another inode                       the former, renamed: its rest first; those between; then this from 0
//                shorter, or the mark is not there   the copy of it, where there is one: its rest first; those between; then this from 0
//                nothing                             whatever comes is new: from 0

import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { type LogPosition, markBytesMax } from "./positions.ts";
import { hasMark, type Rest, readFlags } from "./rest.ts";
import { type FileMoment, isRotated, successorOf } from "./successor.ts";

export interface LineSink {
  /** bytes[start] to bytes[end - 1], without the line's end. The bytes are written over afterwards. */
  line(bytes: Buffer, start: number, end: number): void;
  /** Longer than `lineBytesMax`. */
  long(): void;
  read(bytes: number): void;
}

export interface TailOptions {
  readonly path: string;
  readonly position: LogPosition;
  /** What stands in it when it is seen for the first time is read too. */
  readonly isFromStart: boolean;
  /** Keep it open between looks: then nothing has to be looked for when it is rotated. */
  readonly isHeld: boolean;
  readonly sink: LineSink;
  readonly rest: Rest;
  /** Used by all tails in turn; `chunkBytes` long. */
  readonly buffer: Buffer;
}

export const lineBytesMax = 65_536;
export const chunkBytes: number = 4 * lineBytesMax;
/** What writes it opens the new one a moment after the old was renamed, and each of its processes by itself. */
const graceMs = 1000;
const newline = 10;

export class Tail {
  readonly path: string;
  readonly #options: TailOptions;
  /** Why it cannot be read; null when it can, or is not there. */
  problem: string | null = null;
  isAbsent = false;
  /** The file that the position is about, whatever it is called now. */
  #file: number | null = null;
  /** What was copied of it before it was cut. */
  #copy: number | null = null;
  /** When it was written to last, of one that has been read to its end: cut and grown to the very same length, it would else look like that. */
  #restedMs = Number.NaN;
  /** Until when one that was renamed may still be written to; 0 while that is not known. */
  #graceEndMs = 0;
  /** Which file was in its place when that began. */
  #graceInode = 0;
  /** The file that the position is about, when it was looked at last. */
  #seen: FileMoment | null = null;

  constructor(options: TailOptions) {
    this.#options = options;
    this.path = options.path;
  }

  /** Until when its successor has to wait, for one that was renamed may still be written to; 0: for nothing. */
  waitsUntilMs(nowMs: number): number {
    return this.#graceEndMs > nowMs ? this.#graceEndMs : 0;
  }

  /** Where the reading is to begin, of a log that was never seen: what comes from now on is new, however late it is looked at. */
  meet(): void {
    if (!this.#options.position.isKnown) this.read(0);
  }

  /** Reads a part of what has come. True: there is more. */
  read(nowMs: number): boolean {
    try {
      const isMore = this.#read(nowMs);
      if (!isMore && !this.#options.isHeld) this.#closeFile();
      return isMore;
    } catch (error) {
      this.problem = reasonOf(error as NodeJS.ErrnoException);
      this.close();
      return false;
    }
  }

  close(): void {
    this.#closeFile();
    if (this.#copy !== null) closeSync(this.#copy);
    this.#copy = null;
  }

  #read(nowMs: number): boolean {
    const { position, isFromStart } = this.#options;
    const found = statSync(this.path, { throwIfNoEntry: false });
    this.isAbsent = found === undefined;
    this.problem = found?.isFile() === false ? "it is no file" : null;
    const stat = found?.isFile() === true ? found : undefined;
    if (!position.isKnown) {
      if (stat !== undefined) return this.#meet(stat, isFromStart);
      // Whatever comes is new.
      position.begin(0, 0);
      return false;
    }
    if (position.inode === 0) return this.#begin(stat);
    return stat !== undefined && position.isOf(stat.dev, stat.ino) ? this.#stay(stat) : this.#follow(stat, nowMs);
  }

  /** It is the same file, or was cut. */
  #stay(stat: Stats): boolean {
    const { position, rest } = this.#options;
    this.#graceEndMs = 0;
    if (this.#copy !== null) {
      if (this.#readPart(this.#copy)) return true;
      this.#seen = fstatSync(this.#copy);
      closeSync(this.#copy);
      this.#copy = null;
      return this.#goOn(stat);
    }
    const isAsLong = stat.size === position.offset;
    if (isAsLong && (stat.size === 0 || stat.mtimeMs === this.#restedMs)) {
      this.#seen = stat;
      return false;
    }
    const file = this.#open(stat);
    if (file === null) return true;
    if (stat.size >= position.offset && hasMark(file, position)) {
      this.#seen = stat;
      if (!isAsLong) return this.#readPart(file);
      this.#restedMs = stat.mtimeMs;
      return false;
    }
    this.#copy = rest.copied(this.path, position);
    return this.#copy !== null || this.#goOn(stat);
  }

  /** It was renamed or removed: first its rest, then what is in its place. */
  #follow(stat: Stats | undefined, nowMs: number): boolean {
    const { position, rest } = this.#options;
    this.#file ??= rest.renamed(this.path, position);
    if (this.#file !== null) {
      if (this.#readPart(this.#file)) return true;
      if (stat === undefined) return false;
      if (this.#graceEndMs === 0 || this.#graceInode !== stat.ino) this.#graceEndMs = nowMs + graceMs;
      this.#graceInode = stat.ino;
      if (nowMs < this.#graceEndMs) return false;
      this.#seen = fstatSync(this.#file);
    }
    return this.#goOn(stat);
  }

  /** What the position is about has been read to its end: on with the one that was written after it. */
  #goOn(stat: Stats | undefined): boolean {
    const { position, rest } = this.#options;
    this.#closeFile();
    // Without a former nothing tells which others have been read already.
    if (this.#seen === null) return this.#begin(stat);
    const candidates = rest.beside(this.path, isRotated);
    const next = successorOf({ path: this.path, candidates, former: this.#seen, position, current: stat });
    if (next === null) return this.#begin(stat);
    // Found again by its inode, whatever it is called by then.
    this.#seen = next;
    position.begin(next.dev, next.ino);
    return true;
  }

  /** From its first byte. */
  #begin(stat: Stats | undefined): boolean {
    this.#graceEndMs = 0;
    this.#seen = stat ?? null;
    this.#options.position.begin(stat?.dev ?? 0, stat?.ino ?? 0);
    return (stat?.size ?? 0) > 0;
  }

  /** Seen for the first time. */
  #meet(stat: Stats, isFromStart: boolean): boolean {
    const { position } = this.#options;
    if (isFromStart || stat.size === 0) return this.#begin(stat);
    const file = this.#open(stat);
    if (file === null) return true;
    const end = Buffer.alloc(markBytesMax);
    const from = Math.max(0, stat.size - end.length);
    const got = readSync(file, end, 0, stat.size - from, from);
    position.begin(stat.dev, stat.ino);
    // A line that has begun is not ours.
    position.isSkipping = end[got - 1] !== newline;
    position.offset = from + got;
    position.keepMark(end, 0, got, from + got);
    return false;
  }

  #open({ dev, ino }: Stats): number | null {
    if (this.#file !== null) return this.#file;
    const file = openSync(this.path, readFlags);
    const found = fstatSync(file);
    if (found.dev === dev && found.ino === ino) {
      this.#file = file;
      return file;
    }
    // It was rotated just now: the next look sees to that.
    closeSync(file);
    return null;
  }

  #closeFile(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** True: there may be more. */
  #readPart(file: number): boolean {
    const { buffer, position, sink } = this.#options;
    const base = position.offset;
    const got = readSync(file, buffer, 0, chunkBytes, base);
    if (got === 0) return false;
    let at = 0;
    for (let end = firstEnd(buffer, 0, got); end >= 0; end = firstEnd(buffer, at, got)) {
      if (position.isSkipping) position.isSkipping = false;
      else if (end - at > lineBytesMax) sink.long();
      else if (end > at) sink.line(buffer, at, end);
      at = end + 1;
      position.offset = base + at;
    }
    if (position.isSkipping) at = got;
    else if (got - at > lineBytesMax) {
      sink.long();
      position.isSkipping = true;
      at = got;
    }
    position.offset = base + at;
    if (at > 0) position.keepMark(buffer, 0, at, base + at);
    sink.read(at);
    return got === chunkBytes;
  }
}

function firstEnd(bytes: Buffer, from: number, end: number): number {
  const at = bytes.indexOf(newline, from);
  return at < end ? at : -1;
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EACCES" || code === "EPERM") return "it may not be read by this user";
  if (code === "EMFILE" || code === "ENFILE") return "too many files are open";
  return message;
}
