// One filter behind another, which is a filter again: what the first says is written to the second, and while the second has enough
// the first waits, as it would for a client. Which one has failed does not matter; nothing of either is heard after that.

import type { Fault } from "../base/fault.ts";
import type { Filter, FilterMaker, FilterSink } from "./filter.ts";

/** `first` stands on the server's side. */
export function chained(first: FilterMaker, second: FilterMaker): FilterMaker {
  return (sink) => new Chain(first, second, sink);
}

class Chain implements Filter, FilterSink {
  readonly #first: Filter;
  readonly #second: Filter;
  readonly #sink: FilterSink;
  #isOver = false;

  constructor(first: FilterMaker, second: FilterMaker, sink: FilterSink) {
    this.#sink = sink;
    this.#second = second(new Tail(this, sink));
    this.#first = first(this);
  }

  // ---- said by the sieve ----

  write(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#isOver || this.#first.write(bytes, start, end);
  }

  end(): void {
    if (!this.#isOver) this.#first.end();
  }

  resume(): void {
    if (!this.#isOver) this.#second.resume();
  }

  stop(): void {
    this.#isOver = true;
    this.#first.stop();
    this.#second.stop();
  }

  // ---- said by the first ----

  passed(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#isOver || this.#second.write(bytes, start, end);
  }

  ended(): void {
    if (!this.#isOver) this.#second.end();
  }

  failed(what: Fault): void {
    if (this.#isOver) return;
    this.stop();
    this.#sink.failed(what);
  }

  room(): void {
    if (!this.#isOver) this.#sink.room();
  }

  // ---- said by the second, through its tail ----

  /** The second takes content again, so the first may go on; whether that has room it says itself. */
  secondHasRoom(): void {
    if (!this.#isOver) this.#first.resume();
  }
}

/** Where the second of a chain says what it has to say. */
class Tail implements FilterSink {
  readonly #chain: Chain;
  readonly #sink: FilterSink;

  constructor(chain: Chain, sink: FilterSink) {
    this.#chain = chain;
    this.#sink = sink;
  }

  passed(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#sink.passed(bytes, start, end);
  }

  ended(): void {
    this.#sink.ended();
  }

  failed(what: Fault): void {
    this.#chain.failed(what);
  }

  room(): void {
    this.#chain.secondHasRoom();
  }
}
