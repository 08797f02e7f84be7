// How far the clock of this machine is from Redis', which is the fleet's: bans end, and the later of two changes counts, by the clocks of
// nodes. Each answer of Redis has its time; an answer that took long says too little. A clock that is off is told once, when several
// answers in a row agree, and once when it is right again.

/** More is told. */
export const clockOffMs = 1000;
/** Less than this is right again. */
const clockRightMs = 500;
/** Of an answer: the time that Redis tells may be of any moment of it. */
const answerMsMax = 500;
const agreeing = 4;

export class ClockWatch {
  #aheadMs: number | null = null;
  #isOff = false;
  #others = 0;

  /** Of Redis' clock, negative where this one is behind; null: nothing is known yet. */
  get aheadMs(): number | null {
    return this.#aheadMs;
  }

  /** Redis told its time in answer to what was asked at `askedMs` and answered at `answeredMs`. Not null: this is new, and to be told. */
  heard(askedMs: number, answeredMs: number, redisMs: number): "off" | "right" | null {
    const tookMs = answeredMs - askedMs;
    // A clock that was set back meanwhile, too.
    if (tookMs < 0 || tookMs > answerMsMax || !Number.isFinite(redisMs)) return null;
    const aheadMs = Math.round((askedMs + answeredMs) / 2 - redisMs);
    this.#aheadMs = aheadMs;
    const off = Math.abs(aheadMs) - tookMs / 2;
    this.#others = (this.#isOff ? off < clockRightMs : off > clockOffMs) ? this.#others + 1 : 0;
    if (this.#others < agreeing) return null;
    this.#others = 0;
    this.#isOff = !this.#isOff;
    return this.#isOff ? "off" : "right";
  }
}

/** `12.3 s ahead`, `4 s behind`, `5 ms ahead`. */
export function clockText(aheadMs: number): string {
  const ms = Math.abs(aheadMs);
  const size = ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
  return `${size} ${aheadMs < 0 ? "behind" : "ahead"}`;
}
