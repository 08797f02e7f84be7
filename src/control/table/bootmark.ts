// Whether what lies in a folder was written since this machine started, and not too long ago: the times in tables are
// milliseconds of a clock that begins with the machine and goes around in 49.7 days, and of times that lie further apart than
// half of that nobody can tell which is first. A file says which start of the machine it was and how long after; it is
// written anew as long as Sluice runs.

import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";

/** Less than half of the clock's round, with room for how long entries live at most. */
const awayDaysMax = 20;

export interface Machine {
  /** Other after each start; null when that cannot be known. */
  readonly boot: string | null;
  uptimeS(): number;
}

/** Null where what was kept can be used; otherwise why not. */
export function staleness(path: string, machine: Machine): string | null {
  const mark = readMark(path);
  if (mark === null || machine.boot === null || mark.boot !== machine.boot)
    return "they are from before this machine was started";
  const days = (machine.uptimeS() - mark.uptimeS) / 86_400;
  return days > awayDaysMax || days < 0 ? `Sluice has not run here for more than ${awayDaysMax} days` : null;
}

export function writeMark(path: string, machine: Machine): void {
  const draft = `${path}.draft`;
  // Folders in their places, which nobody needs, keep no Sluice from starting.
  for (const each of [draft, path])
    if (lstatSync(each, { throwIfNoEntry: false })?.isDirectory()) rmSync(each, { recursive: true });
  writeFileSync(draft, `${machine.boot ?? ""} ${Math.floor(machine.uptimeS())}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

export function thisMachine(): Machine {
  return { boot: bootOf(), uptimeS: uptime };
}

function readMark(path: string): { boot: string; uptimeS: number } | null {
  try {
    const [boot = "", uptimeS = ""] = readFileSync(path, "utf8").trim().split(" ");
    return boot === "" || uptimeS === "" ? null : { boot, uptimeS: Number(uptimeS) };
  } catch {
    return null;
  }
}

function bootOf(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    if (process.platform !== "darwin") return null;
  }
  const asked = Bun.spawnSync(["sysctl", "-n", "kern.bootsessionuuid"]);
  return asked.exitCode === 0 ? asked.stdout.toString().trim() : null;
}
