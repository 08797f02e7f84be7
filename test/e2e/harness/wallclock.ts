// The wall clock of programs that a test starts, set forward and back while they run (libfaketime, by LD_PRELOAD). Their monotonic clock
// is left alone, as by NTP. Each process reads the file of its offset anew every second.

import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Room } from "./room.ts";

const libraries = "/usr/lib";
const shared = "/dev/shm";

/** That for programs with threads. Null where it is not installed. */
function libraryPath(): string | null {
  const folders = existsSync(libraries) ? ["", ...readdirSync(libraries)] : [];
  const paths = folders.map((folder) => join(libraries, folder, "faketime", "libfaketimeMT.so.1"));
  return paths.find((path) => existsSync(path)) ?? null;
}

export class WallClock {
  readonly #path: string;
  #offsetMs = 0;
  /** What stands before the command of a program that is to live by it. */
  readonly prefix: readonly string[];

  constructor(room: Room) {
    this.#path = room.path("wallclock");
    this.set(0);
    this.prefix = [
      "env",
      `LD_PRELOAD=${libraryPath()}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#path}`,
      "FAKETIME_CACHE_DURATION=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "NO_FAKE_STAT=1",
    ];
  }

  static get isThere(): boolean {
    return libraryPath() !== null;
  }

  /** As its programs will see it within a second. */
  get nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Away from the true time. */
  set(offsetSeconds: number): void {
    this.#offsetMs = offsetSeconds * 1000;
    writeFileSync(`${this.#path}.new`, `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }

  /** What the library leaves behind of a process that was the first with it, once that has ended. */
  static forget(pid: number): void {
    for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) rmSync(join(shared, name), { force: true });
  }
}
