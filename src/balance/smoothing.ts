// Smooth weighted round robin as nginx does it (since 1.3.1): on each pick every eligible server's credit grows by its
// weight, the greatest credit wins (the first of equals), and the winner pays the sum of all weights. For weights 5, 1, 1
// that is a a b a c a a, never a run of five. Linear in the servers on each pick.
// Credits are kept by server, so that servers may come and go between picks; one that was away goes on with what it had.

export class Smoothing {
  readonly #credits: Float64Array;

  constructor(servers: number) {
    this.#credits = new Float64Array(servers);
  }

  /** The next of eligible[0, count), whose weights are weights[index]; -1 when count is 0. */
  next(eligible: Int32Array, count: number, weights: Float64Array): number {
    let total = 0;
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let position = 0; position < count; position++) {
      const index = eligible[position]!;
      const weight = weights[index]!;
      const credit = this.#credits[index]! + weight;
      this.#credits[index] = credit;
      total += weight;
      if (credit > most) {
        most = credit;
        best = index;
      }
    }
    if (best >= 0) this.#credits[best]! -= total;
    return best;
  }
}
