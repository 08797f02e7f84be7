// Connections whose first bytes have not come, or not all of them: each is looked at again after 1, 2, 4, … 16 ms, by one timer
// for all of them. They hold no buffer; what has come waits in the kernel.

import type { Driver } from "./driver.ts";

const stepMsMax = 16;

export interface Waiter {
  /** The room's own; 0 at first. */
  stepMs: number;
  nextMs: number;
  /** Look again; may go back into the room. */
  look(): void;
}

export class WaitingRoom {
  readonly #driver: Driver;
  readonly #waiters = new Set<Waiter>();
  #timer: Timer | null = null;
  #timerMs = 0;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  get size(): number {
    return this.#waiters.size;
  }

  enter(waiter: Waiter): void {
    waiter.stepMs = Math.min(Math.max(1, waiter.stepMs * 2), stepMsMax);
    waiter.nextMs = this.#driver.nowMs + waiter.stepMs;
    this.#waiters.add(waiter);
    this.#arm(waiter.nextMs);
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  #arm(dueMs: number): void {
    if (this.#timer !== null) {
      if (this.#timerMs <= dueMs) return;
      clearTimeout(this.#timer);
    }
    this.#timerMs = dueMs;
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(dueMs - this.#driver.nowMs)));
  }

  #look(): void {
    this.#timer = null;
    this.#driver.refresh();
    let dueMs = Number.POSITIVE_INFINITY;
    for (const waiter of [...this.#waiters]) {
      if (waiter.nextMs > this.#driver.nowMs) {
        dueMs = Math.min(dueMs, waiter.nextMs);
        continue;
      }
      this.#waiters.delete(waiter);
      try {
        waiter.look();
      } catch (error) {
        this.#driver.failed(error as Error);
      }
    }
    if (dueMs < Number.POSITIVE_INFINITY) this.#arm(dueMs);
  }
}
