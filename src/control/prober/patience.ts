// How long a probe waits for its server. Where this process itself stood still (its machine was paused, or swapped), timers come before what
// was received meanwhile, and the server may have had no time either: that time is not the server's, and is given once more.

/** A timer that is late by no more has only waited for its turn. */
const lateMs = 250;

export class Patience {
  #timer: Timer;

  /** `expired` is called once, and not after `end`. */
  constructor(timeoutMs: number, expired: () => void) {
    const dueMs = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => {
      const stoodMs = performance.now() - dueMs;
      if (stoodMs > lateMs) this.#timer = setTimeout(expired, Math.min(stoodMs, timeoutMs));
      else expired();
    }, timeoutMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
