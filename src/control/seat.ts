// The place of one worker: the process that has it now, and what became of those before. A seat keeps its number and its block of
// the arena while processes come and go. Here too is the brake: how long to wait before a seat is filled again. It knows
// neither plans nor messages; what happens to a seat is the supervisor's to say.

import type { WorkerProcess } from "./workerprocess.ts";

export interface Brake {
  /** A worker that lived less than this died young. */
  readonly youngMs: number;
  /** Pause after the first early death; each further one in a row doubles it. */
  readonly firstMs: number;
  readonly maximumMs: number;
}

export interface Seat {
  readonly worker: number;
  process: WorkerProcess | null;
  startedAtMs: number;
  /** Generation last sent, and last answered as in force. */
  sent: number | null;
  planned: number | null;
  /** How often its event loop had turned, and since when it has not turned again. */
  beat: number;
  beatAtMs: number;
  /** That it stands still. */
  isTold: boolean;
  earlyDeaths: number;
  restarts: number;
  lastExit: string | null;
  pause: Timer | null;
  /** Counts its processes: what is heard late from a former one is not heard. */
  life: number;
}

export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | null;
  /** stalled: its event loop stands still. waiting: died, and is replaced after a pause. ended: drained at the end, and not replaced. */
  readonly state: "up" | "stalled" | "starting" | "waiting" | "ended";
  readonly generation: number | null;
  readonly restarts: number;
  /** How the one before it ended. */
  readonly lastExit: string | null;
}

export const defaultBrake: Brake = { youngMs: 5000, firstMs: 200, maximumMs: 30_000 };

export function newSeat(worker: number): Seat {
  return {
    worker,
    process: null,
    startedAtMs: 0,
    sent: null,
    planned: null,
    beat: 0,
    beatAtMs: 0,
    isTold: false,
    earlyDeaths: 0,
    restarts: 0,
    lastExit: null,
    pause: null,
    life: 0,
  };
}

/** The pause before a seat is filled again after so many early deaths in a row, one or more. */
export function pauseMsOf(earlyDeaths: number, brake: Brake): number {
  return Math.min(brake.maximumMs, brake.firstMs * 2 ** Math.min(earlyDeaths - 1, 30));
}
