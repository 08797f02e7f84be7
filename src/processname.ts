// The name that the system lists a process by (`ps -C sluice`, `pgrep sluice`) is that of the file it was started by. For a worker that was
// started by what /proc calls its parent's file (config/loadself.ts) it would be "exe"; it takes its program's.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

const file = "/proc/self/comm";

/** Where it may not be set, as with an executable that has capabilities of its own, it stays. */
export function takeProcessName(name: string = process.argv0): void {
  try {
    if (readFileSync(file, "latin1") === "exe\n") writeFileSync(file, basename(name));
  } catch {}
}
