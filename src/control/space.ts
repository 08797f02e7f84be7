// Whether the memory that shared files may come to need is there. A page of a file that cannot be had ends the process that touches
// it (SIGBUS), whichever that is: so it is told before, once until there is room again. A mapped file takes what has been
// touched of it and no more, which is why it can be made without there being room for it.

import type { Log } from "./log.ts";
import { bytesFree, mib } from "./sharedfile.ts";

/** Files of one kind. */
export interface SpaceUser {
  /** What messages call them, and the key of the config that makes them smaller. */
  readonly noun: string;
  /** Bytes that they may still take beyond what they take now. */
  readonly wantedBytes: number;
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
        `${nouns} may need ${mib(wanted)} more memory and ${folder} has ${mib(free)} free: make that file system larger (docker run --shm-size) or ${nouns} smaller (size); a process that finds no memory there is ended by the system (SIGBUS)`,
      );
    this.#isShort = isShort;
  }
}
