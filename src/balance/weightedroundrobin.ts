// Policy weightedRoundRobin: smooth, and exact over all workers. nginx runs its algorithm with credits of its own in each
// worker (or under a lock); here one whole period of it is computed when eligibility or weights change, and the shared
// turn is an index into it. All workers compute the same period, so that together they walk through it once.
// The weights are made whole numbers in lowest terms first. A period that would be too long (weights such as 1 and 99991)
// is approximated by weights rounded to a sum that fits; every server keeps at least one turn in it.

import type { Policy, View } from "./policy.ts";
import { Smoothing } from "./smoothing.ts";

/** Turns in a period. */
const turnsMax = 16_384;
/** Servers times turns: what computing a period costs; a million takes some milliseconds. */
const stepsMax = 1 << 20;
/** Weights have three decimals: slow start scales them by thousandths. */
const decimals = 1000;

export class WeightedRoundRobin implements Policy {
  readonly isKeyed = false;
  #version = -1;
  #period = new Uint16Array(0);

  pick(view: View): number {
    if (view.eligibleCount === 0) return -1;
    if (view.version !== this.#version) {
      this.#version = view.version;
      this.#period = periodOf(view);
    }
    return this.#period[view.nextTurn() % this.#period.length]!;
  }
}

/** The same order for picks outside of the shared turns: local to one worker, and it may have another set on every pick. */
export class LocalWeightedRoundRobin implements Policy {
  readonly isKeyed = false;
  readonly #smoothing: Smoothing;

  constructor(servers: number) {
    this.#smoothing = new Smoothing(servers);
  }

  pick(view: View): number {
    return this.#smoothing.next(view.eligible, view.eligibleCount, view.weights);
  }
}

function periodOf(view: View): Uint16Array<ArrayBuffer> {
  const count = view.eligibleCount;
  const whole = new Float64Array(view.count);
  let divisor = 0;
  for (let position = 0; position < count; position++) {
    const index = view.eligible[position]!;
    whole[index] = Math.max(1, Math.round(view.weights[index]! * decimals));
    divisor = greatestCommonDivisor(whole[index]!, divisor);
  }
  let turns = 0;
  for (let index = 0; index < whole.length; index++) turns += whole[index]! /= divisor;
  const bound = Math.max(count, Math.min(turnsMax, Math.floor(stepsMax / count)));
  if (turns > bound) {
    const scale = bound / turns;
    turns = 0;
    for (let position = 0; position < count; position++) {
      const index = view.eligible[position]!;
      whole[index] = Math.max(1, Math.round(whole[index]! * scale));
      turns += whole[index]!;
    }
  }
  const smoothing = new Smoothing(view.count);
  const period = new Uint16Array(turns);
  for (let turn = 0; turn < turns; turn++) period[turn] = smoothing.next(view.eligible, count, whole);
  return period;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
