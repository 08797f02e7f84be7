// What can be known of a Sluice on this machine whose control takes connections and answers nothing: that its process lives, and whether
// it was stopped. The state folders say which process it is (src/control/statelock.ts). Where several run here and the config is not
// given nothing is said, for it might be of another.

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { stateFolderOf } from "../control/state.ts";
import { lockName } from "../control/statelock.ts";
import { processOwner } from "../owner.ts";

/** To be written behind what went wrong; "" where nothing is known. `config`: what it runs with, where that is known. */
export function standingText(config: string | undefined, root: string = dirname(stateFolderOf(""))): string {
  const pids = controlsIn(root, config);
  const [pid] = pids;
  if (pid === undefined || pids.length > 1) return "";
  const what = isStopped(pid) ? `is stopped (kill -CONT ${pid} lets it go on)` : "lives and does not answer";
  return `: its process ${pid} ${what}; its workers may still serve`;
}

/** Live ones, of every user whose folders can be read: an operator is often another than Sluice. */
function controlsIn(root: string, config: string | undefined): number[] {
  const ending = config === undefined ? "" : basename(stateFolderOf(resolve(config))).replace(/^.*-/, "-");
  const { isAlive } = processOwner();
  return namesIn(root)
    .filter((name) => /^sluice-\d+-[0-9a-f]{12}$/.test(name) && name.endsWith(ending))
    .flatMap((name) => {
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

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What cannot be read says nothing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
