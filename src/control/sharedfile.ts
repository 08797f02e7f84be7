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
} from "node:fs";
import { dirname, join } from "node:path";

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

/**
 * A new file, filled by `fill` before it has its name. `touchedBytes`: of what `fill` writes to, about. Throws where there is no room for
 * that: the system would end this process (SIGBUS).
 */
export function makeShared(
  path: string,
  size: number,
  fill: (bytes: Uint8Array) => void,
  touchedBytes = 0,
): Uint8Array {
  const folder = dirname(path);
  const free = bytesFree(folder);
  if (touchedBytes > free)
    throw new Error(
      `${path} would need ${mib(touchedBytes)} of memory at once and ${folder} has ${mib(free)} free: make that file system larger (docker run --shm-size), or what lies there smaller (size)`,
    );
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const file = openSync(draft, "wx+", 0o600);
  ftruncateSync(file, size);
  closeSync(file);
  const bytes = Bun.mmap(draft, { shared: true });
  fill(bytes);
  renameSync(draft, path);
  return bytes;
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
