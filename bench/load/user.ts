// A virtual user: asks, waits for the whole answer, thinks, asks again. With several source addresses it has a connection from
// each and takes them in turn. It never has two requests under way, so a proxy that stalls is asked less: that is k6's model
// too, and what "coordinated omission" means (docs/LOAD.md).

import { Line, type Target } from "./line.ts";
import type { Tally } from "./tally.ts";

export class User {
  readonly #lines: readonly Line[];
  readonly #tally: Tally;
  readonly #thinkMs: number;
  readonly #left: () => void;
  #turn = 0;
  #begunMs = 0;
  #dueMs = 0;
  #timer: Timer | null = null;
  #isAsking = false;
  #isLeaving = false;

  /** `left` is told when it has gone, its last round done. */
  constructor(target: Target, tally: Tally, sources: readonly string[], thinkMs: number, left: () => void) {
    this.#lines = sources.map((source) => new Line(target, tally, source, () => this.#answered()));
    this.#tally = tally;
    this.#thinkMs = thinkMs;
    this.#left = left;
  }

  start(): void {
    this.#begunMs = performance.now();
    this.#isAsking = true;
    this.#lines[this.#turn++ % this.#lines.length]!.ask();
  }

  /** Ends after the answer that it waits for. */
  leave(): void {
    this.#isLeaving = true;
    if (!this.#isAsking) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isAsking = false;
    this.#isLeaving = true;
    for (const line of this.#lines) line.close();
    this.#left();
  }

  timeOut(sinceMs: number): void {
    for (const line of this.#lines) line.timeOut(sinceMs);
  }

  #answered(): void {
    this.#isAsking = false;
    if (this.#isLeaving) return this.stop();
    this.#dueMs = performance.now() + this.#thinkMs;
    this.#timer = setTimeout(this.#goOn, this.#thinkMs);
  }

  readonly #goOn = (): void => {
    const nowMs = performance.now();
    this.#tally.late.record((nowMs - this.#dueMs) * 1000);
    this.#tally.rounds.record((nowMs - this.#begunMs) * 1000);
    this.#timer = null;
    this.start();
  };
}
