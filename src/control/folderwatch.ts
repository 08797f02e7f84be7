// Hears from the system that something has changed in a folder, so that a certificate that was just written need not wait for
// the next look. It is a help and no more: not every file system tells, so whoever uses it looks by itself too. A change is
// told a moment later and once, for files are written in several steps and come in pairs.

import { type FSWatcher, watch } from "node:fs";

/** Each takes one of the system's watches (fs.inotify.max_user_watches); with more folders the looks must do. */
const foldersMax = 64;
const usualSettleMs = 200;

export class FolderWatch {
  readonly #changed: () => void;
  readonly #settleMs: number;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: Timer | null = null;

  constructor(changed: () => void, settleMs: number = usualSettleMs) {
    this.#changed = changed;
    this.#settleMs = settleMs;
  }

  /** These folders and no others. One that is not there, or cannot be watched, is passed over. */
  follow(folders: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#watchers)
      if (!folders.has(folder)) {
        watcher.close();
        this.#watchers.delete(folder);
      }
    for (const folder of folders) {
      if (this.#watchers.size >= foldersMax) return;
      if (!this.#watchers.has(folder)) this.#add(folder);
    }
  }

  close(): void {
    this.follow(new Set());
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#told());
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {} // Not there, or too many watches: the next look finds what changes.
  }

  #told(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#changed();
    }, this.#settleMs);
  }
}
