// Whether the memory that shared files may come to need is there: it is told before they want it, once until there is room again. Most files
// have all of theirs from the beginning (sharedfile.ts). Caches ask for more as they grow, and stay as they are where there is none; of
// large boards a page is asked for when it is first touched, and what would stand in one that cannot be had is not kept.

import type { Log } from "./log.ts";
import { bytesFree, mib } from "./sharedfile.ts";

/** Files of one kind. */
export interface SpaceUser {
  /** What messages call them, and the key of the config that makes them smaller. */
  readonly noun: string;
  /** Bytes that they may still take beyond what they take now. */
  readonly wantedBytes: number;
  /** What becomes of it where they are not to be had: the end of a sentence. */
  readonly whenShort: string;
}

export interface SpaceOptions {
  /** Where they lie. */
  readonly folder: string;
  readonly users: readonly SpaceUser[];
  readonly log: Log;
  /** Of the file system that holds the folder; given by tests. */
  readonly freeBytes?: (folder: string) => number;
}

export class Space {
  readonly #options: SpaceOptions;
  #isShort = false;

  constructor(options: SpaceOptions) {
    this.#options = options;
  }

  check(): void {
    const { folder, users, log } = this.#options;
    const wanting = users.filter(({ wantedBytes }) => wantedBytes > 0);
    const wanted = wanting.reduce((sum, { wantedBytes }) => sum + wantedBytes, 0);
    const free = (this.#options.freeBytes ?? bytesFree)(folder);
    const isShort = wanted > free;
    const nouns = wanting.map(({ noun }) => noun).join(" and ");
    if (isShort && !this.#isShort)
      log.warn(
        `${nouns} may need ${mib(wanted)} more memory and ${folder} has ${mib(free)} free: make that file system larger (docker run --shm-size) or ${nouns} smaller (size); ${wanting.map(({ whenShort }) => whenShort).join(", and ")}`,
      );
    this.#isShort = isShort;
  }
}
