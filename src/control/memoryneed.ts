// How much memory a Sluice of a plan comes to need where the system limits it (src/memorylimit.ts): its processes, and what lies in the state folder
// when all of that is full. What processes take was measured, as docs/OPERATING.md tells; a limit is no place to be near to, so each counts here
// as one that is busy.

import type { CachePlan, Plan } from "../config/plan.ts";
import { arenaTouchedBytes } from "../memory/arena.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { recorderBytes } from "../memory/recorderlayout.ts";
import { fullBytes } from "../memory/sticktable/layout.ts";
import { arenaCounts } from "./arenacounts.ts";
import { fitted } from "./cachefit.ts";
import type { Log } from "./log.ts";

const mebi = 2 ** 20;
/** Of control and of each worker, with its share of the program. */
const processBytes = 48 * mebi;

export function processesBytes(workers: number): number {
  return processBytes * (1 + workers);
}

/** In bytes when full; without caches, which are as large as there is room for, and lists. */
export interface FixedNeed {
  readonly tables: number;
  readonly egress: number;
  readonly recorder: number;
  readonly arena: number;
}

export function fixedNeed(plan: Plan, workers: number): FixedNeed {
  return {
    tables: sumOf(plan.tables, fullBytes),
    egress: sumOf(plan.egresses, (pool) => SharedEgressBoard.fullBytesFor(egressShape(pool), pool.members.length)),
    recorder: plan.recorder === null ? 0 : recorderBytes(workers, plan.recorder.entriesMax),
    arena: arenaTouchedBytes(arenaCounts(plan), workers),
  };
}

/** What a limit leaves for caches whose size nobody has written: behind the processes, and all whose size is known. */
export function roomForCaches(plan: Plan, workers: number, limitBytes: number): number {
  if (!Number.isFinite(limitBytes)) return limitBytes;
  const written = plan.caches.filter(({ fits }) => fits === undefined);
  const known = sumOf(Object.values(fixedNeed(plan, workers)), (bytes) => bytes) + sumOf(written, cacheBytes);
  return Math.max(0, limitBytes - processesBytes(workers) - known);
}

/** Those that each worker has for itself take memory too. */
export function cacheBytes(plan: CachePlan): number {
  return CacheStore.fullBytesFor(plan);
}

/** As large as all of them come to be, where `roomBytes` are there for those whose size nobody has written. */
export function cachesBytes(plan: Plan, roomBytes: number): number {
  const { length } = plan.caches.filter(({ isShared, fits }) => isShared && fits !== undefined);
  return sumOf(plan.caches, (cache) => cacheBytes(fitted(cache, roomBytes, length)));
}

interface WatchOptions {
  readonly workers: number;
  readonly limitBytes: () => number;
  readonly log: Pick<Log, "warn">;
}

/** Tells it where a plan does not fit, once as long as it is the same. */
export class MemoryWatch {
  readonly #options: WatchOptions;
  #told: string | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  roomForCaches(plan: Plan): number {
    return roomForCaches(plan, this.#options.workers, this.#options.limitBytes());
  }

  look(plan: Plan): void {
    const { workers, log } = this.#options;
    const limitBytes = this.#options.limitBytes();
    const fixed = sumOf(Object.values(fixedNeed(plan, workers)), (bytes) => bytes);
    const caches = cachesBytes(plan, roomForCaches(plan, workers, limitBytes));
    const shortage = limitShortage({ workers, caches, fixed }, limitBytes);
    if (shortage !== null && shortage !== this.#told) log.warn(shortage);
    this.#told = shortage;
  }
}

export interface Need {
  readonly workers: number;
  /** Of all caches, shared or not, when full. */
  readonly caches: number;
  /** Of all else that has its memory from the beginning, or is to get it. */
  readonly fixed: number;
}

/** Null where the limit has room for all of it. */
export function limitShortage({ workers, caches, fixed }: Need, limitBytes: number): string | null {
  const processes = processesBytes(workers);
  const total = processes + fixed + caches;
  if (total <= limitBytes) return null;
  const outcome =
    processes + fixed > limitBytes ? "the system may end processes for it" : "caches are kept from growing before that";
  const told = [`processes ${mib(processes)}`, `caches ${mib(caches)}`, `tables and the like ${mib(fixed)}`];
  return `the memory limit of ${mib(limitBytes)} (of a container, or MemoryMax) is less than ${mib(total)}, which control and ${workers} worker${workers === 1 ? "" : "s"} come to need when all is full: ${told.join(", ")}; ${outcome}: raise the limit, or make caches and tables smaller (size), or workers fewer`;
}

function mib(bytes: number): string {
  return `${(Math.ceil((bytes / mebi) * 10) / 10).toFixed(1)} MiB`;
}

function sumOf<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((sum, each) => sum + of(each), 0);
}
