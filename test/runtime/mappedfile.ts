// A file of bytes that differ at every place, mapped as the file of a cache is, where that is to be had on tmpfs.

import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where caches lie too. */
export const sharedFolder: string = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export class MappedFile implements Disposable {
  readonly bytes: Uint8Array;
  readonly descriptor: number;
  readonly path: string;
  readonly inode: number;
  readonly #folder: string;

  constructor(size: number) {
    this.#folder = mkdtempSync(join(sharedFolder, "sluice-mapped-"));
    this.path = join(this.#folder, "file");
    writeFileSync(
      this.path,
      new Uint8Array(size).map((_, index) => index * 7 + (index >> 8) * 3),
    );
    this.inode = statSync(this.path).ino;
    this.descriptor = openSync(this.path, "r");
    this.bytes = Bun.mmap(this.path, { shared: true });
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
    rmSync(this.#folder, { recursive: true });
  }
}
