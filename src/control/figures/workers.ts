// The processes of a look: what each worker carries, and what processor time and memory it takes. A process is known by its pid: one that
// took the place of another begins at nothing.

import { routeCell, workerCell } from "../../memory/tally.ts";
import type { WorkerFigures } from "../api/shape/figures.ts";
import type { WorkerStatus } from "../seat.ts";
import { type Differences, perSecond } from "./differences.ts";
import type { Look } from "./source.ts";

const requestCells = [
  routeCell.status1xx,
  routeCell.status2xx,
  routeCell.status3xx,
  routeCell.status4xx,
  routeCell.status5xx,
  routeCell.aborted,
] as const;

export function workersOf(look: Look, differences: Differences): WorkerFigures[] {
  return look.source.workers().map((status) => workerOf(status, look, differences));
}

function workerOf({ worker, state, pid }: WorkerStatus, look: Look, differences: Differences): WorkerFigures {
  const { plan, source, seconds } = look;
  const { totals } = source;
  let requests = 0;
  for (const { slot, listener } of plan.routes)
    if (plan.listeners[listener]!.mode === "http")
      for (const cell of requestCells) requests += totals.routeOfWorker(worker, slot, cell);
  const [grown] = differences.of(`worker ${worker}`, [requests]);
  return {
    ...{ worker, state, requests: perSecond(grown!, seconds) },
    connections: totals.ofWorker(worker, workerCell.connections),
    upstreamConnections: totals.ofWorker(worker, workerCell.upstreamConnections),
    ...usageOf(pid, look, differences),
  };
}

/** Nothing of what does not run, or cannot be asked for. */
export function usageOf(
  pid: number | null,
  { source, seconds }: Look,
  differences: Differences,
): { cpu: number; residentBytes: number } {
  const usage = pid === null ? null : source.usageOf(pid);
  if (usage === null) return { cpu: 0, residentBytes: 0 };
  const [cpuSeconds] = differences.of(`process ${pid}`, [usage.cpuSeconds]);
  return { cpu: perSecond(cpuSeconds!, seconds), residentBytes: usage.residentBytes };
}
