// A body whose text is replaced: a filter around replacements (rewrite/). What they make of one piece goes on as one, however much
// of it was replaced, for each piece that goes on costs a line of framing and perhaps a write.

import type { Replacement } from "../../rewrite/replacement.ts";
import { Output } from "../../wire/http1/writer.ts";
import type { Filter, FilterMaker, FilterSink } from "../filter.ts";

const outputBytes = 4096;

export function replaceFilter(make: () => Replacement): FilterMaker {
  return (sink) => new ReplaceFilter(make(), sink);
}

class ReplaceFilter implements Filter {
  readonly #replacement: Replacement;
  readonly #sink: FilterSink;
  readonly #output: Output = new Output(outputBytes);
  readonly #emit = (bytes: Uint8Array, start: number, end: number): void => this.#output.copy(bytes, start, end);

  constructor(replacement: Replacement, sink: FilterSink) {
    this.#replacement = replacement;
    this.#sink = sink;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#replacement.write(bytes, start, end, this.#emit);
    return this.#pass();
  }

  end(): void {
    this.#replacement.end(this.#emit);
    this.#pass();
    this.#sink.ended();
  }

  resume(): void {
    this.#sink.room();
  }

  stop(): void {}

  #pass(): boolean {
    const { bytes, length } = this.#output;
    this.#output.clear();
    return length === 0 || this.#sink.passed(bytes, 0, length);
  }
}
