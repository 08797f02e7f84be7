// How many connections all listeners together took in the last second, and the most that it ever was. It is told once a second how many
// there have been since the start; what is taken away from that with a listener that goes is no rate below 0.

export class Rates {
  current = 0;
  max = 0;
  #before: number | null = null;
  #atMs = 0;

  look(count: number, nowMs: number): void {
    const passedMs = Math.max(nowMs - this.#atMs, 1);
    if (this.#before !== null) this.current = Math.round((Math.max(count - this.#before, 0) * 1000) / passedMs);
    this.max = Math.max(this.max, this.current);
    this.#before = count;
    this.#atMs = nowMs;
  }

  clear(): void {
    this.max = this.current;
  }
}
