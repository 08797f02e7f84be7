// The state folder: the arena file that control and workers map, the lock that keeps a second control process out, and what
// outlives a run: tables, caches, lists, bans. It knows files and owners, not what stands in them. Strategy: the folder lies on
// /dev/shm, so that all of it is memory and never written to a disk; its name holds the user and what is being run (the path of
// the config), so that two configurations live side by side, the same one twice does not, and the next run of the same one
// finds its tables (the lock: statelock.ts).
//
// Where that memory is used up a start throws away what it can do without, caches last, and otherwise says what to do.
//
//   control.pid, arena, admin.sock   of one run: its end removes them, the next start makes them anew
//   tables/ caches/ lists/ egress/ egresslogs/ bans.json    kept over restarts and crashes

import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Arena, type ArenaCounts, arenaBytes, arenaRanges, capacity } from "../memory/arena.ts";
import { bytesFree, isNoRoom, noRoom as noRoomFor } from "./sharedfile.ts";
import { type HeldFolder, holdFolder, type LockOwner, lockName, writeOwner } from "./statelock.ts";

export interface StateFolder {
  readonly path: string;
  readonly arenaPath: string;
  readonly arena: Arena;
  /** A descriptor of the arena where its path does not lead to it any more, for somebody has tidied up there; else null. */
  lostArena(): number | null;
  /**
   * Memory for the rows of the arena that come to be touched where there are so many of each; rows that have it keep it. Throws an Error for the
   * operator where there is none.
   */
  reserve(counts: ArenaCounts): void;
  /** Folders that the next run finds as they are. */
  readonly tablesPath: string;
  readonly cachesPath: string;
  readonly listsPath: string;
  readonly egressPath: string;
  readonly egressLogsPath: string;
  /** Whether something is there that the next run will find. */
  isKept(): boolean;
  /** Removes what is this run's own, and the folder where nothing else is in it. */
  close(): void;
}

/** The default folder. `identity`: what makes this run another than the next, such as the config's path. */
export function stateFolderOf(identity: string): string {
  const root = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const digest = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  return join(root, `sluice-${process.getuid?.() ?? 0}-${digest}`);
}

/** Of control and of each worker, what a run of some servers touches in a while. With less caches are in the way. */
const wantedBytes = 2 ** 20;
const wantedWorkerBytes = 2 ** 16;
/** A start that finds less would be ended by the system in the middle of it (SIGBUS). */
const leastBytes = 2 ** 18;

/**
 * Creates and locks the folder and formats the arena. Throws when another control process holds it, or where there is no room. `warn` is
 * told of what had to go for room.
 */
export function openState(
  folder: string,
  owner: LockOwner,
  workers = 1,
  warn: (text: string) => void = () => {},
): StateFolder {
  const path = resolve(folder);
  const held = holdFolder(path, owner);
  try {
    lockWithRoom({ path, owner, wanted: wantedBytes + workers * wantedWorkerBytes, warn });
    return filled(path, held, workers);
  } catch (error) {
    held.release();
    throw error;
  }
}

function filled(path: string, held: HeldFolder, workers: number): StateFolder {
  const arenaPath = join(path, "arena");
  // A new file, never the old one: a worker that outlived its control for a moment may still be writing to that.
  rmSync(arenaPath, { force: true });
  const file = openSync(arenaPath, "wx+", 0o600);
  ftruncateSync(file, arenaBytes);
  const had: number[] = [];
  const reserve = (counts: ArenaCounts): void => reserveRows(file, arenaPath, arenaRanges(counts, workers), had);
  reserve(noRows);
  // It stays open: without its name this is the only way to it.
  const { dev, ino } = fstatSync(file);
  const arena = new Arena(Bun.mmap(arenaPath, { shared: true }), capacity.workers, (into) => readAll(file, into));
  arena.format();
  const folders = {
    tablesPath: join(path, "tables"),
    cachesPath: join(path, "caches"),
    listsPath: join(path, "lists"),
    egressPath: join(path, "egress"),
    egressLogsPath: join(path, "egresslogs"),
  };
  for (const each of Object.values(folders)) mkdirSync(each, { recursive: true, mode: 0o700 });
  return {
    path,
    arenaPath,
    arena,
    ...folders,
    reserve,
    lostArena: () => {
      const found = statSync(arenaPath, { throwIfNoEntry: false });
      return found?.dev === dev && found.ino === ino ? null : file;
    },
    isKept: () =>
      [folders.tablesPath, folders.cachesPath, folders.egressPath].some((each) =>
        readdirSync(each).some((entry) => !entry.startsWith(".")),
      ) || existsSync(join(path, "bans.json")),
    close: () => {
      closeSync(file);
      // Of a folder that was removed under us and made anew everything is the next one's.
      if (held.isStill()) {
        rmSync(arenaPath, { force: true });
        // Nothing is removed that is not empty.
        for (const each of Object.values(folders)) removeEmpty(each);
        rmSync(join(path, lockName), { force: true });
        removeEmpty(path);
      }
      held.release();
    },
  };
}

const noRows: ArenaCounts = { listeners: 0, routes: 0, pools: 0, servers: 0, rules: 0, egresses: 0 };

/** `had`: to where each range has memory. Written, not touched (SIGBUS): only what is behind that, where nobody else writes yet. */
function reserveRows(file: number, path: string, ranges: readonly [number, number][], had: number[]): void {
  let wanted = 0;
  for (const [index, [start, end]] of ranges.entries()) wanted += Math.max(0, end - (had[index] ?? start));
  try {
    for (const [index, [start, end]] of ranges.entries()) {
      rewrite(file, had[index] ?? start, end);
      had[index] = Math.max(had[index] ?? start, end);
    }
  } catch (error) {
    throw isNoRoom(error) ? noRoomFor(path, wanted) : error;
  }
}

/** As it stands: the roster has said of new rows already what it knows, and no worker writes to them yet. */
function rewrite(file: number, start: number, end: number): void {
  const bytes = new Uint8Array(Math.max(0, end - start));
  for (let at = 0, count = 1; at < bytes.length && count > 0; at += count)
    count = readSync(file, bytes, at, bytes.length - at, start + at);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, start + at);
}

/** What nobody has written to is zeros, and takes no memory for being read like this; in the map each page of it would. */
function readAll(file: number, into: Uint8Array): void {
  for (let at = 0, count = 1; at < into.length && count > 0; at += count)
    count = readSync(file, into, at, into.length - at, at);
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}

/** Of no use to anybody but the run that has made it. */
const ofOneRun: readonly string[] = ["arena", "recorder", "programs", "lists"];

interface Locking {
  readonly path: string;
  readonly owner: LockOwner;
  /** Bytes that are to be free. */
  readonly wanted: number;
  readonly warn: (text: string) => void;
}

function lockWithRoom({ path, owner, wanted, warn }: Locking): void {
  const remove = (names: readonly string[]): void => {
    for (const name of names) rmSync(join(path, name), { recursive: true, force: true });
  };
  const means = [
    () => remove([...ofOneRun, ...readdirSync(path).filter((name) => name.startsWith(`${lockName}.`))]),
    () => {
      if (!existsSync(join(path, "caches"))) return;
      remove(["caches"]);
      warn(`what caches had stored is dropped: there was no room left for the state folder ${path}; ${largerAdvice}`);
    },
  ];
  while (!writeOwner(path, owner)) {
    const next = means.shift();
    if (next === undefined) throw noRoom(path);
    next();
  }
  while (bytesFree(path) < wanted && means.length > 0) means.shift()!();
  if (bytesFree(path) >= leastBytes) return;
  rmSync(join(path, lockName), { force: true });
  throw noRoom(path);
}

const largerAdvice =
  "make its file system larger (docker run --shm-size, mount -o remount,size=), or tables and caches smaller (size)";

function noRoom(path: string): Error {
  const kib = Math.floor(bytesFree(path) / 1024);
  removeEmpty(path);
  return new Error(
    `there is no room for the state folder ${path}: ${kib} KiB are free there; remove what is not needed in ${dirname(path)}, or ${largerAdvice}`,
  );
}
