// The verdict on one server from its active checks, with hysteresis: it takes `fall` failures in a row to bring a server
// down and `rise` successes in a row to bring it up again. The first result of all decides at once, so that a fleet that has
// just started serves after one round of checks, and a server that is new and dead never serves.
// Any opposite result starts the count anew: failures that are not in a row never add up.

export type VerdictState = "unchecked" | "up" | "down";
/** How sure the last results are: changing while they speak against the state. */
export type Standing = "up" | "changing" | "down";

export class Verdict {
  readonly #rise: number;
  readonly #fall: number;
  #state: VerdictState = "unchecked";
  /** Results in a row against the state. */
  #against = 0;

  constructor(rise: number, fall: number) {
    this.#rise = rise;
    this.#fall = fall;
  }

  get state(): VerdictState {
    return this.#state;
  }

  /** Results in a row that speak against the state, for showing how close a server is to the other. */
  get against(): number {
    return this.#against;
  }

  get standing(): Standing {
    if (this.#against > 0) return "changing";
    return this.#state === "down" ? "down" : "up";
  }

  /** Whether the state has changed by this result. */
  observe(isHealthy: boolean): boolean {
    const spoken = isHealthy ? "up" : "down";
    if (spoken === this.#state) {
      this.#against = 0;
      return false;
    }
    this.#against++;
    const needed = isHealthy ? this.#rise : this.#fall;
    if (this.#state !== "unchecked" && this.#against < needed) return false;
    this.#state = spoken;
    this.#against = 0;
    return true;
  }

  /** Forget all: what answered so far was another server, such as when a name has got another address. */
  reset(): void {
    this.#state = "unchecked";
    this.#against = 0;
  }
}
