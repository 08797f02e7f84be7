// What the kernel knows of a running proxy: its processes, their CPU time and their memory. Linux only.

import { readdirSync, readFileSync } from "node:fs";

/** The process and all its descendants. */
export function treeOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = read(`/proc/${pid}/task/${task}/children`).trim();
    return text === "" ? [] : text.split(" ").map(Number);
  });
  return [pid, ...children.flatMap(treeOf)];
}

/** Those of a tree that carry traffic: the ones that started none. A single process is its own worker. */
export function workersOf(pid: number): number[] {
  const tree = treeOf(pid);
  return tree.filter((member) => treeOf(member).length === 1);
}

/** CPU time of all threads that live, in microseconds. */
export function cpuUs(pids: readonly number[]): number {
  let ns = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`))
      ns += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(" ", 1)[0]);
  }
  return ns / 1000;
}

/** Resident memory in kB. */
export function residentKb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0), 0);
}

/** A thread may end between listing and reading. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
