// Who has a state folder. The system decides (flock on the folder itself): one process holds it, from its start to its end, however it
// ends and whichever container it runs in; numbers of processes say nothing from one container to another. The descriptor is closed in
// children, so that a worker which outlives its control for a moment keeps no next start out. A folder and not a file in it, because
// that takes no room where there is none, and is locked on every file system, of the network too. control.pid tells whoever comes
// second which process it is; it decides only where the C library cannot be reached, and of an older Sluice, which held nothing.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** This process, and how to tell whether another one is still there (src/owner.ts). */
export interface LockOwner {
  readonly id: number;
  readonly startedAt: number;
  isAlive(id: number, startedAt: number): boolean;
  /** Whether an open file is now locked for this descriptor alone, until it is closed. Never waits; throws when nobody can lock it. */
  tryFlock(file: number): boolean;
}

export const lockName = "control.pid";

export interface HeldFolder {
  /** Who has removed it from under us may have made another, which is somebody else's. */
  isStill(): boolean;
  release(): void;
}

/** How long a start waits for one that holds the folder and has not said yet who it is, or for an end: those take some ms. */
const waitMs = 5000;
const pollMs = 2;

/** Makes the folder where it is not there. Throws when somebody else holds it. */
export function holdFolder(path: string, owner: LockOwner, timeoutMs: number = waitMs): HeldFolder {
  const endAt = performance.now() + timeoutMs;
  for (;;) {
    const folder = openClaimed(path);
    if (folder !== null) {
      if (isLocked(path, folder, owner) && isStill(path, folder))
        return { isStill: () => isStill(path, folder), release: () => closeSync(folder) };
      closeSync(folder);
      refuseHeld(path, owner);
    }
    if (performance.now() >= endAt) throw new Error(unseen(path));
    Bun.sleepSync(pollMs);
  }
}

function isLocked(path: string, folder: number, owner: LockOwner): boolean {
  try {
    return owner.tryFlock(folder);
  } catch (error) {
    closeSync(folder);
    throw new Error(`the state folder ${path} cannot be locked: ${(error as Error).message}`);
  }
}

function unseen(path: string): string {
  return `another Sluice holds the state folder ${path} and is not seen from here, as one in another container with the same /dev/shm (--ipc=host, a volume) is not: give each a /dev/shm of its own, or configs at different paths`;
}

/** /dev/shm and /tmp are writable by all: a folder that somebody else prepared under our name is refused. Null: it has gone again. */
function openClaimed(path: string): number | null {
  makeFolder(path);
  const user = process.getuid?.();
  try {
    const found = lstatSync(path);
    if (!found.isDirectory() || (user !== undefined && found.uid !== user))
      throw new Error(`the state folder ${path} is not a folder of this user; remove it`);
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    const whys: Readonly<Record<string, string>> = {
      EROFS: `the file system is read-only: give this Sluice ${above} writable (a container has a tmpfs there)`,
      EACCES: `this user (uid ${process.getuid?.() ?? "unknown"}) may not write to ${above}: let it (chmod 1777 ${above})`,
      EEXIST: "a file stands there: remove it",
      ENOTDIR: `${above} is no folder`,
    };
    throw new Error(`the state folder ${path} cannot be made: ${whys[code ?? ""] ?? message}`);
  }
}

/** Who had it before may have removed it, and somebody made another. */
function isStill(path: string, folder: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(folder);
  return found?.dev === dev && found.ino === ino;
}

/** Of a folder that is held. False: there is no room to do so. Throws when control.pid names another process that lives. */
export function writeOwner(path: string, owner: LockOwner): boolean {
  refuseHeld(path, owner);
  const draft = join(path, `${lockName}.${owner.id}`);
  try {
    writeFileSync(draft, `${owner.id} ${owner.startedAt}\n`, { mode: 0o600 });
    renameSync(draft, join(path, lockName));
    return true;
  } catch (error) {
    rmSync(draft, { force: true });
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    return false;
  }
}

function refuseHeld(path: string, owner: LockOwner): void {
  const lockPath = join(path, lockName);
  const holder = holderOf(lockPath, owner);
  if (holder !== null) throw new Error(`Sluice already runs here as process ${holder} (it holds ${lockPath})`);
}

/** The live process that wrote it, or null when it is gone. */
function holderOf(lockPath: string, owner: LockOwner): number | null {
  const [pid, started] = textOf(lockPath).trim().split(" ");
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 0 || number === owner.id) return null;
  return owner.isAlive(number, Number(started)) ? number : null;
}

function textOf(lockPath: string): string {
  try {
    return readFileSync(lockPath, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
