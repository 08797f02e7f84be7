// How much memory the system lets this process and its children have together (a container's --memory, systemd's MemoryMax), and how much of that
// is left. Linux says it in the files of control groups, version 2 or 1, of the group itself and of those above it that can be seen from here. What
// the system takes back when it needs it, pages of files above all, counts as left. Wiring only, as pages.ts is.

import { readFileSync, writeFileSync } from "node:fs";
import { join, normalize } from "node:path";

/** By which the files are read, "" where there is none; played in tests. */
export type ReadText = (path: string) => string;

interface Version {
  readonly limits: readonly string[];
  readonly usage: string;
  /** Of memory.stat: what can be taken back. */
  readonly reclaimable: readonly string[];
}

const versions: Readonly<Record<1 | 2, Version>> = {
  2: {
    limits: ["memory.max", "memory.high"],
    usage: "memory.current",
    reclaimable: ["inactive_file", "active_file", "slab_reclaimable"],
  },
  1: {
    limits: ["memory.limit_in_bytes"],
    usage: "memory.usage_in_bytes",
    reclaimable: ["total_inactive_file", "total_active_file"],
  },
};

/** A group that has a limit. */
interface Level {
  readonly folder: string;
  readonly version: Version;
  readonly limitBytes: number;
}

/** How long what was found counts: somebody may change a limit of what runs. */
const levelsMs = 5000;

export class MemoryLimit {
  readonly #read: ReadText;
  readonly #nowMs: () => number;
  #levels: readonly Level[] = [];
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(read: ReadText = textOf, nowMs: () => number = () => performance.now()) {
    this.#read = read;
    this.#nowMs = nowMs;
  }

  /** The lowest of all that hold; infinite without. */
  get bytes(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#found().map(({ limitBytes }) => limitBytes));
  }

  /** Whether so many bytes more leave so many. Asks for no more than it has to, for it may be asked often. */
  has(wantedBytes: number, spareBytes: number): boolean {
    return this.#found().every(({ folder, version, limitBytes }) => {
      const used = numberIn(this.#read(join(folder, version.usage)));
      const left = limitBytes - (used ?? 0);
      const wanted = wantedBytes + spareBytes;
      return left >= wanted || left + this.#reclaimable(folder, version) >= wanted;
    });
  }

  #reclaimable(folder: string, { reclaimable }: Version): number {
    const stat = this.#read(join(folder, "memory.stat"));
    return reclaimable.reduce(
      (sum, key) => sum + (numberIn(new RegExp(`^${key} (\\d+)$`, "m").exec(stat)?.[1]) ?? 0),
      0,
    );
  }

  #found(): readonly Level[] {
    const nowMs = this.#nowMs();
    if (nowMs - this.#readMs < levelsMs) return this.#levels;
    this.#readMs = nowMs;
    this.#levels = levelsOf(this.#read);
    return this.#levels;
  }
}

function levelsOf(read: ReadText): readonly Level[] {
  const groups = read("/proc/self/cgroup").split("\n");
  return read("/proc/self/mountinfo")
    .split("\n")
    .flatMap((line): Level[] => {
      const [before = "", after = ""] = line.split(" - ");
      const [type, , options = ""] = after.split(" ");
      const [root = "/", place = ""] = before.split(" ").slice(3, 5).map(plain);
      const isFirst = type === "cgroup" && options.split(",").includes("memory");
      if (!isFirst && type !== "cgroup2") return [];
      const group = groups
        .map(groupIn)
        .find(({ controllers }) => (isFirst ? controllers.includes("memory") : controllers === ""));
      return group === undefined
        ? []
        : above(place, within(group.path, root)).flatMap((folder) => levelIn(folder, isFirst ? 1 : 2, read));
    });
}

/** `4:memory:/user/a`, `0::/user/a`. */
function groupIn(line: string): { readonly controllers: string; readonly path: string } {
  const [, controllers = "none", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  return { controllers, path };
}

/** Spaces are `\040`. */
function plain(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** In a container the mount often begins with its own group, and what the process is told is above that, or outside. */
function within(path: string, root: string): string {
  if (root === "/") return path.startsWith("/..") ? "/" : path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) || "/" : "/";
}

/** The folder, and each one above it that is seen. */
function above(place: string, path: string): string[] {
  const parts = normalize(path)
    .split("/")
    .filter((part) => part !== "");
  return parts.map((_, index) => join(place, ...parts.slice(0, parts.length - index))).concat(place);
}

function levelIn(folder: string, number: 1 | 2, read: ReadText): Level[] {
  const version = versions[number];
  const limits = version.limits.flatMap((name) => numberIn(read(join(folder, name))) ?? []);
  const limitBytes = Math.min(Number.POSITIVE_INFINITY, ...limits);
  return limitBytes < noLimit ? [{ folder, version, limitBytes }] : [];
}

/** Version 1 says none by the largest number of pages. */
const noLimit = 2 ** 60;

/** Null for what is no number, as "max". */
function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : null;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Of this process. */
export const memoryLimit: MemoryLimit = new MemoryLimit();

/** By so much a worker is to look larger than it is when the system looks for a process to end. */
const victimBytes = 64 * 2 ** 20;
/** Of 1000: more would put it before what takes all memory of the machine. */
const victimMax = 300;

/**
 * Where a limit holds and is reached the system ends the largest process, which may be control; a worker, control would replace. So a child of ours
 * is put before us, from its first moment. Without a limit it is not: it would go before other programs of the machine.
 */
export function putFirst(
  pid: number,
  limitBytes: number = memoryLimit.bytes,
  read: ReadText = textOf,
  write: (path: string, text: string) => void = writeFileSync,
): void {
  if (!Number.isFinite(limitBytes)) return;
  const own = Number.parseInt(read("/proc/self/oom_score_adj"), 10);
  if (Number.isNaN(own)) return;
  const more = Math.min(victimMax, Math.ceil((1000 * victimBytes) / limitBytes));
  try {
    write(`/proc/${pid}/oom_score_adj`, String(Math.min(1000, own + more)));
  } catch {
    // The system does not let us, or it has ended.
  }
}
