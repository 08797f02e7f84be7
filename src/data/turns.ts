// Who has more to do than is fair in one turn of the event loop, and goes on when it is over: flows that have given way, and lines of
// which as much was read at once as the runtime reads. Both go on in the order in which they came, some of them at the end of each turn,
// so that whoever wants little is served in between; while nobody does, turns follow each other without a wait.

import type { TurnFlow } from "../flow/port.ts";

/** For flows, in each turn: 1 ms of work costs who comes meanwhile as much, and the turn itself 10 us. */
const flowsMs = 1;
/** In each turn. Each brings a read of up to 512 kB, whose work takes from 0.1 ms, where it is passed on, to some ms. */
const linesMax = 4;

/** A line that is not read until it is its turn. */
export interface HaltedLine {
  goOn(): void;
}

/** The driver, as turns see it. */
export interface TurnsDriver {
  readonly nowMs: number;
  refresh(): void;
  failed(error: Error): void;
}

export class Turns {
  readonly #flows = new Fifo<TurnFlow>();
  readonly #lines = new Fifo<HaltedLine>();
  #isAwaited = false;
  readonly #turnEnded = (): void => this.#end();
  readonly #driver: TurnsDriver;
  readonly #afterTurn: (call: () => void) => void;

  /** `afterTurn` calls when all that has come together has been told. */
  constructor(driver: TurnsDriver, afterTurn: (call: () => void) => void = setImmediate) {
    this.#driver = driver;
    this.#afterTurn = afterTurn;
  }

  giveWay(flow: TurnFlow): void {
    this.#flows.push(flow);
    this.#awaitEnd();
  }

  halt(line: HaltedLine): void {
    this.#lines.push(line);
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#afterTurn(this.#turnEnded);
  }

  #end(): void {
    try {
      this.#serve();
    } finally {
      // Whatever has gone wrong, those that wait have a turn.
      this.#isAwaited = false;
      if (!this.#flows.isEmpty || !this.#lines.isEmpty) this.#awaitEnd();
    }
  }

  #serve(): void {
    const driver = this.#driver;
    driver.refresh();
    const startedMs = driver.nowMs;
    // At least one, however late it is.
    do {
      const flow = this.#flows.shift();
      if (flow === null) break;
      try {
        flow.goOn();
      } catch (error) {
        driver.failed(error as Error);
      }
      driver.refresh();
    } while (driver.nowMs - startedMs < flowsMs);
    for (let left = linesMax; left > 0; left--) {
      const line = this.#lines.shift();
      if (line === null) break;
      line.goOn();
    }
  }
}

/** Two lists by turns: neither grows beyond what waits, and nothing is moved. */
class Fifo<T> {
  #first: T[] = [];
  #index = 0;
  #last: T[] = [];

  get isEmpty(): boolean {
    return this.#index === this.#first.length && this.#last.length === 0;
  }

  push(one: T): void {
    this.#last.push(one);
  }

  shift(): T | null {
    if (this.#index === this.#first.length) {
      [this.#first, this.#last] = [this.#last, this.#first];
      this.#last.length = 0;
      this.#index = 0;
    }
    const one = this.#first[this.#index];
    if (one === undefined) return null;
    // Whoever has gone on is not held.
    if (++this.#index === this.#first.length) this.#index = this.#first.length = 0;
    return one;
  }
}
