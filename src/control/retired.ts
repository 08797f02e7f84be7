// Files that workers map and that another has taken the place of. One stays for a while, for a worker may just be starting with
// its name in hand, but not for ever and not many: they are memory. A worker that has mapped one keeps it when it is removed.

import { rmSync } from "node:fs";

/** A worker has ten seconds to put the plan in force that it was started with (supervisor.ts). */
const keptMs = 15_000;

export class Retired {
  readonly #filesMax: number;
  readonly #files: { readonly path: string; readonly sinceMs: number }[] = [];

  constructor(filesMax: number) {
    this.#filesMax = filesMax;
  }

  add(path: string, nowMs: number): void {
    this.#files.push({ path, sinceMs: nowMs });
    this.sweep(nowMs);
  }

  /** Removes those whose time has come. To be called now and then. */
  sweep(nowMs: number): void {
    while (this.#files.length > this.#filesMax || (this.#files[0]?.sinceMs ?? nowMs) + keptMs < nowMs)
      rmSync(this.#files.shift()!.path, { force: true });
  }

  /** Removes all. */
  clear(): void {
    for (const { path } of this.#files.splice(0)) rmSync(path, { force: true });
  }
}
