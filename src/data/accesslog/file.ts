// Where an access log goes, as the sink sees it, and the real thing: a file opened for appending, or standard output.
// Opened non-blocking, which files ignore and named pipes need: one without a reader is refused instead of waited for, and
// one with a slow reader says EAGAIN. Writes run on the runtime's pool of threads, so a slow disk does not stop the loop.
// A log's own folder is made where it is not there yet; the folders above it are not, for a path that is wrong is to be told.

import { close, closeSync, constants, fstatSync, mkdir, mkdirSync, open, openSync, readSync, write } from "node:fs";
import { dirname } from "node:path";

export interface LogFile {
  /** Writes what it can of bytes[start, end), which stay untouched until `done`. `written` counts when `error` is null. */
  write(bytes: Uint8Array, start: number, end: number, done: (error: Error | null, written: number) => void): void;
  /** At most so many bytes of its end, as it is now; null where it is no file, or cannot be read. For rare cases: it waits for the disk. */
  readEnd(bytes: number): Uint8Array | null;
  /** After the last write is done. */
  close(): void;
}

export interface LogOpener {
  /** At start: throws when it cannot be opened. */
  openNow(path: string): LogFile;
  /** Under traffic. */
  open(path: string, done: (error: Error | null, file: LogFile | null) => void): void;
}

const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const mode = 0o640;
const folderMode = 0o750;
const standardOutput = 1;

export const systemOpener: LogOpener = {
  openNow: (path) => {
    if (path === "-") return fileOf(standardOutput);
    try {
      return fileOf(openSync(path, flags, mode));
    } catch (error) {
      if (!isAbsent(error)) throw error;
      makeFolder(path);
      return fileOf(openSync(path, flags, mode));
    }
  },
  open: (path, done) => {
    if (path === "-") return done(null, fileOf(standardOutput));
    const opened = (error: Error | null, descriptor: number): void =>
      done(error, error === null ? fileOf(descriptor) : null);
    open(path, flags, mode, (error, descriptor) => {
      if (!isAbsent(error)) return opened(error, descriptor);
      // Whether it is there then, the second attempt says.
      mkdir(dirname(path), folderMode, () => open(path, flags, mode, opened));
    });
  },
};

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ENOENT"; // Opening a file fails with nothing else.
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), folderMode);
  } catch {} // Another worker was quicker, or it cannot be made: opening says what is wrong.
}

function fileOf(descriptor: number): LogFile {
  return {
    write: (bytes, start, end, done) => {
      write(descriptor, bytes, start, end - start, null, (error, written) => done(error, written));
    },
    readEnd: (bytes) => {
      try {
        return endOf(descriptor, bytes);
      } catch {
        return null;
      }
    },
    close: () => {
      if (descriptor !== standardOutput) close(descriptor, () => {});
    },
  };
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
