// What can be known of a Sluice on this machine whose control takes connections and answers nothing: that its process lives, and whether
// it was stopped. The state folders say which process it is (src/control/statelock.ts). Where several run here and the config is not
// given nothing is said, for it might be of another.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lockName } from "../control/statelock.ts";
import { processOwner } from "../owner.ts";
import { stateFoldersIn, stateRoot } from "./running.ts";

/** To be written behind what went wrong; "" where nothing is known. `config`: what it runs with, where that is known. */
export function standingText(config: string | undefined, root: string = stateRoot): string {
  const pids = controlsIn(root, config);
  const [pid] = pids;
  if (pid === undefined || pids.length > 1) return "";
  const what = isStopped(pid) ? `is stopped (kill -CONT ${pid} lets it go on)` : "lives and does not answer";
  return `: its process ${pid} ${what}; its workers may still serve`;
}

/** Live ones, of every user whose folders can be read: an operator is often another than Sluice. */
function controlsIn(root: string, config: string | undefined): number[] {
  const { isAlive } = processOwner();
  return stateFoldersIn(root, config).flatMap((name) => {
    const [pid, startedAt] = textOf(join(root, name, lockName))
      .trim()
      .split(" ")
      .map(Number);
    return pid !== undefined && pid > 0 && startedAt !== undefined && isAlive(pid, startedAt) ? [pid] : [];
  });
}

/** By a signal (T), or by a debugger (t). */
function isStopped(pid: number): boolean {
  const stat = textOf(`/proc/${pid}/stat`);
  return /^[Tt]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** What cannot be read says nothing. Folders of other users may hold what never ends, or begins (a FIFO): it is not waited for. */
function textOf(path: string): string {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return fstatSync(file).isFile() ? readFileSync(file, "utf8") : "";
  } catch {
    return "";
  } finally {
    if (file !== null) closeSync(file);
  }
}
