// A body whose text is replaced: a filter around one replacement (rewrite/). What is made of one piece goes on as one, however much
// of it was replaced, for each piece that goes on costs a line of framing and perhaps a write. Few bytes may become very many, and
// those as many again in the filter behind it: so it makes no more than `aheadBytesMax` before that is taken, and what it was given
// meanwhile waits. A client that takes whatever comes would have it make one body all the time, and nobody else be served: after
// `turnBytesMax` it rests until the next tick of the wheel.
//
//   write ─> waiting ─> replacement ─> output ─> sink        at most: one read, what one stop leaves of it, aheadBytesMax and one match

import { faultWith } from "../../base/fault.ts";
import type { WheelNode } from "../../base/timerwheel.ts";
import { madeBytesMax, type Progress, type Replacement } from "../../rewrite/replacement.ts";
import { Output } from "../../wire/http1/writer.ts";
import type { Filter, FilterMaker, FilterSink } from "../filter.ts";
import type { Port, WakeFlow } from "../port.ts";

const outputBytes = 4096;
/** It stops behind the match that comes to this (replacement.ts bounds that). With less there are more writes, with more each filter of a chain holds more. */
export const aheadBytesMax: number = 64 * 1024;
/** Some ms of work. What stays about as long as it was does not come to it, nor do pages of usual size. */
export const turnBytesMax: number = 4 * 1024 * 1024;
/** A match costs as much as so many bytes more: with one at every sixth byte a read of 512 kB still is one turn. */
const matchCostBytes = 32;

export function replaceFilter(port: Port, make: () => Replacement): FilterMaker {
  return (sink) => new ReplaceFilter(port, make(), sink);
}

class ReplaceFilter implements Filter, WakeFlow {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  readonly #port: Port;
  readonly #replacement: Replacement;
  readonly #sink: FilterSink;
  readonly #output: Output = new Output(outputBytes);
  #progress: Progress = "done";
  /** Written while there was something else to do. */
  #waiting: Uint8Array[] = [];
  /** none yet; all has been written; and the replacement knows. */
  #end: "open" | "written" | "told" = "open";
  /** The sink has enough. */
  #isBlocked = false;
  #isResting = false;
  #isOver = false;
  /** Made in the call from outside that is under way, during which the clock stands still; matches up to then. */
  #turnBytes = 0;
  #turnMatches = 0;
  #turnMs = -1;
  readonly #emit = (bytes: Uint8Array, start: number, end: number): boolean => {
    this.#output.copy(bytes, start, end);
    return this.#output.length < aheadBytesMax;
  };

  constructor(port: Port, replacement: Replacement, sink: FilterSink) {
    this.#port = port;
    this.#replacement = replacement;
    this.#sink = sink;
  }

  // ---- said by the body ----

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isOver) return true;
    if (this.#isBlocked || this.#isResting) {
      this.#waiting.push(bytes.slice(start, end));
      return false;
    }
    this.#begin();
    this.#progress = this.#replacement.write(bytes, start, end, this.#emit);
    return this.#pump();
  }

  end(): void {
    if (this.#isOver) return;
    this.#end = "written";
    if (this.#isBlocked || this.#isResting) return;
    this.#begin();
    this.#pump();
  }

  resume(): void {
    this.#isBlocked = false;
    if (!this.#isResting) this.#goOn();
  }

  stop(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#port.forget(this);
  }

  // ---- told by the world ----

  ticked(): void {
    this.#isResting = false;
    if (!this.#isBlocked) this.#goOn();
  }

  // ---- the work ----

  #goOn(): void {
    if (this.#isOver) return;
    this.#begin();
    if (this.#pump() && !this.#isOver) this.#sink.room();
  }

  /** Until all that was written has been made something of. False: it was stopped. */
  #pump(): boolean {
    for (;;) {
      const isTaken = this.#pass();
      if (this.#isOver) return true;
      if (this.#progress === "tooLong") return this.#fail();
      if (this.#end === "told" && this.#progress === "done") return this.#finish();
      if (!isTaken) {
        this.#isBlocked = true;
        return false;
      }
      if (!this.#hasMore()) return true;
      if (this.#isSpent()) {
        this.#isResting = true;
        this.#port.wake(this, this.#port.nowMs + 1);
        return false;
      }
      this.#progress = this.#makeMore();
    }
  }

  #hasMore(): boolean {
    return this.#progress === "stopped" || this.#waiting.length > 0 || this.#end === "written";
  }

  #makeMore(): Progress {
    if (this.#progress === "stopped") return this.#replacement.goOn(this.#emit);
    const next = this.#waiting.shift();
    if (next !== undefined) return this.#replacement.write(next, 0, next.length, this.#emit);
    this.#end = "told";
    return this.#replacement.end(this.#emit);
  }

  #pass(): boolean {
    const { bytes, length } = this.#output;
    if (length === 0) return true;
    this.#output.clear();
    this.#turnBytes += length;
    return this.#sink.passed(bytes, 0, length);
  }

  /** It may be another turn than the last time. */
  #begin(): void {
    const { nowMs } = this.#port;
    if (nowMs === this.#turnMs) return;
    this.#turnMs = nowMs;
    this.#turnBytes = 0;
    this.#turnMatches = this.#replacement.matches;
  }

  /** It has made all that it may in this turn. */
  #isSpent(): boolean {
    return this.#turnBytes + (this.#replacement.matches - this.#turnMatches) * matchCostBytes >= turnBytesMax;
  }

  #finish(): true {
    this.stop();
    this.#sink.ended();
    return true;
  }

  #fail(): true {
    this.stop();
    this.#sink.failed(
      faultWith("replacement_too_long", `what stands in the place of one match is longer than ${madeBytesMax} bytes`),
    );
    return true;
  }
}
