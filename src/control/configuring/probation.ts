// What was put in force and waits to be confirmed: what was before it, and the time after which that comes back. It counts the time and
// keeps what is needed; what coming back takes, and that nothing else is taken meanwhile, is configuring.ts' business. A roll-back that
// failed is tried again by the same time over again.

import type { Version } from "./source.ts";

/** Calls back after so long, unless what it gives is called. */
export type After = (ms: number, call: () => void) => () => void;

export class Probation {
  readonly before: Version;
  /** When it ends, unless it is confirmed before. */
  readonly byMs: number;
  isRollingBack = false;
  readonly #after: After;
  readonly #expired: () => void;
  #cancel: () => void = () => {};

  constructor(before: Version, byMs: number, after: After, expired: () => void) {
    this.before = before;
    this.byMs = byMs;
    this.#after = after;
    this.#expired = expired;
  }

  expireIn(ms: number): void {
    this.cancel();
    this.#cancel = this.#after(ms, this.#expired);
  }

  cancel(): void {
    this.#cancel();
  }
}
