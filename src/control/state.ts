// The state folder: the arena file that control and workers map, and the lock that keeps a second control process out.
// It knows files and process ids, not what stands in the arena. Strategy: the folder lies on /dev/shm, so that the arena is
// memory and never written to a disk; its name holds the user and what is being run, so that two configurations live side
// by side and the same one twice does not. The lock is a file with the owner's process id and start time: a file left by a
// process that died is recognised and taken over, even when its number has since gone to somebody else.

import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Arena, arenaBytes } from "../memory/arena.ts";

export interface StateFolder {
  readonly path: string;
  readonly arenaPath: string;
  readonly arena: Arena;
  /** Removes the folder: nothing of this process is left behind. */
  close(): void;
}

/** The default folder. `identity`: what makes this run another than the next, such as the config's path. */
export function stateFolderOf(identity: string): string {
  const root = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const digest = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  return join(root, `sluice-${process.getuid?.() ?? 0}-${digest}`);
}

/** Creates and locks the folder and formats the arena. Throws when another control process holds it. */
export function openState(folder: string): StateFolder {
  const path = resolve(folder);
  claimFolder(path);
  const lockPath = join(path, "control.pid");
  takeLock(lockPath);
  const arenaPath = join(path, "arena");
  // A new file, never the old one: a worker that outlived its control for a moment may still be writing to that.
  rmSync(arenaPath, { force: true });
  const file = openSync(arenaPath, "wx+", 0o600);
  ftruncateSync(file, arenaBytes);
  closeSync(file);
  const arena = new Arena(Bun.mmap(arenaPath, { shared: true }));
  arena.format();
  return {
    path,
    arenaPath,
    arena,
    close: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** /dev/shm and /tmp are writable by all: a folder that somebody else prepared under our name is refused. */
function claimFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  const user = process.getuid?.();
  if (!found.isDirectory() || (user !== undefined && found.uid !== user))
    throw new Error(`the state folder ${path} is not a folder of this user; remove it`);
}

function takeLock(lockPath: string): void {
  const own = `${process.pid} ${startedAt(process.pid)}\n`;
  const draft = `${lockPath}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // link() fails when the name exists, in one step: of two processes that start together one wins.
      if (tryLink(draft, lockPath) && readFileSync(lockPath, "utf8") === own) return;
      const holder = holderOf(lockPath);
      if (holder !== null) throw new Error(`Sluice already runs here as process ${holder} (it holds ${lockPath})`);
      rmSync(lockPath, { force: true });
    }
    throw new Error(`the lock ${lockPath} cannot be taken; remove it when no Sluice is running`);
  } finally {
    unlinkSync(draft);
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The live process that wrote the lock, or null when it is gone. */
function holderOf(lockPath: string): number | null {
  if (!existsSync(lockPath)) return null;
  const [pid, started] = readFileSync(lockPath, "utf8").trim().split(" ");
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 0 || number === process.pid) return null;
  try {
    process.kill(number, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return null;
  }
  return startedAt(number) === started ? number : null;
}

/** When a process started, in clock ticks since boot: with the id it names a process for good. "0" where /proc is missing. */
function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields after the command's closing parenthesis; the command itself may hold spaces. starttime is field 22. A zombie has
    // ended: only its parent has not looked yet, and where nobody does it stays for good.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "ended" : (fields[19] ?? "0");
  } catch {
    return "0";
  }
}
