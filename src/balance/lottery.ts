// Drawing servers by weight: one out of the eligible, or another than the one already drawn. Knows weights only, not load.
// Strategy: running sums over the eligible servers, made anew when the view's version changes, and a binary search in them;
// when all weights are equal, which is the common case, no search is needed. Draws are positions in `view.eligible`.

import type { View } from "./policy.ts";

export class Lottery {
  /** sums[k] is the weight of the eligible servers before position k. */
  readonly #sums: Float64Array;
  #version = -1;
  #count = 0;
  #isUniform = true;

  constructor(servers: number) {
    this.#sums = new Float64Array(servers + 1);
  }

  /** Call before drawing: at least one server must be eligible. */
  refresh(view: View): void {
    if (view.version !== this.#version) this.#rebuild(view);
  }

  draw(view: View): number {
    if (this.#isUniform) return Math.floor(view.random() * this.#count);
    return this.#positionOf(view.random() * this.#sums[this.#count]!);
  }

  /** A position other than `taken`, by weight, in one draw; at least two servers must be eligible. */
  drawOther(view: View, taken: number): number {
    if (this.#isUniform) {
      const position = Math.floor(view.random() * (this.#count - 1));
      return position >= taken ? position + 1 : position;
    }
    const start = this.#sums[taken]!;
    const end = this.#sums[taken + 1]!;
    let ticket = view.random() * (this.#sums[this.#count]! - (end - start));
    if (ticket >= start) ticket += end - start;
    const position = this.#positionOf(ticket);
    // Only the rounding of sums of very different sizes can lead back to the taken one.
    return position !== taken ? position : taken === 0 ? 1 : taken - 1;
  }

  #positionOf(ticket: number): number {
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#sums[middle]! <= ticket) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #rebuild(view: View): void {
    this.#version = view.version;
    this.#count = view.eligibleCount;
    this.#isUniform = true;
    let sum = 0;
    for (let position = 0; position < view.eligibleCount; position++) {
      const weight = view.weights[view.eligible[position]!]!;
      if (weight !== view.weights[view.eligible[0]!]) this.#isUniform = false;
      this.#sums[position] = sum;
      sum += weight;
    }
    this.#sums[view.eligibleCount] = sum;
  }
}
