// What a client may do that is allowed and costs us something without being a request (RFC 9113 section 10.5): PING, SETTINGS, empty
// frames, streams that are taken back before they are answered. Everybody does some of it; a budget is used up only by who does
// little else. It fills up again with time.

/** At once: a page of a thousand tiles that is scrolled away takes them all back. */
const atOnceMax = 1000;
const perSecond = 100;

export class Oddities {
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
}
