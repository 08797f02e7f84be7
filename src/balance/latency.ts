// The peak-sensitive moving average of response times that peakEwma goes by (as in Finagle): a slower response than the
// average replaces it at once, a faster one pulls it down by its age. Averages stand in cells of this worker's block, so that
// metrics can show them; when each was last changed is known here only.
// The average also decays while nothing is heard of a server. Without that, one response of a minute would keep it from being
// tried for good. The clock is the time of the pool's latest response: when there is none, nothing needs to age.

/** A response loses about two thirds of its influence in this time. */
const decayMs = 10_000;

export class Latency {
  readonly #cells: Float64Array;
  /** Index in `cells` of each server's average. */
  readonly #at: Int32Array;
  readonly #changedMs: Float64Array;
  #nowMs = -1;

  constructor(cells: Float64Array, at: Int32Array) {
    this.#cells = cells;
    this.#at = at;
    this.#changedMs = new Float64Array(at.length);
  }

  observe(index: number, latencyMs: number, nowMs: number): void {
    // What was found in the cells at the start, from a former plan or worker, ages from the first response on.
    if (this.#nowMs < 0) this.#changedMs.fill(nowMs);
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    const at = this.#at[index]!;
    const average = this.#cells[at]!;
    const remaining = Math.exp((this.#changedMs[index]! - nowMs) / decayMs);
    this.#changedMs[index] = nowMs;
    // An average of 0 says that nothing is known: the first response is the average, even if it took no time.
    const sample = Math.max(latencyMs, 0.001);
    this.#cells[at] = sample >= average * remaining ? sample : average * remaining + sample * (1 - remaining);
  }

  of(index: number): number {
    const average = this.#cells[this.#at[index]!]!;
    if (average === 0 || this.#nowMs < 0) return average;
    return average * Math.exp((this.#changedMs[index]! - this.#nowMs) / decayMs);
  }
}
