// How it goes, on stderr: one line that is written over where somebody watches, a line every ten seconds where nobody does (a file,
// a pipe), so that no log is flooded. It knows no clock but the elapsed time that it is shown.

import type { Course } from "./course.ts";
import type { Glance } from "./crowd.ts";

const watchedMs = 250;
const unwatchedMs = 10_000;
/** Back to the begin of the line, which is then cleared. */
const anew = "\r\x1b[K";

export class Progress {
  readonly #course: Course;
  readonly #label: string;
  readonly #isWatched: boolean;
  readonly #write: (text: string) => void;
  #shownMs = 0;
  #requests = 0;
  #limited = 0;

  constructor(course: Course, label: string, isWatched: boolean, write: (text: string) => void) {
    this.#course = course;
    this.#label = label;
    this.#isWatched = isWatched;
    this.#write = write;
  }

  see({ tally, elapsedMs, users }: Glance): void {
    const sinceMs = elapsedMs - this.#shownMs;
    if (sinceMs < (this.#isWatched ? watchedMs : unwatchedMs)) return;
    const requests = tally.requests - this.#requests;
    const limited = tally.of(429) - this.#limited;
    this.#shownMs = elapsedMs;
    this.#requests = tally.requests;
    this.#limited = tally.of(429);
    const parts = [
      `${this.#course.name}, ${this.#label}`,
      `${clock(elapsedMs)} of ${clock(this.#course.durationMs)}`,
      `${users} users`,
      `${Math.round((requests * 1000) / sinceMs)} requests/s`,
      `p95 ${(tally.served.percentileUs(95) / 1000).toFixed(1)} ms`,
      `429 ${requests === 0 ? 0 : Math.round((limited / requests) * 100)} %`,
      ...(tally.failures > 0 ? [`${tally.failures} FAILED`] : []),
    ];
    const line = parts.join("  ");
    this.#write(this.#isWatched ? `${anew}${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#isWatched) this.#write(anew);
  }
}

export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
