// What the system says about a process: processor time, memory, open files. Read from /proc on Linux; elsewhere only this
// process itself can be asked, and others are left out rather than guessed.

import { readdirSync, readFileSync } from "node:fs";
import { residentBytes } from "./openfiles.ts";

export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly openFiles: number;
}

/** USER_HZ: fixed at 100 in the interface of Linux on x64 and arm64, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export type ProcessUsage = Pick<ProcessFigures, "cpuSeconds" | "residentBytes">;

/** Null where the system does not tell. Cheap, however many files the process has open. */
export function usageOf(pid: number): ProcessUsage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields after the command's closing parenthesis, the first of which is field 3 of proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const residentKb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentBytes: residentKb === undefined ? Number(fields[21]) * PAGE_BYTES : Number(residentKb) * 1024,
    };
  } catch {
    if (pid !== process.pid) return null;
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, residentBytes: residentBytes() };
  }
}

export function figuresOf(pid: number): ProcessFigures | null {
  const usage = usageOf(pid);
  if (usage === null) return null;
  try {
    return { ...usage, openFiles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return pid === process.pid ? { ...usage, openFiles: 0 } : null;
  }
}

/** The most files this process may have open, and so its workers; null where /proc does not tell. */
export function openFilesMax(): number | null {
  try {
    const value = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return value === undefined ? null : value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
  } catch {
    return null;
  }
}
