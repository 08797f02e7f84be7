// As process 1 of a container this process inherits whoever has lost its parent: what a command of a check or of discovery has left, in a
// session of its own. Once ended it stays a zombie until somebody asks for its exit code, and zombies fill the table of processes. The
// runtime asks for its own children alone, and within a moment: who is a zombie at three looks in a row is none of them. It is
// asked for by its number, never for any (waitpid(-1)), which would take the runtime's from it. Wiring only.

import { dlopen, FFIType } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";
import { libraries } from "./owner.ts";

const usualMs = 10_000;
const looksMin = 3;
/** WNOHANG, the same on Linux and macOS. */
const atOnce = 1;

/** Where there is no /proc, or no C library to be had, nothing. What it answers ends it. */
export function reapOrphans(everyMs: number = usualMs): () => void {
  const reap = reaping();
  if (reap === null) return () => {};
  let seen = new Map<string, number>();
  let timer: Timer;
  // One after the other, so that the runtime has had its turn between two looks.
  const look = (): void => {
    const next = new Map<string, number>();
    for (const { id, startedAt } of zombies()) {
      const name = `${id} ${startedAt}`;
      const looks = (seen.get(name) ?? 0) + 1;
      if (looks < looksMin) next.set(name, looks);
      else reap(id);
    }
    seen = next;
    timer = setTimeout(look, everyMs).unref();
  };
  timer = setTimeout(look, everyMs).unref();
  return () => clearTimeout(timer);
}

function reaping(): ((id: number) => void) | null {
  for (const library of libraries) {
    try {
      const signature = { args: [FFIType.i32, FFIType.ptr, FFIType.i32], returns: FFIType.i32 } as const;
      const { symbols } = dlopen(library, { waitpid: signature });
      return (id) => void symbols.waitpid(id, null, atOnce);
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

/** Children of this process that have ended. */
function* zombies(): Generator<{ readonly id: number; readonly startedAt: string }> {
  for (const thread of entriesOf("/proc/self/task"))
    for (const id of textOf(`/proc/self/task/${thread}/children`).split(" ")) {
      const stat = textOf(`/proc/${id.trim()}/stat`);
      // Behind the name, which may hold anything: the state first, the start as the 20th.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") yield { id: Number(id), startedAt: fields[19] ?? "" };
    }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** "" of what is not there, or is gone by now. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
