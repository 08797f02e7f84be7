// Watches one rule while traffic is played: whether it was reached, whether its condition held, and what came of the term that is measured.
// It stands where an explanation's trace would, so that it sees what decides; all else it lets pass, and keeps no texts.

import type { RulePlan } from "../config/plan.ts";
import type { Value } from "../rules/scene.ts";
import { Trace } from "../rules/trace.ts";

export class Watch extends Trace {
  isReached = false;
  isHeld = false;
  /** NaN where the term was not asked for, or is no number. */
  value: number = Number.NaN;
  readonly #place: string;
  readonly #term: string | null;
  #depth = 0;
  /** At which the rule stands; 0 while it is not played. */
  #at = 0;

  constructor(place: string, term: string | null) {
    super();
    this.#place = place;
    this.#term = term;
  }

  /** Before each request. */
  reset(): void {
    this.isReached = false;
    this.isHeld = false;
    this.value = Number.NaN;
  }

  override begin({ place }: RulePlan): void {
    this.#depth++;
    if (place !== this.#place) return;
    this.#at = this.#depth;
    this.isReached = true;
  }

  override end(): void {
    if (this.#at === this.#depth) this.#at = 0;
    this.#depth--;
  }

  override held(): void {
    if (this.#at === this.#depth) this.isHeld = true;
  }

  override term(text: string, value: Value): void {
    if (this.#at === this.#depth && text === this.#term && typeof value === "number") this.value = value;
  }

  override passed(): void {}
  override effect(): void {}
  override result(): void {}
  override done(): void {}
  override outcome(): void {}
}
