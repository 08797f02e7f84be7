// Places for work that the runtime's threads do. There are far more threads than cores, for a name that nobody answers for holds one
// for many seconds and takes nothing from the processor (base/limits.ts); what does take of it has no more places than there are
// cores, and the event loop has as much of them as before. Who finds none waits, and is called in the order of coming.

export interface Waiter {
  /** It has a place, and gives it back by `leave`. */
  placed(): void;
}

export class Places {
  readonly #count: number;
  readonly #waiters = new Set<Waiter>();
  #taken = 0;

  constructor(count: number) {
    this.#count = count;
  }

  get taken(): number {
    return this.#taken;
  }

  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** True: it has a place now. Otherwise it is called when it has one. */
  take(waiter: Waiter): boolean {
    if (this.#taken < this.#count) {
      this.#taken++;
      return true;
    }
    this.#waiters.add(waiter);
    return false;
  }

  /** It is not called any more. */
  forgo(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  leave(): void {
    for (const next of this.#waiters) {
      this.#waiters.delete(next);
      return next.placed();
    }
    this.#taken--;
  }
}
