// How much a server may say that is no answer, as oddities.ts has it for clients: PING, SETTINGS, empty frames. Some servers ping with
// each read of content, to learn how wide the way is (gRPC's do): what is of use, answers and content both ways, earns more of it.

const atOnceMax = 10_000;
const perSecond = 1000;

export class Patience {
  #left = atOnceMax;
  #refilledMs: number;

  constructor(nowMs: number) {
    this.#refilledMs = nowMs;
  }

  /** One more. False: it is too much. */
  note(nowMs: number): boolean {
    const refill = ((nowMs - this.#refilledMs) * perSecond) / 1000;
    this.#left = Math.min(atOnceMax, this.#left + refill) - 1;
    this.#refilledMs = nowMs;
    return this.#left >= 0;
  }

  /** Something of use has come, or gone. */
  earn(): void {
    if (this.#left < atOnceMax) this.#left += 2;
  }
}
