// Whether a file that has changed stands still again. One that is being written, or copied into its place, may look whole at any
// moment; so a change is believed when a later look finds the same. One that never stands still is believed after a while.

interface Unrest {
  readonly stamp: string;
  readonly sinceMs: number;
  readonly firstMs: number;
}

export class Settling {
  readonly #unrestMsMax: number;
  readonly #unrest = new Map<string, Unrest>();

  constructor(unrestMsMax: number) {
    this.#unrestMsMax = unrestMsMax;
  }

  /** To be asked at each look that finds a change, until it is true: for `stillMs` it has been as it is. */
  isSettled(name: string, stamp: string, nowMs: number, stillMs: number): boolean {
    const former = this.#unrest.get(name);
    const firstMs = former?.firstMs ?? nowMs;
    const sinceMs = former?.stamp === stamp ? former.sinceMs : nowMs;
    const isSettled = nowMs - sinceMs >= stillMs || nowMs - firstMs >= this.#unrestMsMax;
    if (isSettled) this.#unrest.delete(name);
    else this.#unrest.set(name, { stamp, sinceMs, firstMs });
    return isSettled;
  }

  /** Of one that is not settled: in how long it is, if it stays as it is. */
  restMs(name: string, nowMs: number, stillMs: number): number {
    const { sinceMs, firstMs } = this.#unrest.get(name) ?? { sinceMs: nowMs, firstMs: nowMs };
    return Math.max(0, Math.min(sinceMs + stillMs, firstMs + this.#unrestMsMax) - nowMs);
  }

  /** There is no change any more. */
  forget(name: string): void {
    this.#unrest.delete(name);
  }
}
