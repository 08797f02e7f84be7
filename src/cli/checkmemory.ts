// What `sluice check` says of shared memory: how much of /dev/shm a Sluice of this config comes to hold when everything in it is full,
// so that a container can be given that much (docker run --shm-size). And whether there is room for it.

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plan } from "../config/plan.ts";
import { arenaCounts } from "../control/arenacounts.ts";
import { fitted } from "../control/cachefit.ts";
import { bytesFree, bytesTaken } from "../control/sharedfile.ts";
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

/** `roomBytes`: what there is for it, which is what a cache without a written size goes by. */
export function memoryReport(
  plan: Plan,
  workers: number,
  listBytes: number,
  roomBytes: number = Number.POSITIVE_INFINITY,
): MemoryReport {
  const shared = plan.caches.filter(({ isShared }) => isShared);
  const fitting = shared.filter(({ fits }) => fits !== undefined).length;
  const parts = {
    tables: sumOf(plan.tables, fullBytes),
    caches: sumOf(shared, (cache) => CacheStore.fullBytesFor(fitted(cache, roomBytes, fitting))),
    egress: sumOf(plan.egresses, (pool) => SharedEgressBoard.fullBytesFor(egressShape(pool), pool.members.length)),
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

/** What is free for it where the state folder lies, or would: with what it holds already. */
export function roomFor(stateFolder: string): number {
  let taken = 0;
  try {
    for (const entry of readdirSync(stateFolder, { recursive: true, encoding: "utf8" }))
      taken += bytesTaken(join(stateFolder, entry));
  } catch {
    // It has never run.
  }
  return bytesFree(dirname(stateFolder)) + taken;
}

/** Null where there is room. */
export function memoryShortage(report: MemoryReport, roomBytes: number, folder: string): string | null {
  if (report.total <= roomBytes) return null;
  return `warning: ${folder} has room for ${mib(roomBytes)}, and ${mib(report.total)} are needed when all is full: tables and the like are refused at the start where they do not fit, caches stay smaller; make that file system larger (docker run --shm-size), or what lies there smaller (size)`;
}

/** Rounded up, and all in one unit: it is for adding up. */
function mib(bytes: number): string {
  return `${(Math.ceil((bytes / 2 ** 20) * 10) / 10).toFixed(1)} MiB`;
}

function sumOf<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((sum, each) => sum + of(each), 0);
}
