// Requests that wait for a member that rests at their host, of all pools of this worker, first come first served. The wheel's ticks are
// too long for that: at an interval of a few milliseconds it would give one turn for several. So they are gone through every few
// milliseconds, like those who wait for servers; and never more of them than a few at a time, for of thousands who wait for the same
// member all but one ask in vain.

/** Some 10,000 a second, which is a few hundredths of a core. */
export const askedMax = 40;

export interface Resting {
  /** Not before then is it worth asking again. */
  readonly dueMs: number;
  /** Ask. Who is to wait on stays, with another `dueMs`. */
  retry(): void;
}

export class RestRoom {
  /** In the order in which they came. */
  readonly #waiters: Set<Resting> = new Set();

  get size(): number {
    return this.#waiters.size;
  }

  /** Whether it had not been here. Who was keeps its place. */
  add(waiter: Resting): boolean {
    const { size } = this.#waiters;
    return this.#waiters.add(waiter).size > size;
  }

  remove(waiter: Resting): void {
    this.#waiters.delete(waiter);
  }

  serve(nowMs: number): void {
    let asked = 0;
    for (const waiter of this.#waiters) {
      if (waiter.dueMs > nowMs) continue;
      if (asked++ === askedMax) return;
      waiter.retry();
    }
  }
}
