// So many failures in a row, no further apart than a window, first to last. A success ends the row; one that is told late ends
// only what failed before it. Of the row the times of the last failures are kept, as many as are asked for.

import type { Run } from "../standing.ts";
import type { Strategy } from "./strategy.ts";

export class Consecutive implements Strategy {
  readonly rowLength: number;
  readonly withinS: number;

  /** A window of 0 is no limit. */
  constructor(failures: number, withinMs: number) {
    this.rowLength = Math.max(1, failures);
    this.withinS = withinMs / 1000;
  }

  failed(run: Run, atS: number): boolean {
    run.failures++;
    run.addTime(atS);
    const count = this.#lengthIn(run);
    if (run.failures < count || run.timesCount < count) return false;
    if (this.withinS === 0) return true;
    let first = atS;
    let last = atS;
    for (let age = 1; age < count; age++) {
      const timeS = run.timeS(age);
      first = Math.min(first, timeS);
      last = Math.max(last, timeS);
    }
    return last - first <= this.withinS;
  }

  succeeded(run: Run, atS: number): void {
    let later = 0;
    while (later < run.timesCount && run.timeS(later) > atS) later++;
    if (later === 0) return run.clear();
    const times = Array.from({ length: later }, (_, age) => run.timeS(age));
    run.clear();
    run.failures = later;
    for (const timeS of times.reverse()) run.addTime(timeS);
  }

  takeBack(run: Run, failures: number): void {
    run.dropTimes(failures);
    run.failures = Math.max(0, run.failures - failures);
  }

  isConvicting(run: Run): boolean {
    return run.failures >= this.#lengthIn(run);
  }

  isClean(run: Run): boolean {
    return run.failures === 0;
  }

  /** A pair has room for fewer times than a member. */
  #lengthIn(run: Run): number {
    return Math.min(this.rowLength, run.timesMax);
  }
}
