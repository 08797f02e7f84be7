// The pages of a shared file, given to sockets as they are and taken out of the file before they are written over (memory/cachestore/
// pages.ts says why). Wiring only, as owner.ts is: control takes them out, workers lend them too. Only on Linux, from tmpfs,
// page by page: of a large folio that a socket still holds a part cannot be taken out, the system writes zeros into it, and
// the client would get those. So a worker lends nothing from a mount that may have huge pages, and lends only after a
// trial with a file in the same folder. Memory for a part of a file is asked for by its descriptor, before it is touched.
// The trial holds the pages in a pipe: sendfile hands them over by one too.

import { dlopen, FFIType, ptr } from "bun:ffi";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { libc } from "./data/libc.ts";
import { memoryLimit } from "./memorylimit.ts";

/** See memory/cachestore/pages.ts. */
export interface FilePages {
  readonly descriptor: number;
  detach(start: number, bytes: number): boolean;
  reserve(start: number, bytes: number): boolean;
  mayGrow(bytes: number): boolean;
}

const signatures = {
  getpagesize: { args: [], returns: FFIType.i32 },
  madvise: { args: [FFIType.ptr, FFIType.u64_fast, FFIType.i32], returns: FFIType.i32 },
  pipe: { args: [FFIType.ptr], returns: FFIType.i32 },
  splice: {
    args: [FFIType.i32, FFIType.ptr, FFIType.i32, FFIType.ptr, FFIType.u64_fast, FFIType.u32],
    returns: FFIType.i64_fast,
  },
  read: { args: [FFIType.i32, FFIType.ptr, FFIType.u64_fast], returns: FFIType.i64_fast },
} as const;
type System = ReturnType<typeof dlopen<typeof signatures>>["symbols"];

const madviseRemove = 9;
const spliceNonBlocking = 2;
const pageBytes = 4096;
/** A trial's file is as long as some huge pages, and what is lent of it stands inside of one. */
const trial = { fileBytes: 8 * 2 ** 20, at: 4 * 2 ** 20 + 16 * pageBytes, bytes: 8 * pageBytes } as const;

/** Which file was mapped. */
export interface WhichFile {
  readonly path: string;
  readonly inode: number;
}

/** Of a file that is mapped from its beginning, to be taken out and put in; null where that cannot be. */
export function filePages(bytes: Uint8Array, file: WhichFile): FilePages | null {
  const system = systemOf();
  return system === null ? null : pagesOf(system, bytes, file, false);
}

/** To be lent too. */
export function lendingPages(bytes: Uint8Array, file: WhichFile, workers = 1): FilePages | null {
  const system = systemOf();
  return system === null ? null : pagesOf(system, bytes, file, canLend(dirname(file.path)), spareBytes(workers));
}

/** Of the limit of memory caches leave so much for what processes come to need beyond what they have, and for pages of the program. */
const spareBytes = (workers: number): number => (32 + 16 * workers) * 2 ** 20;

/** Memory for parts of a file, before they are touched. */
export function reserving(file: WhichFile): FilePages["reserve"] {
  const descriptor = opened(file);
  const reserve = (start: number, count: number): boolean =>
    descriptor >= 0 && (libc()?.reserve(descriptor, start, count) ?? true);
  if (descriptor >= 0) unused.register(reserve, descriptor);
  return reserve;
}

/** What was mapped is let go of with the last that uses it. */
const unused = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

function pagesOf(system: System, bytes: Uint8Array, file: WhichFile, isLent: boolean, spare = 0): FilePages {
  const descriptor = opened(file);
  const pages: FilePages = {
    descriptor: isLent ? descriptor : -1,
    detach: (start, count) => detach(system, bytes, start, count),
    reserve: (start, count) => descriptor >= 0 && (libc()?.reserve(descriptor, start, count) ?? true),
    mayGrow: (count) => memoryLimit.has(count, spare),
  };
  if (descriptor >= 0) unused.register(pages, descriptor);
  return pages;
}

/** -1 where the name has become another file's since it was mapped: nothing can be had for what is nameless. */
function opened({ path, inode }: WhichFile): number {
  let descriptor = -1;
  try {
    descriptor = openSync(path, "r+");
    if (fstatSync(descriptor).ino === inode) return descriptor;
  } catch {
    // No descriptor is left, or it is gone.
  }
  if (descriptor >= 0) closeSync(descriptor);
  return -1;
}

/** By the address: whatever has become of the name, it is what is mapped. */
function detach(system: System, bytes: Uint8Array, start: number, count: number): boolean {
  return system.madvise((ptr(bytes) + start) as ReturnType<typeof ptr>, count, madviseRemove) === 0;
}

let found: System | null | undefined;

function systemOf(): System | null {
  found ??= process.platform === "linux" ? open() : null;
  return found;
}

function open(): System | null {
  for (const library of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      const { symbols } = dlopen(library, signatures);
      return symbols.getpagesize() === pageBytes ? symbols : null;
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

/** Whether memory for a part of a file can be asked for, page by page. */
export function canReserve(): boolean {
  return systemOf() !== null && libc() !== null;
}

const answers = new Map<string, boolean>();

/** Whether pages of files in that folder can be lent: asked once. */
export function canLend(folder: string): boolean {
  let answer = answers.get(folder);
  if (answer === undefined) {
    const system = systemOf();
    answer = system !== null && existsSync(folder) && isSmallPaged(folder) && isProven(system, folder);
    answers.set(folder, answer);
  }
  return answer;
}

/** On tmpfs, of which no file ever has huge pages. */
function isSmallPaged(folder: string): boolean {
  const isForced = textOf("/sys/kernel/mm/transparent_hugepage/shmem_enabled").includes("[force]");
  return !isForced && hasSmallPages(textOf("/proc/self/mountinfo"), realpathSync(folder));
}

/** "" where the system has no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** `mounts` as in /proc/self/mountinfo; of two on one place the later one is seen. */
export function hasSmallPages(mounts: string, folder: string): boolean {
  let [longest, isSmall] = [-1, false];
  for (const line of mounts.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const place = (before.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove = place === "/" || folder === place || folder.startsWith(`${place}/`);
    if (place === "" || !isAbove || place.length < longest) continue;
    const [type, , options = ""] = after.split(" ");
    longest = place.length;
    isSmall = type === "tmpfs" && !/(?:^|,)huge=(?!never)/.test(options);
  }
  return isSmall;
}

/** Bytes that are on their way stay what they were when their place in the file is written over. */
function isProven(system: System, folder: string): boolean {
  const path = join(folder, `lending-${process.pid}.draft`);
  let file = -1;
  const pipe = new Int32Array([-1, -1]);
  try {
    rmSync(path, { force: true });
    file = openSync(path, "wx+", 0o600);
    ftruncateSync(file, trial.fileBytes);
    const bytes = Bun.mmap(path, { shared: true });
    return system.pipe(pipe) === 0 && isKept(system, file, bytes, pipe);
  } catch {
    // No room, no descriptor, not allowed.
    return false;
  } finally {
    rmSync(path, { force: true });
    for (const descriptor of [file, ...pipe]) if (descriptor >= 0) closeSync(descriptor);
  }
}

function isKept(system: System, file: number, bytes: Uint8Array, pipe: Int32Array): boolean {
  const { at, bytes: count } = trial;
  // Written, not touched: where there is no room for it that is an error, and not the end of this process.
  writeSync(file, new Uint8Array(count).fill(1), 0, count, at);
  const offset = new BigInt64Array([BigInt(at)]);
  if (Number(system.splice(file, offset, pipe[1]!, null, count, spliceNonBlocking)) !== count) return false;
  if (!detach(system, bytes, at, count) || bytes[at] !== 0 || bytes[at + count - 1] !== 0) return false;
  writeSync(file, new Uint8Array(count).fill(2), 0, count, at);
  const kept = new Uint8Array(count);
  return Number(system.read(pipe[0]!, kept, count)) === count && kept.every((byte) => byte === 1);
}
