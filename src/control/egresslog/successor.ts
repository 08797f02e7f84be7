// Which file comes after one that has been read to its end, of a log that was rotated more than once since it was looked at: of those
// beside it that are called like it and a number or a date, the first that was written to later. It opens nothing but what it compares;
// where they lie is the caller's (rest.ts).
//
//   access.log   ->   access.log.1   access.log-20261122   access.log.2026-11-22T09   access-20261122.log      not  access.log.1.gz

import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { LogPosition } from "./positions.ts";
import { hasMark, isShortage, readFlags } from "./rest.ts";

/** What is known of a file that was read, or is being written. */
export interface FileMoment {
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
  /** 0 where the file system does not say. */
  readonly birthtimeMs: number;
}

export interface SuccessorOptions {
  /** Of the log. */
  readonly path: string;
  /** What lies beside it, and was it once by its name (`isRotated`). */
  readonly candidates: readonly string[];
  /** What was read last; the position is still about it. */
  readonly former: FileMoment;
  readonly position: LogPosition;
  /** What stands under the path now. */
  readonly current: FileMoment | undefined;
}

/** Of more files than these that nobody looked at only the last are read. */
export const betweenFilesMax = 64;
const headBytes = 1024;

const behindName = /^[-._]\d[-._:T\d]*$/;
/** Longer, for another log may have a short number there. */
const behindStem = /^[-._]\d[-._:T\d]{5,}$/;

/** Whether a file has the name of a log that was rotated, and was not compressed. */
export function isRotated(log: string, name: string): boolean {
  if (name.startsWith(log)) return behindName.test(name.slice(log.length));
  const dot = log.lastIndexOf(".");
  if (dot <= 0 || !name.startsWith(log.slice(0, dot)) || !name.endsWith(log.slice(dot))) return false;
  return behindStem.test(name.slice(dot, name.length - (log.length - dot)));
}

/** Null: there is none. */
export function successorOf(options: SuccessorOptions): FileMoment | null {
  const { path, candidates, former, position, current } = options;
  const later: { path: string; stat: FileMoment }[] = [];
  for (const candidate of candidates) {
    const stat = statSync(candidate, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size === 0 || isSame(stat, former)) continue;
    if (current !== undefined && isSame(stat, current)) continue;
    // One that was read before may have been written to late, but was made before.
    if (stat.mtimeMs > former.mtimeMs && stat.birthtimeMs >= former.birthtimeMs) later.push({ path: candidate, stat });
  }
  later.sort((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
  // A log that is cut stays the same file, and a copy of what stands in it now is being made of what comes last.
  const copiedFrom = current !== undefined && position.isOf(current.dev, current.ino) ? path : null;
  const first = later.slice(-betweenFilesMax).find((each) => !isCopy(each.path, position, copiedFrom));
  return first?.stat ?? null;
}

function isSame(one: { dev: number; ino: number }, other: { dev: number; ino: number }): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** Of what was read, or of what will be. */
function isCopy(path: string, position: LogPosition, copiedFrom: string | null): boolean {
  const [from, to] = position.markAt;
  const isOfFormer = from !== to && withFile(path, false, (file) => hasMark(file, position));
  return isOfFormer || (copiedFrom !== null && beginsLike(path, copiedFrom));
}

/** The shorter of them, or what is compared of it, stands at the beginning of the other. */
function beginsLike(path: string, other: string): boolean {
  const [own, others] = [headOf(path), headOf(other)];
  const length = Math.min(own.length, others.length);
  return length > 0 && own.subarray(0, length).equals(others.subarray(0, length));
}

function headOf(path: string): Buffer {
  const bytes = Buffer.alloc(headBytes);
  return bytes.subarray(
    0,
    withFile(path, 0, (file) => readSync(file, bytes, 0, headBytes, 0)),
  );
}

function withFile<T>(path: string, otherwise: T, use: (file: number) => T): T {
  try {
    const file = openSync(path, readFlags);
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // Else it has gone, or is not for us to read.
    if (isShortage(error)) throw error;
    return otherwise;
  }
}
