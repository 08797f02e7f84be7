// Where an access log goes, as the sink sees it, and the real thing: a file opened for appending, or standard output.
// Opened non-blocking, which files ignore and named pipes need: one without a reader is refused instead of waited for, and
// one with a slow reader says EAGAIN. Writes run on the runtime's pool of threads, so a slow disk does not stop the loop.

import { close, constants, open, openSync, write } from "node:fs";

export interface LogFile {
  /** Writes what it can of bytes[start, end), which stay untouched until `done`. `written` counts when `error` is null. */
  write(bytes: Uint8Array, start: number, end: number, done: (error: Error | null, written: number) => void): void;
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
const standardOutput = 1;

export const systemOpener: LogOpener = {
  openNow: (path) => (path === "-" ? fileOf(standardOutput) : fileOf(openSync(path, flags, mode))),
  open: (path, done) => {
    if (path === "-") return done(null, fileOf(standardOutput));
    open(path, flags, mode, (error, descriptor) => done(error, error === null ? fileOf(descriptor) : null));
  },
};

function fileOf(descriptor: number): LogFile {
  return {
    write: (bytes, start, end, done) => {
      write(descriptor, bytes, start, end - start, null, (error, written) => done(error, written));
    },
    close: () => {
      if (descriptor !== standardOutput) close(descriptor, () => {});
    },
  };
}
