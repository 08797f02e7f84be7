// A file of memory that control makes and workers map: where it lies, how it is made, how one is told from another. It knows files,
// not what stands in them. A file is named by what it is for and by the shape of it, so that a plan and its files belong together
// whatever happens in between: a file is complete from the moment it has its name, workers map it by that name, and one of
// another shape is another file.
//
//   tables/marked.0f3a6c1e9b2d4857           of the plan in force
//   tables/marked.0f3a6c1e9b2d4857.draft     being made

import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Reserve } from "../memory/cellpages.ts";

export interface SharedFile {
  readonly name: string;
  readonly path: string;
}

/** `shape`: 16 hexadecimal digits. */
export function sharedPath(folder: string, name: string, shape: string): string {
  return join(folder, `${encodeURIComponent(name)}.${shape}`);
}

/** Every file that lies there, by what it is for. */
export function filesIn(folder: string): SharedFile[] {
  return readdirSync(folder).flatMap((entry) => {
    const name = nameOf(/^(.+)\.[0-9a-f]{16}$/.exec(entry)?.[1] ?? "");
    return name === "" ? [] : [{ name, path: join(folder, entry) }];
  });
}

/** "" for what nothing can be called. */
function nameOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return "";
  }
}

/** What a crash has left half made. Before the first file is made. */
export function removeDrafts(folder: string): void {
  for (const entry of readdirSync(folder))
    if (entry.endsWith(".draft")) rmSync(join(folder, entry), { recursive: true, force: true });
}

/** Null when there is none, or it is not what it should be: then it is removed. `size`: what it has at least. */
export function mapShared(path: string, size: number, isRight: (bytes: Uint8Array) => boolean): Uint8Array | null {
  if (!existsSync(path)) return null;
  // What lies beyond the end of a file cannot be touched: a file that was cut short is none.
  const stat = statSync(path);
  if (stat.isFile() && stat.size >= size) {
    const bytes = Bun.mmap(path, { shared: true });
    if (isRight(bytes)) return bytes;
  }
  rmSync(path, { recursive: true });
  return null;
}

/** Bytes of a file, from the first to the one behind the last. */
export type FileRange = readonly [start: number, end: number];

/** Asks the system for memory for bytes of a file before they are touched (src/pages.ts). */
export type Reserving = (file: { readonly path: string; readonly inode: number }) => Reserve;

/**
 * A new file, filled by `fill` before it has its name. `ranges`: what has memory from the beginning, and whatever `fill` touches must be in
 * it: all of the file, where it is not told. Throws where there is no room for that: later the system would end whoever touches it (SIGBUS).
 */
export function makeShared(
  path: string,
  size: number,
  fill: (bytes: Uint8Array) => void,
  ranges: readonly FileRange[] = [[0, size]],
): Uint8Array {
  const wanted = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
  if (wanted > bytesFree(dirname(path))) throw noRoom(path, wanted);
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const file = openSync(draft, "wx+", 0o600);
  try {
    ftruncateSync(file, size);
    for (const [start, end] of ranges) writeZeros(file, start, end);
  } catch (error) {
    rmSync(draft, { force: true });
    throw isNoRoom(error) ? noRoom(path, wanted) : error;
  } finally {
    closeSync(file);
  }
  const bytes = Bun.mmap(draft, { shared: true });
  fill(bytes);
  renameSync(draft, path);
  return bytes;
}

const zeros = new Uint8Array(2 ** 18);

/** A write that finds no room is an error, and a touch of the map the end of the process. */
export function writeZeros(file: number, start: number, end: number): void {
  for (let at = start; at < end; ) at += writeSync(file, zeros, 0, Math.min(zeros.length, end - at), at);
}

export function isNoRoom(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "ENOMEM"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** The same memory for a file that a run before has left, which may have holes. False: there is no room for it. */
export function reserveShared(path: string, ranges: readonly FileRange[], reserving: Reserving | undefined): boolean {
  if (reserving === undefined) return true;
  const reserve = reserving({ path, inode: statSync(path).ino });
  return ranges.every(([start, end]) => start === end || reserve(start, end - start));
}

export function noRoom(path: string, wanted: number): Error {
  const folder = dirname(path);
  return new Error(
    `${path} would need ${mib(wanted)} of memory at once and ${folder} has ${mib(bytesFree(folder))} free: make that file system larger (docker run --shm-size), or what lies there smaller (size)`,
  );
}

/** Memory that a file takes: pages that nobody has touched take none. */
export function bytesTaken(path: string): number {
  try {
    return statSync(path).blocks * blockBytes;
  } catch {
    return 0;
  }
}

/** Of the file system that holds the folder; one that has no limit says so by having no blocks. */
export function bytesFree(folder: string): number {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** The unit of st_blocks, whatever the file system's own. */
const blockBytes = 512;
