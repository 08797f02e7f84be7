// Follows a config file whose users expect a change to count at once: whenever its text is another one, `changed` is called. A file
// that is not there, or cannot be read, is one that is being written, unless it stays away: `gone` is called once then. The system tells
// of changes mostly; a look now and then finds the others, such as a link that leads elsewhere.

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { FolderWatch } from "../control/folderwatch.ts";

const usualLookMs = 2000;

export interface Following {
  /** There is another text. */
  readonly changed: () => void;
  /** There is none, at two looks in a row; said again only once there has been one. */
  readonly gone: () => void;
}

/**
 * For as long as the process runs, which it does not keep alive. `read`: its text before it was read for what is in force, so that
 * nothing that is written in between is missed.
 */
export function follow(
  path: string,
  read: string | null,
  { changed, gone }: Following,
  lookMs: number = usualLookMs,
): void {
  let before = read;
  let missed = 0;
  const look = (): void => {
    const text = textOf(path);
    missed = text === null ? missed + 1 : 0;
    if (missed === 2) gone();
    if (text === null || text === before) return;
    before = text;
    changed();
  };
  new FolderWatch(look).follow(new Set([dirname(path)]));
  setInterval(look, lookMs).unref();
  look();
}

/** Null when there is nothing to be read. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
