// Of the last so many outcomes a share of failures, once there are that many. They are counted from a first failure on, for what
// never fails has no record to count in; when no failure is left among them it is forgotten again.
//
//   words of the run:   0 outcomes kept, and where the next goes, 16 bits each     1 2 3 a bit for each, 1 a failure

import { assert } from "../../base/assert.ts";
import { bitsOf } from "../bits.ts";
import type { Run } from "../standing.ts";
import type { Strategy } from "./strategy.ts";

export const shareOfMax = 96;

export class Share implements Strategy {
  readonly rowLength = 0;
  readonly withinS = 0;
  readonly #of: number;
  readonly #share: number;

  constructor(of: number, share: number) {
    assert(of >= 1 && of <= shareOfMax, "a share is of no more outcomes than a run has room for");
    this.#of = of;
    this.#share = share;
  }

  failed(run: Run, _atS: number): boolean {
    this.#add(run, true);
    return this.isConvicting(run);
  }

  succeeded(run: Run, _atS: number): void {
    if (this.isClean(run)) return;
    this.#add(run, false);
    if (run.failures === 0) run.clear();
  }

  takeBack(run: Run, failures: number): void {
    const next = run.word(0) >>> 16;
    for (let age = 1; age <= countOf(run) && failures > 0; age++) {
      const at = (next - age + this.#of) % this.#of;
      if (!isFailure(run, at)) continue;
      setFailure(run, at, false);
      failures--;
    }
    run.failures = failuresIn(run);
  }

  isConvicting(run: Run): boolean {
    return countOf(run) >= this.#of && run.failures >= this.#share * this.#of;
  }

  isClean(run: Run): boolean {
    return run.failures === 0;
  }

  #add(run: Run, failed: boolean): void {
    // What was counted under another plan may be of more outcomes.
    if (countOf(run) > this.#of) run.clear();
    const next = (run.word(0) >>> 16) % this.#of;
    setFailure(run, next, failed);
    run.failures = failuresIn(run);
    run.setWord(0, (((next + 1) % this.#of) << 16) | Math.min(countOf(run) + 1, this.#of));
  }
}

function failuresIn(run: Run): number {
  return bitsOf(run.word(1)) + bitsOf(run.word(2)) + bitsOf(run.word(3));
}

function countOf(run: Run): number {
  return run.word(0) & 0xffff;
}

function isFailure(run: Run, at: number): boolean {
  return (run.word(1 + (at >> 5)) & (1 << (at & 31))) !== 0;
}

function setFailure(run: Run, at: number, is: boolean): void {
  const word = run.word(1 + (at >> 5));
  run.setWord(1 + (at >> 5), is ? word | (1 << (at & 31)) : word & ~(1 << (at & 31)));
}
