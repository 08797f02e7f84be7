// What `sluice check` says of shared memory: how much of /dev/shm a Sluice of this config comes to hold when everything in it is full,
// so that a container can be given that much (docker run --shm-size). Files there are sparse, and take what has been touched.

import type { Plan } from "../config/plan.ts";
import { arenaCounts } from "../control/arenacounts.ts";
import { arenaTouchedBytes } from "../memory/arena.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { recorderBytes } from "../memory/recorderlayout.ts";
import { fullBytes } from "../memory/sticktable/layout.ts";

/** Of one kind, in bytes when full. */
export interface MemoryReport {
  readonly tables: number;
  /** Without those that each worker has for itself. */
  readonly caches: number;
  readonly egress: number;
  readonly lists: number;
  /** The last requests. */
  readonly recorder: number;
  /** Counters and states of listeners, pools, servers and rules. */
  readonly arena: number;
  readonly total: number;
}

export function memoryReport(plan: Plan, workers: number, listBytes: number): MemoryReport {
  const parts = {
    tables: sumOf(plan.tables, fullBytes),
    caches: sumOf(
      plan.caches.filter(({ isShared }) => isShared),
      (cache) => CacheStore.fullBytesFor(cache),
    ),
    egress: sumOf(plan.egresses, (pool) => SharedEgressBoard.fixedBytesFor(egressShape(pool))),
    lists: listBytes,
    recorder: plan.recorder === null ? 0 : recorderBytes(workers, plan.recorder.entriesMax),
    arena: arenaTouchedBytes(arenaCounts(plan), workers),
  };
  return { ...parts, total: sumOf(Object.values(parts), (bytes) => bytes) };
}

/** `memory   14.2 MiB of /dev/shm when all is full: tables 11.2 MiB, recorder 2.6 MiB, arena 0.3 MiB` */
export function memorySummary({ total, ...parts }: MemoryReport): string {
  const named = Object.entries(parts).filter(([, bytes]) => bytes > 0);
  return `memory   ${mib(total)} of /dev/shm when all is full: ${named.map(([name, bytes]) => `${name} ${mib(bytes)}`).join(", ")}`;
}

/** Rounded up, and all in one unit: it is for adding up. */
function mib(bytes: number): string {
  return `${(Math.ceil((bytes / 2 ** 20) * 10) / 10).toFixed(1)} MiB`;
}

function sumOf<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((sum, each) => sum + of(each), 0);
}
