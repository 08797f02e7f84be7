// Where an access log goes, as the sink sees it, and the real thing: a file opened for appending, or standard output.
// Opened non-blocking, which files ignore and pipes need: one without a reader is refused instead of waited for, and one with a
// slow reader says EAGAIN. Writes to files run on the runtime's pool of threads, so a slow disk does not stop the loop. Other workers write to
// the same place: a file takes each write whole behind the last one, a pipe or socket only what is small, so these are given no more at once.
// A log's own folder is made where it is not there yet; the folders above it are not, for a path that is wrong is to be told.

import {
  close,
  closeSync,
  constants,
  fstatSync,
  mkdir,
  mkdirSync,
  open,
  openSync,
  readSync,
  write,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { standardInstead } from "../../base/standardstream.ts";

export interface LogFile {
  /** Writes what it can of bytes[start, end), which stay untouched until `done`. `written` counts when `error` is null. */
  write(bytes: Uint8Array, start: number, end: number, done: (error: Error | null, written: number) => void): void;
  /** At most so many bytes of its end, as it is now; null where it is no file, or cannot be read. For rare cases: it waits for the disk. */
  readEnd(bytes: number): Uint8Array | null;
  /** After the last write is done. */
  close(): void;
  /** Nobody waits for the write under way any more: where it may never end, it ends now. */
  leave?(): void;
}

export interface LogOpener {
  /** At start: throws when it cannot be opened. */
  openNow(path: string): LogFile;
  /** Under traffic. */
  open(path: string, done: (error: Error | null, file: LogFile | null) => void): void;
}

/** Each write is a try to open it, until one succeeds. */
export function openedLater(opener: LogOpener, path: string): LogFile {
  let file: LogFile | null = null;
  return {
    write: (bytes, start, end, done) => {
      if (file !== null) return file.write(bytes, start, end, done);
      opener.open(path, (error, opened) => {
        file = opened;
        if (file === null) done(error ?? new Error("not opened"), 0);
        else file.write(bytes, start, end, done);
      });
    },
    readEnd: (bytes) => file?.readEnd(bytes) ?? null,
    close: () => file?.close(),
    leave: () => file?.leave?.(),
  };
}

const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const mode = 0o640;
const folderMode = 0o750;
const standardOutput = 1;
/** Descriptors up to this one are not ours to close: output and errors. */
const standardLast = 2;
/** What the system puts into a pipe without anything of others in between (PIPE_BUF of Linux), and what into a socket of this machine. */
const pipeBytes = 4096;
const socketBytes = 32_768;
const newline = 0x0a;

export const systemOpener: LogOpener = {
  openNow: (path) => {
    if (path === "-") return outputFile();
    try {
      return fileOf(openSync(path, flags, mode));
    } catch (error) {
      const own = standardInstead(path, codeOf(error));
      if (own !== null) return fileOf(own, false);
      if (!isAbsent(error)) throw error;
      makeFolder(path);
      return fileOf(openSync(path, flags, mode));
    }
  },
  open: (path, done) => {
    if (path === "-") return done(null, outputFile());
    const opened = (error: Error | null, descriptor: number): void => {
      if (error === null) return done(null, fileOf(descriptor));
      const own = standardInstead(path, codeOf(error));
      if (own === null) done(error, null);
      else done(null, fileOf(own, false));
    };
    open(path, flags, mode, (error, descriptor) => {
      if (!isAbsent(error)) return opened(error, descriptor);
      // Whether it is there then, the second attempt says.
      mkdir(dirname(path), folderMode, () => open(path, flags, mode, opened));
    });
  },
};

/** For the operator: what else can be wrong control has found out before (control/logpath.ts). */
export function openingProblem(path: string, { code, message }: NodeJS.ErrnoException): string {
  const why = code === "ENXIO" ? "nobody reads this pipe; start its reader first" : (code ?? message);
  return `the access log ${path} (accessLog.path) cannot be opened: ${why}`;
}

function isAbsent(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code; // Opening a file fails with nothing else.
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), folderMode);
  } catch {} // Another worker was quicker, or it cannot be made: opening says what is wrong.
}

/** Where standard output is a pipe it is opened anew: who else has it must not find it non-blocking. */
function outputFile(): LogFile {
  if (process.platform !== "linux" || !fstatSync(standardOutput).isFIFO()) return fileOf(standardOutput, false);
  try {
    return fileOf(openSync(`/proc/self/fd/${standardOutput}`, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // Another user has made it.
    return fileOf(standardOutput, false);
  }
}

function fileOf(descriptor: number, isNonBlocking = true): LogFile {
  const found = fstatSync(descriptor);
  if (found.isFIFO() && isNonBlocking) return pipeOf(descriptor);
  const piece = found.isFIFO() ? pipeBytes : found.isSocket() ? socketBytes : Number.POSITIVE_INFINITY;
  return {
    write: (bytes, start, end, done) => {
      const length = pieceEnd(bytes, start, end, piece) - start;
      write(descriptor, bytes, start, length, null, (error, written) => done(error, written));
    },
    readEnd: (bytes) => {
      try {
        return endOf(descriptor, bytes);
      } catch {
        return null;
      }
    },
    close: () => {
      if (descriptor > standardLast) close(descriptor, () => {});
    },
  };
}

/** Each piece is a copy that waits for nobody: by a thread it would cost many times as much, and one piece a turn is too little. */
function pipeOf(descriptor: number): LogFile {
  return {
    write: (bytes, start, end, done) => {
      let at = start;
      try {
        while (at < end) at += writeSync(descriptor, bytes, at, pieceEnd(bytes, at, end, pipeBytes) - at);
      } catch (error) {
        if (at === start) return done(error as Error, 0);
      }
      done(null, at - start);
    },
    readEnd: () => null,
    close: () => closeSync(descriptor),
  };
}

/** All workers write to the same place: of bytes[start, end) as many whole lines as `most` bytes hold, or else one. */
function pieceEnd(bytes: Uint8Array, start: number, end: number, most: number): number {
  if (end - start <= most) return end;
  const last = bytes.lastIndexOf(newline, start + most - 1);
  if (last >= start) return last + 1;
  // Another's may be put into a line that is longer than that: it still ends where it ends.
  const next = bytes.indexOf(newline, start + most);
  return next === -1 || next >= end ? end : next + 1;
}

/** It is open for writing alone; by this name it is the same file, wherever it was moved to. */
function endOf(descriptor: number, bytes: number): Uint8Array | null {
  const found = fstatSync(descriptor);
  if (!found.isFile()) return null;
  const reader = openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY);
  try {
    const into = new Uint8Array(Math.min(bytes, found.size));
    return into.subarray(0, readSync(reader, into, 0, into.length, found.size - into.length));
  } finally {
    closeSync(reader);
  }
}
