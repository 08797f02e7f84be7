// When probes begin. Each server's are a period apart, a tenth more or less by chance, and stand on a grid: those of many servers
// begin in one turn of the event loop, and their answers come together, for a process that is waked for each probe by itself
// spends most of its time on waking. All that is due at one point of the grid shares a timer. It knows the time, and nothing of probes.

const jitter = 0.1;
const gridMsMax = 25;
/** A grid is this part of a period at most. */
const gridShareMax = 0.02;

interface Point {
  readonly calls: Set<() => void>;
  readonly timer: Timer;
}

export class Pace {
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #points = new Map<number, Point>();

  constructor(random: () => number, now: () => number = () => performance.now()) {
    this.#random = random;
    this.#now = now;
  }

  /** Calls once, a period after `startedMs`, or as soon as it can where that is over. What comes back calls that off. */
  next(startedMs: number, everyMs: number, call: () => void): () => void {
    const dueMs = dueAt(startedMs, everyMs, this.#random());
    const point = this.#points.get(dueMs) ?? this.#begin(dueMs);
    point.calls.add(call);
    return () => {
      if (!point.calls.delete(call) || point.calls.size > 0) return;
      clearTimeout(point.timer);
      if (this.#points.get(dueMs) === point) this.#points.delete(dueMs);
    };
  }

  #begin(dueMs: number): Point {
    const calls = new Set<() => void>();
    const timer = setTimeout(
      () => {
        this.#points.delete(dueMs);
        for (const call of calls) {
          calls.delete(call);
          call();
        }
      },
      Math.max(0, dueMs - this.#now()),
    );
    const point = { calls, timer };
    this.#points.set(dueMs, point);
    return point;
  }
}

/** The point of the grid that is nearest, so that periods are neither longer nor shorter in the mean. `chance`: from 0 to 1. */
export function dueAt(startedMs: number, everyMs: number, chance: number): number {
  const gridMs = Math.min(gridMsMax, everyMs * gridShareMax);
  const periodMs = everyMs * (1 + jitter * (2 * chance - 1));
  return Math.round((startedMs + periodMs) / gridMs) * gridMs;
}
