// The lock of a state folder: a file with the owner's process id and start time. One left by a process that died is recognised and
// taken over, even when its number has since gone to somebody else. Whoever takes it, throws away what a dead run has left, or gives
// it back has the folder to itself meanwhile, by a lock of the system's (flock) that ends with its process: of many that start at
// once over the lock of a dead one, the last would otherwise remove what the first has just taken.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";

/** This process, and how to tell whether another one is still there (src/owner.ts). */
export interface LockOwner {
  readonly id: number;
  readonly startedAt: number;
  isAlive(id: number, startedAt: number): boolean;
  /** Whether an open file is now locked for this descriptor alone, until it is closed. Never waits. */
  tryFlock(file: number): boolean;
}

export class NotInTurn extends Error {}

const turnTimeoutMs = 10_000;
const turnPollMs = 2;

/** Makes the folder where it is not there, and does `act` while nobody else has it to themselves. Throws after a while. */
export function inTurn(path: string, owner: LockOwner, act: () => void, timeoutMs: number = turnTimeoutMs): void {
  const endAt = performance.now() + timeoutMs;
  while (performance.now() < endAt) {
    const folder = openClaimed(path);
    try {
      if (folder !== null && owner.tryFlock(folder) && isStill(path, folder)) {
        act();
        return;
      }
    } finally {
      if (folder !== null) closeSync(folder);
    }
    Bun.sleepSync(turnPollMs);
  }
  throw new NotInTurn(`another Sluice starts or ends in ${path} and does not come to an end with it`);
}

/** /dev/shm and /tmp are writable by all: a folder that somebody else prepared under our name is refused. Null: it has gone again. */
function openClaimed(path: string): number | null {
  mkdirSync(path, { recursive: true, mode: 0o700 });
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

/** Who had it before may have removed it, and somebody made another. */
function isStill(path: string, folder: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(folder);
  return found?.dev === dev && found.ino === ino;
}

/** False: there is no room to do so, and nobody who lives holds it. */
export function tryLock(lockPath: string, owner: LockOwner): boolean {
  try {
    takeLock(lockPath, owner);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    refuseHeld(lockPath, owner);
    return false;
  }
}

function refuseHeld(lockPath: string, owner: LockOwner): void {
  const holder = holderOf(lockPath, owner);
  if (holder !== null) throw new Error(`Sluice already runs here as process ${holder} (it holds ${lockPath})`);
}

/** Whether the lock is there and another process's. */
export function isAnothers(lockPath: string, owner: LockOwner): boolean {
  try {
    return readFileSync(lockPath, "utf8") !== textOf(owner);
  } catch {
    return false;
  }
}

const textOf = ({ id, startedAt }: LockOwner): string => `${id} ${startedAt}\n`;

function takeLock(lockPath: string, owner: LockOwner): void {
  const own = textOf(owner);
  const draft = `${lockPath}.${owner.id}`;
  try {
    writeFileSync(draft, own, { mode: 0o600 });
    for (let attempt = 0; attempt < 3; attempt++) {
      // link() fails when the name exists, in one step: of two processes that start together one wins.
      if (tryLink(draft, lockPath) && readFileSync(lockPath, "utf8") === own) return;
      refuseHeld(lockPath, owner);
      rmSync(lockPath, { force: true });
    }
    throw new Error(`the lock ${lockPath} cannot be taken; remove it when no Sluice is running`);
  } finally {
    rmSync(draft, { force: true });
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
function holderOf(lockPath: string, owner: LockOwner): number | null {
  if (!existsSync(lockPath)) return null;
  const [pid, started] = readFileSync(lockPath, "utf8").trim().split(" ");
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 0 || number === owner.id) return null;
  return owner.isAlive(number, Number(started)) ? number : null;
}
