// What `sluice check` says of shared memory: how much of /dev/shm a Sluice of this config comes to hold when everything in it is full,
// so that a container can be given that much (docker run --shm-size). And whether there is room for it.

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plan } from "../config/plan.ts";
import { fitted } from "../control/cachefit.ts";
import { cacheBytes, fixedNeed, limitShortage } from "../control/memoryneed.ts";
import { bytesFree, bytesTaken } from "../control/sharedfile.ts";
import { CacheStore } from "../memory/cachestore.ts";

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
  const { tables, egress, recorder, arena } = fixedNeed(plan, workers);
  const caches = sumOf(shared, (cache) => CacheStore.fullBytesFor(fitted(cache, roomBytes, fitting)));
  const parts = { tables, caches, egress, lists: listBytes, recorder, arena };
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

/** The same, of a limit that holds for all processes and what lies there together; null where there is room, or no limit. */
export function limitShortageOf(plan: Plan, workers: number, report: MemoryReport, limitBytes: number): string | null {
  const own = sumOf(
    plan.caches.filter(({ isShared }) => !isShared),
    cacheBytes,
  );
  const caches = report.caches + own;
  const told = limitShortage({ workers, caches, fixed: report.total - report.caches }, limitBytes);
  return told === null ? null : `warning: ${told}`;
}

/** Rounded up, and all in one unit: it is for adding up. */
function mib(bytes: number): string {
  return `${(Math.ceil((bytes / 2 ** 20) * 10) / 10).toFixed(1)} MiB`;
}

function sumOf<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((sum, each) => sum + of(each), 0);
}
