// What Linux tells about a process. Only for processes that a test has started, or that those have.

import { readdirSync, readFileSync } from "node:fs";

export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A zombie has ended; only its parent has not looked yet. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\S+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** SIGSTOP comes a moment after it was sent. */
export function isStopped(pid: number): boolean {
  return /^\S+ \(.*\) T/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

export function residentBytes(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb) * 1024;
}

/** Since the start, or since `forgetPeak`. */
export function peakBytes(pid: number): number {
  const kb = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb) * 1024;
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Processor time so far, user and system. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What /proc calls this process: how Sluice names it when it holds a port. */
export function ownName(): string {
  return readFileSync("/proc/self/comm", "utf8").trim();
}
