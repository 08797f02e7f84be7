// A body on its way into a coding, or out of one: a filter around a coder of the port. Content that opens to more than it can honestly
// have held ends the body; until then a bomb costs no more than time, for a coder that nobody takes from makes nothing.

import { faultWith } from "../../base/fault.ts";
import type { Filter, FilterMaker, FilterSink } from "../filter.ts";
import type { Coder, CoderFlow, CoderWork, Port } from "../port.ts";

/** Deflate cannot hold more than 1032 bytes in one (zlib's technical details); what other codings hold beyond that is no page. */
const openedShareMax = 1_100;
/** Short bodies may open to this in any case. */
const openedBytesMin = 16 * 1024 * 1024;

export function codingFilter(port: Port, work: CoderWork): FilterMaker {
  return (sink) => new CodingFilter(port, work, sink);
}

class CodingFilter implements Filter, CoderFlow {
  readonly #sink: FilterSink;
  readonly #coder: Coder;
  readonly #isOpening: boolean;
  #bytesIn = 0;
  #bytesOut = 0;
  #isOver = false;

  constructor(port: Port, work: CoderWork, sink: FilterSink) {
    this.#sink = sink;
    this.#isOpening = work.isOpening;
    this.#coder = port.coder(work, this);
  }

  // ---- said by the body ----

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytesIn += end - start;
    return this.#isOver || this.#coder.write(bytes, start, end);
  }

  end(): void {
    if (!this.#isOver) this.#coder.end();
  }

  resume(): void {
    if (!this.#isOver) this.#coder.resume();
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#coder.close();
  }

  // ---- told by the coder ----

  coded(bytes: Uint8Array): void {
    this.#bytesOut += bytes.length;
    const opensToMax = Math.max(openedBytesMin, this.#bytesIn * openedShareMax);
    if (this.#isOpening && this.#bytesOut > opensToMax) return this.broken("it opens to far more than it should");
    if (!this.#sink.passed(bytes, 0, bytes.length) && !this.#isOver) this.#coder.pause();
  }

  ended(): void {
    this.stop();
    this.#sink.ended();
  }

  broken(detail: string): void {
    this.stop();
    this.#sink.failed(faultWith("bad_coding", `the response's content does not open: ${detail}`));
  }

  room(): void {
    this.#sink.room();
  }
}
