// Whether something that may be away is to be asked now: after some failures in a row it is left alone for a while, then one question
// is let through, and what becomes of that decides for all. It keeps no clock: times come in, in ms.

/** So many in a row, and it is taken to be away. */
export const failuresMax = 3;
/** How long it is left alone first, and at most. */
export const restMs = 500;
export const restMsMax = 15_000;

export class Breaker {
  #failures = 0;
  #restMs = restMs;
  #closedUntilMs = 0;
  #isTrying = false;

  /** It has been found away, and has not been found back since. */
  get isOpen(): boolean {
    return this.#failures >= failuresMax;
  }

  /** Whether to ask. True is a question that must be told of. */
  allows(nowMs: number): boolean {
    if (!this.isOpen) return true;
    if (this.#isTrying || nowMs < this.#closedUntilMs) return false;
    this.#isTrying = true;
    return true;
  }

  /** It may be back: the next question is let through. */
  hasten(): void {
    this.#closedUntilMs = 0;
  }

  /** `isTrial`: it was open when that was asked. Other questions were asked before it opened, and say nothing of now. */
  succeeded(isTrial: boolean): void {
    if (this.isOpen && !isTrial) return;
    this.#failures = 0;
    this.#restMs = restMs;
    this.#isTrying = false;
  }

  /** Answers whether it is taken to be away from now on, and was not before. `isTrial`: as above. */
  failed(nowMs: number, isTrial: boolean): boolean {
    const wasOpen = this.isOpen;
    if (wasOpen && !isTrial) return false;
    this.#failures++;
    this.#isTrying = false;
    if (!this.isOpen) return false;
    if (wasOpen) this.#restMs = Math.min(restMsMax, this.#restMs * 2);
    this.#closedUntilMs = nowMs + this.#restMs;
    return !wasOpen;
  }
}
