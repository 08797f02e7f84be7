// Reads the files that a config names, and remembers what each looked like when it was read: a stamp of its times, size and inode.
// Whoever compares stamps later knows whether something has changed without reading again. Links are followed, for
// that is how certbot and Kubernetes swap files. What is no plain file is never opened: a pipe would hold us up for ever.

import { accessSync, constants, type Dirent, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";

/** By absolute path. The stamp of what is not there is "". */
export type Stamps = ReadonlyMap<string, string>;

export type FileText =
  | { readonly ok: true; readonly text: string }
  /** Continues the file's name. */
  | { readonly ok: false; readonly message: string };

export interface Listing {
  readonly ok: true;
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** A bundle of all public authorities has a quarter of this. */
const bytesMax = 1 << 20;

export class Files {
  readonly #stamps = new Map<string, string>();

  get stamps(): Stamps {
    return this.#stamps;
  }

  stamp(path: string): string {
    return this.#look(path).stamp;
  }

  isFolder(path: string): boolean {
    return this.#look(path).stats?.isDirectory() ?? false;
  }

  /** The stamp is taken before the text, so that a change in between is seen as one later. */
  text(path: string, most: number = bytesMax): FileText {
    const read = this.#read(path, "utf8", most);
    return read.ok ? { ok: true, text: read.text.replace(/^\ufeff/, "") } : read;
  }

  /** Its bytes, a character each. */
  latin1(path: string): FileText {
    return this.#read(path, "latin1", bytesMax);
  }

  #read(path: string, encoding: "utf8" | "latin1", most: number): FileText {
    const look = this.#look(path);
    const fault = notPlain(look);
    if (fault !== null) return { ok: false, message: fault };
    if (look.stats!.size > most) return { ok: false, message: `is too large: ${look.stats!.size} bytes` };
    try {
      return { ok: true, text: readFileSync(path, encoding) };
    } catch (failure) {
      return { ok: false, message: unreadable(failure as NodeJS.ErrnoException) };
    }
  }

  /** What is in a folder, in the order of names; or why it cannot be read. */
  list(path: string): Listing | (FileText & { readonly ok: false }) {
    this.#look(path);
    try {
      const entries = readdirSync(path, { withFileTypes: true });
      const isFolder = (entry: Dirent): boolean =>
        entry.isDirectory() || (entry.isSymbolicLink() && lookAt(join(path, entry.name)).stats?.isDirectory() === true);
      const folders = new Set(entries.filter(isFolder).map(({ name }) => name));
      const names = entries.map(({ name }) => name).sort();
      return { ok: true, files: names.filter((name) => !folders.has(name)), folders: [...folders].sort() };
    } catch (failure) {
      return { ok: false, message: unreadable(failure as NodeJS.ErrnoException) };
    }
  }

  #look(path: string): Look {
    const look = lookAt(path);
    // The first stamp stays: what was read belongs to it or to a later one.
    if (!this.#stamps.has(path)) this.#stamps.set(path, look.stamp);
    return look;
  }
}

interface Look {
  readonly stamp: string;
  readonly stats: Stats | null;
  readonly error: NodeJS.ErrnoException | null;
}

/** What a file or folder looks like now. */
export function stampOf(path: string): string {
  return lookAt(path).stamp;
}

/** Why a file cannot be read, as the rest of a sentence about it; null when it can. Whatever its size: it is not read. */
export function faultOf(path: string): string | null {
  const fault = notPlain(lookAt(path));
  if (fault !== null) return fault;
  try {
    accessSync(path, constants.R_OK);
    return null;
  } catch (failure) {
    return unreadable(failure as NodeJS.ErrnoException);
  }
}

function notPlain({ stats, error }: Look): string | null {
  if (stats === null) return unreadable(error);
  if (stats.isDirectory()) return "is a folder, not a file";
  return stats.isFile() ? null : "is not a plain file";
}

function lookAt(path: string): Look {
  try {
    const stats = statSync(path);
    // The time of change sees what keeps its size and its modification time: cp -p, and chmod.
    return { stamp: `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size} ${stats.ino}`, stats, error: null };
  } catch (error) {
    return { stamp: "", stats: null, error: error as NodeJS.ErrnoException };
  }
}

function unreadable(error: NodeJS.ErrnoException | null): string {
  switch (error?.code) {
    case "ENOENT":
    case "ENOTDIR":
      return "does not exist";
    case "EACCES":
    case "EPERM":
      return `may not be read by this user (uid ${process.getuid?.() ?? "unknown"})`;
    default:
      return `cannot be read: ${error?.message ?? "unknown error"}`;
  }
}
