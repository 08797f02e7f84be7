// What can be asked while this process may open no more files. Its table of files fills when somebody opens connections to its doors
// and says nothing, and the system then tells even the memory of a process to nobody, for that is read from a file: what was told
// last is good enough, and no reason to end. The runtime tells of a socket that could not be made as of a connection that was refused,
// so whoever asks others how they are has to know whether it can ask at all.

import { closeSync, openSync } from "node:fs";
import type { Log } from "./log.ts";

const warnMs = 60_000;

let residentLast = residentNow() ?? 0;

/** Memory of this process; where the system does not tell it now, what it told last. */
export function residentBytes(): number {
  residentLast = residentNow() ?? residentLast;
  return residentLast;
}

/** Whether this process can open so many files more. */
export function hasFreeFiles(count = 1): boolean {
  const files: number[] = [];
  try {
    while (files.length < count) files.push(openSync("/dev/null", "r"));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of files) closeSync(file);
  }
}

const filesText =
  "raise ulimit -n (LimitNOFILE), or see who holds connections to the admin interface and to metrics.listen";

/** Tells what is left undone for want of something, by default while this process may open no more files, once a minute. */
export class Shortage {
  readonly #text: string;
  #warnedMs: number = Number.NEGATIVE_INFINITY;

  constructor(what: string, why = "this process may open no more files", help: string = filesText) {
    this.#text = `${why}: ${what}, until it may; ${help}`;
  }

  tell(log: Pick<Log, "warn"> | null, nowMs: number = performance.now()): void {
    if (log === null || nowMs - this.#warnedMs < warnMs) return;
    this.#warnedMs = nowMs;
    log.warn(this.#text);
  }
}

function residentNow(): number | null {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
}
