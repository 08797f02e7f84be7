// This process as the owner of what it locks in shared files, and how it is told whether another owner still lives. A process
// is named by its id and the time it started, for ids are given out again; one that has ended and that nobody has asked for
// its exit code (a zombie) does not live. Wiring only: control locks its folder by it, and all processes their tables.

import { dlopen, FFIType, type Pointer, read } from "bun:ffi";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { yieldingRounds } from "./memory/owners.ts";

/** By which the C library is found. */
export const libraries: readonly string[] =
  process.platform === "darwin"
    ? ["libSystem.B.dylib"]
    : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

export interface ProcessOwner {
  readonly id: number;
  readonly startedAt: number;
  isAlive(id: number, startedAt: number): boolean;
  relax(round: number): void;
  /**
   * Whether an open file is now locked for this descriptor alone, until it is closed; true where the C library cannot be reached. Throws
   * when it is not for somebody else that it cannot be.
   */
  tryFlock(file: number): boolean;
}

const signatures = {
  sched_yield: { args: [], returns: FFIType.i32 },
  flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
} as const;
/** LOCK_EX | LOCK_NB, the same on Linux and macOS. */
const exclusiveAtOnce = 2 | 4;

export function processOwner(): ProcessOwner {
  const startedAt = startedAtOf(process.pid);
  if (startedAt === null || startedAt === unknown) throw new Error(`/proc/${process.pid}/stat cannot be read`);
  const symbols = found();
  return {
    id: process.pid,
    startedAt,
    isAlive,
    relax: relaxation(symbols?.sched_yield),
    tryFlock: (file) => symbols === null || locked(symbols.flock(file, exclusiveAtOnce)),
  };
}

/** Of others who hold it, and of a signal that came. */
const passing: readonly number[] = [constants.errno.EWOULDBLOCK, constants.errno.EINTR];

function locked(result: number): boolean {
  if (result === 0) return true;
  const error = lastError();
  if (error === null || passing.includes(error)) return false;
  throw new Error(`flock: ${getSystemErrorName(-error)}`);
}

/** Of the call of the C library that was the last; null where it does not tell. */
function lastError(): number | null {
  const place = errnoPlace?.();
  return place ? read.i32(place) : null;
}

const errnoPlace = ((): (() => Pointer | null) | null => {
  const name = process.platform === "darwin" ? "__error" : "__errno_location";
  for (const library of libraries) {
    try {
      return dlopen(library, { [name]: { args: [], returns: FFIType.ptr } }).symbols[name] as () => Pointer | null;
    } catch {
      // The next one, or none.
    }
  }
  return null;
})();

function found(): ReturnType<typeof dlopen<typeof signatures>>["symbols"] | null {
  for (const library of libraries) {
    try {
      return dlopen(library, signatures).symbols;
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

function isAlive(id: number, startedAt: number): boolean {
  try {
    process.kill(id, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const found = startedAtOf(id);
  return found === unknown || found === startedAt;
}

/** Not to be told now. */
const unknown = -1;

/** In clock ticks since the machine started, modulo 2^32 as it stands in a word; 0 where /proc is missing. Null: it has ended. */
function startedAtOf(id: number): number | null {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    // Fields after the command's closing parenthesis; the command itself may hold spaces. starttime is field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : Number(fields[19] ?? 0) >>> 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return 0;
    // Without a descriptor left (EMFILE) nothing is known of anybody: who may live must not lose its locks.
    return code === "ESRCH" ? null : unknown;
  }
}

/**
 * Gives the processor to another process for a moment: the one that is waited for may stand on this very core, not running.
 * Giving way costs 0.6 us when nobody wants it; that is no time at all where the other has to wait for its own core, so after
 * many rounds of it this process sleeps a ms at a time. Bun.sleepSync rounds short times down to nothing; a wait on a word that
 * nobody wakes does not. Without the C library it takes the place of giving way too, at a tenth of a ms or so.
 */
function relaxation(schedYield: (() => number) | undefined): (round: number) => void {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const sleep = (ms: number): void => void Atomics.wait(word, 0, 0, ms);
  const giveWay = schedYield === undefined ? (): void => sleep(0.05) : (): void => void schedYield();
  return (round) => (round < yieldingRounds ? giveWay() : sleep(1));
}
