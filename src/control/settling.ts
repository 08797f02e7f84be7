// Whether a file that has changed stands still again. One that is being written, or copied into its place, may look whole at any
// moment; so a change is believed when a later look finds the same. One that never stands still is believed after a while.

interface Unrest {
  readonly stamp: string;
  readonly sinceMs: number;
  readonly firstMs: number;
}

export class Settling {
  readonly #stillMs: number;
  readonly #unrestMsMax: number;
  readonly #unrest = new Map<string, Unrest>();

  constructor(stillMs: number, unrestMsMax: number) {
    this.#stillMs = stillMs;
    this.#unrestMsMax = unrestMsMax;
  }

  /** To be asked at each look that finds a change, until it is true. */
  isSettled(name: string, stamp: string, nowMs: number): boolean {
    const former = this.#unrest.get(name);
    const firstMs = former?.firstMs ?? nowMs;
    const sinceMs = former?.stamp === stamp ? former.sinceMs : nowMs;
    const isSettled = nowMs - sinceMs >= this.#stillMs || nowMs - firstMs >= this.#unrestMsMax;
    if (isSettled) this.#unrest.delete(name);
    else this.#unrest.set(name, { stamp, sinceMs, firstMs });
    return isSettled;
  }

  /** There is no change any more. */
  forget(name: string): void {
    this.#unrest.delete(name);
  }
}
