// This process as the owner of what it locks in shared files, and how it is told whether another owner still lives. A process
// is named by its id and the time it started, for ids are given out again; one that has ended and that nobody has asked for
// its exit code (a zombie) does not live. Wiring only: control locks its folder by it, and all processes their tables.

import { dlopen, FFIType } from "bun:ffi";
import { readFileSync } from "node:fs";

const libraries =
  process.platform === "darwin"
    ? ["libSystem.B.dylib"]
    : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

export interface ProcessOwner {
  readonly id: number;
  readonly startedAt: number;
  isAlive(id: number, startedAt: number): boolean;
  relax(): void;
}

export function processOwner(): ProcessOwner {
  return { id: process.pid, startedAt: startedAtOf(process.pid) ?? 0, isAlive, relax: relaxation() };
}

function isAlive(id: number, startedAt: number): boolean {
  try {
    process.kill(id, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return startedAtOf(id) === startedAt;
}

/** In clock ticks since the machine started, modulo 2^32 as it stands in a word; 0 where /proc is missing. Null: it has ended. */
function startedAtOf(id: number): number | null {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    // Fields after the command's closing parenthesis; the command itself may hold spaces. starttime is field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : Number(fields[19] ?? 0) >>> 0;
  } catch {
    return 0;
  }
}

/**
 * Gives the processor to another process for a moment: the one that is waited for may stand on this very core, not running.
 * Giving way costs 0.6 us when nobody wants it. Bun.sleepSync rounds so short a time down to nothing, and a wait on a word
 * that nobody wakes takes a tenth of a millisecond at least; that is what is left without the C library.
 */
function relaxation(): () => void {
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, { sched_yield: { args: [], returns: FFIType.i32 } });
      return () => void symbols.sched_yield();
    } catch {
      // The next one, or none.
    }
  }
  const word = new Int32Array(new SharedArrayBuffer(4));
  return () => void Atomics.wait(word, 0, 0, 0.05);
}
