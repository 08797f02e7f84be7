// Finds what became of a log that was rotated while nobody held it open: renamed, it is a file of the same folder with its inode;
// copied before it was cut (copytruncate), one that has the same bytes where the reading stood. Only names that begin like the
// log's are looked at, and a folder is listed again only when something in it has changed, for ten thousand logs may lie in one.
// Where descriptors or memory are wanting it throws: what cannot be seen now has not gone.

import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { LogPosition } from "./positions.ts";

/** A folder that has changed so shortly before it was listed may have changed again since, in the same tick of the system's clock. */
const racyMs = 100;
/** What was a file when it was looked at may be a pipe when it is opened, which would have us wait for somebody to write to it. */
export const readFlags: number = constants.O_RDONLY | constants.O_NONBLOCK;
/** Of one log. */
const candidatesMax = 1024;

export class Rest {
  readonly #isLog: (path: string) => boolean;
  #folder = "";
  /** When it was changed last; NaN: it is not to be told whether it has been again. */
  #changedMs = Number.NaN;
  #names: readonly string[] = [];

  /** `isLog`: whether something is the path of a log itself, however much it looks like another's that was rotated. */
  constructor(isLog: (path: string) => boolean = () => false) {
    this.#isLog = isLog;
  }

  /** Its descriptor, for the caller to close; null when there is none. */
  renamed(path: string, position: LogPosition): number | null {
    return this.#open(path, ({ dev, ino, size }) => position.isOf(dev, ino) && size >= position.offset);
  }

  copied(path: string, position: LogPosition): number | null {
    const [from, to] = position.markAt;
    if (from === to) return null;
    return this.#open(
      path,
      ({ size, dev, ino }) => size >= position.offset && !position.isOf(dev, ino),
      (file) => hasMark(file, position),
    );
  }

  /** What may have been this log once, by its name, and is no log itself. */
  beside(path: string, isLike: (log: string, name: string) => boolean): string[] {
    return this.#candidates(path, isLike).filter((each) => !this.#isLog(each));
  }

  #open(
    path: string,
    isLike: (stat: { dev: number; ino: number; size: number }) => boolean,
    isRight: (file: number) => boolean = () => true,
  ): number | null {
    for (const candidate of this.#candidates(path)) {
      const file = opened(candidate, isLike);
      if (file === null) continue;
      if (isRight(file)) return file;
      closeSync(file);
    }
    return null;
  }

  #candidates(path: string, isLike: (log: string, name: string) => boolean = () => true): string[] {
    this.#list(dirname(path));
    const name = basename(path);
    const stem = name.replace(/\.[^.]*$/, "");
    const found: string[] = [];
    for (let at = firstFrom(this.#names, stem); at < this.#names.length && found.length < candidatesMax; at++) {
      const each = this.#names[at]!;
      if (!each.startsWith(stem)) break;
      if (each !== name && isLike(name, each)) found.push(join(this.#folder, each));
    }
    return found;
  }

  #list(folder: string): void {
    const changedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (folder === this.#folder && changedMs === this.#changedMs) return;
    this.#folder = folder;
    // What could not be listed may be the next time, without a change of it.
    this.#changedMs = Number.NaN;
    this.#names = [];
    const names = listed(folder);
    if (names === null) return;
    this.#names = names;
    if (Date.now() - changedMs > racyMs) this.#changedMs = changedMs;
  }
}

/** Whether what was read last from the file that the position is about stands in this one too. */
export function hasMark(file: number, position: LogPosition): boolean {
  const [from, to] = position.markAt;
  if (from === to) return true;
  const found = Buffer.allocUnsafe(to - from);
  try {
    return readSync(file, found, 0, found.length, from) === found.length && position.isMarked(found);
  } catch {
    return false;
  }
}

function opened(path: string, isLike: (stat: { dev: number; ino: number; size: number }) => boolean): number | null {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || !isLike(stat)) return null;
    const file = openSync(path, readFlags);
    // Names may move in between.
    if (isLike(fstatSync(file))) return file;
    closeSync(file);
  } catch (error) {
    // Else it has gone, or is not for us to read.
    if (isShortage(error)) throw error;
  }
  return null;
}

/** Null: it has gone, or is not for us to list. */
function listed(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** Whether nothing is known of a file for want of a descriptor or of memory: then nothing is to be concluded from it. */
export function isShortage(error: unknown): boolean {
  return ["EMFILE", "ENFILE", "ENOMEM"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** Index of the first name that is not before `stem`. */
function firstFrom(names: readonly string[], stem: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! < stem) low = middle + 1;
    else high = middle;
  }
  return low;
}
